#include "models/error.hpp"
#include "traces/natural_order.hpp"
#include "traces/picture_decoder.hpp"
#include "traces/raster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace deltasim::traces {

using models::InputError;

namespace {

class VideoSource final : public RasterSource {
 public:
  explicit VideoSource(const std::string& path) : path_(path), decoder_(std::make_unique<PictureDecoder>(path)) {}

  bool next(Raster& out) override { return decoder_->next(out); }
  bool skip() override { return decoder_->skip(); }
  /// Opened anew: seeking to frame 0 is not exact in every container.
  void rewind() override { decoder_ = std::make_unique<PictureDecoder>(path_); }
  std::optional<std::uint64_t> count() const override { return decoder_->count(); }
  std::optional<double> frame_rate() const override { return decoder_->frame_rate(); }

  std::string description() const override {
    const std::filesystem::path path(path_);
    return fmt::format("{} ({}, {} x {}, {} bytes)", path.filename().string(), decoder_->codec(), decoder_->width(),
                       decoder_->height(), std::filesystem::file_size(path));
  }

 private:
  std::string path_;
  std::unique_ptr<PictureDecoder> decoder_;
};

bool is_image(const std::filesystem::path& path) {
  static constexpr std::array<std::string_view, 11> endings = {".png", ".jpg", ".jpeg", ".bmp",  ".ppm", ".pgm",
                                                               ".pnm", ".tif", ".tiff", ".webp", ".tga"};
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return path.filename().string()[0] != '.' && std::find(endings.begin(), endings.end(), ending) != endings.end();
}

class ImageFolder final : public RasterSource {
 public:
  explicit ImageFolder(const std::string& path) : path_(path) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
      if (entry.is_regular_file() && is_image(entry.path())) {
        images_.push_back(entry.path().string());
        bytes_ += entry.file_size();
      }
    if (error) throw InputError(path_, "", "cannot be read (" + error.message() + ")", "a readable folder");
    if (images_.empty())
      throw InputError(path_, "", "is a folder without images",
                       "files named *.png, *.jpg, *.bmp, *.ppm, *.tif or *.webp");
    std::sort(images_.begin(), images_.end(), natural_less);
  }

  bool next(Raster& out) override {
    if (next_ == images_.size()) return false;
    const std::string& image = images_[next_++];
    if (!PictureDecoder(image).next(out)) throw InputError(image, "", "holds no picture", "a complete image");
    return true;
  }

  bool skip() override {
    if (next_ == images_.size()) return false;
    ++next_;
    return true;
  }

  void rewind() override { next_ = 0; }
  std::optional<std::uint64_t> count() const override { return images_.size(); }
  std::optional<double> frame_rate() const override { return std::nullopt; }

  std::string description() const override {
    const std::filesystem::path path = std::filesystem::absolute(path_).lexically_normal();
    const auto name = path.has_filename() ? path.filename() : path.parent_path().filename();
    return fmt::format("{} (folder of {} images, {} bytes)", name.string(), images_.size(), bytes_);
  }

 private:
  std::string path_;
  std::vector<std::string> images_;
  std::uint64_t bytes_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<RasterSource> open_video(const std::string& path) { return std::make_unique<VideoSource>(path); }

std::unique_ptr<RasterSource> open_image_folder(const std::string& path) { return std::make_unique<ImageFolder>(path); }

}  // namespace deltasim::traces
