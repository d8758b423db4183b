#include "models/error.hpp"
#include "traces/npy.hpp"
#include "traces/raster.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace deltasim::traces {

using models::InputError;
using models::Shape;

namespace {

/// Which dimension of a frame is which.
struct FrameLayout {
  Shape shape;
  bool channels_last = false;
};

class LayoutChoice {
 public:
  LayoutChoice(const FrameOptions& options, Shape network, const std::vector<std::uint64_t>& dims)
      : options_(options), network_(network), dims_(dims) {}

  FrameLayout choose() const {
    if (dims_.size() == 2) return vector_frames();
    if (dims_.size() == 3) return plane_frames();
    if (dims_.size() != 4) fail_shape();
    for (const std::uint64_t dim : dims_)
      if (dim > 65536 && &dim != &dims_[0]) fail_shape();
    const FrameLayout first{{size(1), size(2), size(3)}, false}, last{{size(3), size(1), size(2)}, true};
    if (options_.layout == Layout::nchw) return checked(first);
    if (options_.layout == Layout::nhwc) return checked(last);
    const bool first_fits = fits(first.shape), last_fits = fits(last.shape);
    if (first_fits && last_fits && first.shape.size() > 1)
      throw InputError(
          options_.path, "header",
          fmt::format("frames of {} can be C x H x W or H x W x C", text({dims_.begin() + 1, dims_.end()})),
          "set layout to nchw or nhwc");
    if (first_fits) return first;
    if (last_fits) return last;
    fail_shape();
  }

 private:
  std::uint32_t size(std::size_t i) const { return static_cast<std::uint32_t>(dims_[i]); }

  bool channels_fit(std::uint32_t channels) const {
    if (network_.channels == 0) return channels == 1 || channels == 3;
    return channels == network_.channels || (options_.colour == Colour::gray && channels == 3);
  }

  bool fits(Shape shape) const {
    const bool any_size = options_.resize || options_.crop.kind != CropKind::none;
    return channels_fit(shape.channels) && (any_size || ((network_.height == 0 || shape.height == network_.height) &&
                                                         (network_.width == 0 || shape.width == network_.width)));
  }

  FrameLayout checked(FrameLayout layout) const {
    if (!fits(layout.shape)) fail_shape();
    return layout;
  }

  FrameLayout plane_frames() const {
    const FrameLayout planes{{1, size(1), size(2)}, false};
    return checked(planes);
  }

  /// N x K feeds any input of K values in its own order (C, H, W).
  FrameLayout vector_frames() const {
    if (dims_[1] > std::uint64_t{1} << 31) fail_shape();
    if (network_.size() == 0) return {{size(1), 1, 1}, false};
    if (dims_[1] != network_.size()) fail_shape();
    return {network_, false};
  }

  [[noreturn]] void fail_shape() const {
    const std::string wanted = network_.size() == 0
                                   ? "frames x channels x height x width, or frames x height x width x channels"
                                   : fmt::format("frames x {}, or frames x {} x {} x {}", text(network_),
                                                 network_.height, network_.width, network_.channels);
    throw InputError(options_.path, "header", fmt::format("shape ({}) does not fit the network's input", text(dims_)),
                     "expected " + wanted + " (set resize for another height and width)");
  }

  const FrameOptions& options_;
  const Shape network_;
  const std::vector<std::uint64_t>& dims_;
};

class ArraySource final : public RasterSource {
 public:
  ArraySource(const FrameOptions& options, Shape network)
      : path_(options.path),
        reader_(options.path),
        layout_(LayoutChoice(options, network, reader_.header().dims).choose()) {}

  bool next(Raster& out) override {
    if (next_ >= reader_.rows()) return false;
    reader_.read_row(next_++, row_);
    out.width = layout_.shape.width;
    out.height = layout_.shape.height;
    out.channels = layout_.shape.channels;
    const auto& header = reader_.header();
    if (header.item_bytes == 1 && header.kind != 'i') {
      out.reals.clear();
      interleave(out.bytes);
    } else {
      out.bytes.clear();
      interleave(out.reals);
    }
    return true;
  }

  bool skip() override {
    if (next_ >= reader_.rows()) return false;
    ++next_;
    return true;
  }

  void rewind() override { next_ = 0; }
  std::optional<std::uint64_t> count() const override { return reader_.rows(); }
  std::optional<double> frame_rate() const override { return std::nullopt; }

  std::string description() const override {
    const std::filesystem::path path(path_);
    return fmt::format("{} (npy, {}, {} bytes)", path.filename().string(), text(reader_.header().dims),
                       std::filesystem::file_size(path));
  }

 private:
  template <class Pixel>
  void interleave(std::vector<Pixel>& pixels) const {
    const Shape& shape = layout_.shape;
    pixels.resize(row_.size());
    if (layout_.channels_last) {
      for (std::size_t i = 0; i < row_.size(); ++i) pixels[i] = static_cast<Pixel>(row_[i]);
      return;
    }
    for (std::uint32_t c = 0; c < shape.channels; ++c)
      for (std::size_t i = 0; i < shape.pixels(); ++i)
        pixels[i * shape.channels + c] = static_cast<Pixel>(row_[c * shape.pixels() + i]);
  }

  std::string path_;
  NpyReader reader_;
  FrameLayout layout_;
  std::uint64_t next_ = 0;
  std::vector<double> row_;
};

}  // namespace

std::unique_ptr<RasterSource> open_array(const FrameOptions& options, Shape network_input) {
  return std::make_unique<ArraySource>(options, network_input);
}

std::string text(Shape shape) { return fmt::format("{} x {} x {}", shape.channels, shape.height, shape.width); }

std::string text(const std::vector<std::uint64_t>& dims) { return fmt::format("{}", fmt::join(dims, " x ")); }

}  // namespace deltasim::traces
