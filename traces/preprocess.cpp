#include "traces/preprocess.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <cmath>

namespace deltasim::traces {

using models::InputError;

namespace {

std::vector<double> per_channel(const FrameOptions& options, const char* name, const std::vector<double>& given,
                                double neutral, std::uint32_t channels) {
  if (given.empty()) return std::vector<double>(channels, neutral);
  if (given.size() == 1) return std::vector<double>(channels, given[0]);
  if (given.size() != channels)
    throw InputError(options.path, name, fmt::format("{} values for {} channels", given.size(), channels),
                     fmt::format("give one value or {}", channels));
  return given;
}

/// Rec. 601 luma.
double luma(double r, double g, double b) { return 0.299 * r + 0.587 * g + 0.114 * b; }
std::uint8_t luma(std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  return static_cast<std::uint8_t>((299u * r + 587u * g + 114u * b + 500u) / 1000u);
}

}  // namespace

Preprocess::Preprocess(const FrameOptions& options, models::Shape network_input, SourceKind kind, const Raster& first)
    : options_(options), source_width_(first.width), source_height_(first.height), source_channels_(first.channels) {
  const auto& asked = options_.resize;
  if (asked && (asked->width == 0 || asked->height == 0))
    throw InputError(options_.path, "resize", "is 0 pixels wide or high", "give a width and a height of 1 or more");
  if (asked && ((network_input.width != 0 && network_input.width != asked->width) ||
                (network_input.height != 0 && network_input.height != asked->height)))
    throw InputError(options_.path, "resize",
                     fmt::format("{} x {} pixels (width x height) is not the network's input of {} x {}", asked->width,
                                 asked->height, network_input.width, network_input.height),
                     "leave resize out: pictures are fitted to the network");
  Size target{asked ? asked->width : network_input.width, asked ? asked->height : network_input.height};
  const Region whole = region(first, target);
  if (target.width == 0) target.width = whole.width;
  if (target.height == 0) target.height = whole.height;
  if (kind == SourceKind::array && !asked && (whole.width != target.width || whole.height != target.height))
    throw InputError(options_.path, "header",
                     fmt::format("frames of {} x {} (height x width) do not fit the network's input of {} x {}",
                                 whole.height, whole.width, target.height, target.width),
                     "store frames of that size, or set resize");
  shape_ = {0, target.height, target.width};
  settle_channels(first, network_input.channels, kind);
  settle_normalisation();
}

Region Preprocess::region(const Raster& first, Size target) const {
  const Crop& crop = options_.crop;
  if (crop.kind == CropKind::rectangle) {
    if (crop.width == 0 || crop.height == 0 || std::uint64_t{crop.x} + crop.width > first.width ||
        std::uint64_t{crop.y} + crop.height > first.height)
      throw InputError(
          options_.path, "crop",
          fmt::format("{} x {} at ({}, {}) does not lie in the picture", crop.width, crop.height, crop.x, crop.y),
          fmt::format("choose a part of {} x {} pixels (width x height)", first.width, first.height));
    return {crop.x, crop.y, crop.width, crop.height};
  }
  Region all{0, 0, first.width, first.height};
  if (crop.kind == CropKind::none || target.width == 0 || target.height == 0) return all;
  const std::uint64_t wide = std::uint64_t{first.width} * target.height,
                      tall = std::uint64_t{first.height} * target.width;
  if (wide > tall) all.width = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(tall / target.height));
  if (tall > wide) all.height = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(wide / target.width));
  all.x = (first.width - all.width) / 2;
  all.y = (first.height - all.height) / 2;
  return all;
}

void Preprocess::settle_channels(const Raster& first, std::uint32_t wanted, SourceKind kind) {
  if (kind == SourceKind::pictures && wanted != 0 && wanted != 1 && wanted != 3)
    throw InputError(options_.path, "", fmt::format("pictures cannot feed an input of {} channels", wanted),
                     "an input of 3 channels (rgb, bgr) or 1 (gray)");
  if (options_.colour)
    gray_ = *options_.colour == Colour::gray;
  else
    gray_ = kind == SourceKind::pictures && wanted == 1;
  gray_ = gray_ && first.channels != 1;  // gray already
  reversed_ = options_.colour == Colour::bgr;
  if ((gray_ || reversed_) && first.channels != 3)
    throw InputError(options_.path, "colour", fmt::format("frames have {} channels", first.channels),
                     "bgr and gray need frames of 3 channels (red, green, blue)");
  shape_.channels = gray_ ? 1 : first.channels;
  if (wanted != 0 && wanted != shape_.channels)
    throw InputError(options_.path, "colour",
                     fmt::format("gives {} channel{}, the network's input has {}", shape_.channels,
                                 shape_.channels == 1 ? "" : "s", wanted),
                     wanted == 1 ? "colour gray" : "frames with as many channels as the network's input");
}

void Preprocess::settle_normalisation() {
  mean_ = per_channel(options_, "mean", options_.mean, 0.0, shape_.channels);
  scale_ = per_channel(options_, "scale", options_.scale, 1.0, shape_.channels);
  of_byte_.resize(shape_.channels);
  for (std::uint32_t c = 0; c < shape_.channels; ++c)
    for (std::uint32_t pixel = 0; pixel < 256; ++pixel) of_byte_[c][pixel] = static_cast<float>(normalised(pixel, c));
}

double Preprocess::normalised(double pixel, std::uint32_t channel) const {
  return (pixel - mean_[channel]) * scale_[channel] / options_.denominator;
}

void Preprocess::require_same_size(const Raster& picture, std::uint64_t frame) const {
  const bool same_size = picture.width == source_width_ && picture.height == source_height_;
  if (picture.channels == source_channels_ && (same_size || options_.resize)) return;
  throw InputError(options_.path, fmt::format("frame {}", frame),
                   fmt::format("is {} x {} pixels (width x height), frames before it were {} x {}", picture.width,
                               picture.height, source_width_, source_height_),
                   "frames of one size, or set resize");
}

template <class Pixel>
void Preprocess::convert(const Raster& picture, const std::vector<Pixel>& pixels, std::vector<float>& values) const {
  const std::size_t area = shape_.pixels();
  const auto value = [this](Pixel pixel, std::uint32_t channel) {
    if constexpr (sizeof(Pixel) == 1)
      return of_byte_[channel][pixel];
    else
      return static_cast<float>(normalised(pixel, channel));
  };
  values.resize(shape_.size());
  if (gray_) {
    for (std::size_t i = 0; i < area; ++i)
      values[i] = value(luma(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]), 0);
    return;
  }
  for (std::uint32_t c = 0; c < shape_.channels; ++c) {
    const std::uint32_t from = reversed_ ? shape_.channels - 1 - c : c;
    float* plane = values.data() + c * area;
    for (std::size_t i = 0; i < area; ++i) plane[i] = value(pixels[i * picture.channels + from], c);
  }
}

void Preprocess::run(const Raster& picture, std::uint64_t frame, std::vector<float>& values) const {
  require_same_size(picture, frame);
  const Size target{shape_.width, shape_.height};
  const Region part = region(picture, target);
  const bool untouched = part.width == picture.width && part.height == picture.height && part.width == target.width &&
                         part.height == target.height;
  const Raster fitted = untouched ? Raster{} : resize(picture, part, target, options_.filter);
  const Raster& used = untouched ? picture : fitted;
  if (used.reals.empty())
    convert(used, used.bytes, values);
  else
    convert(used, used.reals, values);
  for (const float value : values)
    if (!std::isfinite(value))
      throw InputError(options_.path, fmt::format("frame {}", frame), "has a value that is NaN or infinite",
                       "finite values in every frame");
}

}  // namespace deltasim::traces
