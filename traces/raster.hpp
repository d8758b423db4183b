#pragma once

#include "traces/frames.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Internal to traces/: a frame as its source stores it, and where such frames come from.
namespace deltasim::traces {

/// Interleaved (H, W, C). 8-bit sources fill `bytes`, all others `reals`; the other one is empty.
struct Raster {
  std::uint32_t width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> bytes;
  std::vector<double> reals;

  std::size_t size() const { return std::size_t{width} * height * channels; }
};

/// Every frame of a file or folder, in order.
class RasterSource {
 public:
  virtual ~RasterSource() = default;
  virtual bool next(Raster& out) = 0;  ///< false after the last one
  virtual bool skip() = 0;             ///< next() without the pixels
  virtual void rewind() = 0;
  virtual std::optional<std::uint64_t> count() const = 0;
  virtual std::optional<double> frame_rate() const = 0;  ///< absent where nothing states it
  virtual std::string description() const = 0;
};

std::unique_ptr<RasterSource> open_video(const std::string& path);
std::unique_ptr<RasterSource> open_image_folder(const std::string& path);
/// `options` and `network_input` decide which dimension is which.
std::unique_ptr<RasterSource> open_array(const FrameOptions& options, models::Shape network_input);

/// Formats a shape as the messages have it: "3 x 96 x 96".
std::string text(models::Shape shape);
/// "3 x 96 x 96" of any list.
std::string text(const std::vector<std::uint64_t>& dims);

}  // namespace deltasim::traces
