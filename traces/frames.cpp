#include "traces/frames.hpp"

#include "models/error.hpp"
#include "traces/labels.hpp"
#include "traces/preprocess.hpp"
#include "traces/raster.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

namespace deltasim::traces {

using models::InputError;

namespace {

constexpr double assumed_frame_rate = 30.0;

/// Selects frames of a source, labels them and prepares them for the network.
class SelectedFrames final : public Frames {
 public:
  SelectedFrames(const FrameOptions& options, models::Shape network_input, SourceKind kind,
                 std::unique_ptr<RasterSource> source)
      : options_(options), source_(std::move(source)) {
    if (!options_.labels.empty()) labels_ = read_labels(options_.labels);
    fetch_first();
    preprocess_ = std::make_unique<Preprocess>(options_, network_input, kind, raster_);
  }

  bool next(models::Frame& out) override {
    if (options_.frames && delivered_ >= *options_.frames) return false;
    if (!fetched_ && !fetch_following()) return false;
    fetched_ = false;
    preprocess_->run(raster_, position_ - 1, out.values);
    out.label = label_of(position_ - 1);
    ++delivered_;
    return true;
  }

  void rewind() override {
    if (fetched_ && delivered_ == 0) return;
    source_->rewind();
    fetch_first();
  }

  models::Shape shape() const override { return preprocess_->shape(); }

  double frame_rate() const override {
    const double stated = source_->frame_rate().value_or(assumed_frame_rate);
    return options_.frame_rate.value_or(stated) / static_cast<double>(options_.frame_step);
  }

  bool frame_rate_assumed() const override { return !options_.frame_rate && !source_->frame_rate(); }

  std::optional<std::uint64_t> frame_count() const override {
    const auto all = source_->count();
    if (!all) return std::nullopt;
    const std::uint64_t left = *all > options_.first_frame ? *all - options_.first_frame : 0;
    const std::uint64_t selected = left / options_.frame_step + (left % options_.frame_step != 0);
    return options_.frames ? std::min(selected, *options_.frames) : selected;
  }

  std::string source() const override { return source_->description(); }

 private:
  void fetch_first() {
    position_ = delivered_ = 0;
    while (position_ < options_.first_frame && source_->skip()) ++position_;
    const std::uint64_t skipped = position_;
    fetched_ = skipped == options_.first_frame && source_->next(raster_);
    if (fetched_) {
      ++position_;
      return;
    }
    if (skipped == 0) throw InputError(options_.path, "", "has no frames", "a source with at least one frame");
    throw InputError(options_.path, "first_frame",
                     fmt::format("{} is beyond the end: there are {} frames", options_.first_frame, skipped),
                     fmt::format("a number below {}", skipped));
  }

  bool fetch_following() {
    for (std::uint64_t i = 1; i < options_.frame_step; ++i, ++position_)
      if (!source_->skip()) return false;
    if (!source_->next(raster_)) return false;
    ++position_;
    return true;
  }

  std::optional<std::uint32_t> label_of(std::uint64_t frame) const {
    if (options_.labels.empty()) return options_.label;
    if (frame >= labels_.size())
      throw InputError(options_.labels, "", fmt::format("has {} labels, frame {} has none", labels_.size(), frame),
                       "a label for every frame of the source");
    return labels_[frame];
  }

  FrameOptions options_;
  std::unique_ptr<RasterSource> source_;
  std::unique_ptr<Preprocess> preprocess_;
  std::vector<std::uint32_t> labels_;
  Raster raster_;
  std::uint64_t position_ = 0;   ///< frames taken from the source
  std::uint64_t delivered_ = 0;  ///< frames given by next()
  bool fetched_ = false;         ///< raster_ holds a frame that next() has not given yet
};

void check_options(const FrameOptions& options) {
  const auto fail = [&options](const char* place, const std::string& problem, const char* remedy) {
    throw InputError(options.path, place, problem, remedy);
  };
  if (options.frame_step == 0) fail("frame_step", "is 0", "1 for every frame, 2 for every second one");
  if (options.frames && *options.frames == 0) fail("frames", "is 0", "1 or more");
  if (options.frame_rate && !(*options.frame_rate > 0 && std::isfinite(*options.frame_rate)))
    fail("frame_rate", fmt::format("is {}", *options.frame_rate), "frames per second above 0");
  if (!std::isfinite(options.denominator) || options.denominator == 0)
    fail("denominator", fmt::format("is {}", options.denominator), "a number other than 0");
  for (const double value : options.mean)
    if (!std::isfinite(value)) fail("mean", "is not finite", "a finite number");
  for (const double value : options.scale)
    if (!std::isfinite(value)) fail("scale", "is not finite", "a finite number");
}

}  // namespace

std::unique_ptr<Frames> open_frames(const FrameOptions& options, models::Shape network_input) {
  check_options(options);
  const std::filesystem::path path(options.path);
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw InputError(options.path, "", "no such file", "a video, a folder of images or an .npy file");
  const bool array = !std::filesystem::is_directory(status) && path.extension() == ".npy";
  std::unique_ptr<RasterSource> source = array                                   ? open_array(options, network_input)
                                         : std::filesystem::is_directory(status) ? open_image_folder(options.path)
                                                                                 : open_video(options.path);
  return std::make_unique<SelectedFrames>(options, network_input, array ? SourceKind::array : SourceKind::pictures,
                                          std::move(source));
}

}  // namespace deltasim::traces
