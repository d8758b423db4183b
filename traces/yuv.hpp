#pragma once

#include <array>
#include <cstdint>

namespace deltasim::traces {

/// Colour matrices of video: the shares of red and blue in luma.
struct ColourMatrix {
  double red = 0.299, blue = 0.114;  ///< ITU-R BT.601
};

/// Converts 8-bit Y'CbCr to 8-bit R'G'B' in integers (16 fractional bits), the same on every machine and version.
class YuvToRgb {
 public:
  /// `full_range`: luma and chroma use 0..255 (JPEG), else 16..235 and 16..240.
  YuvToRgb(ColourMatrix matrix, bool full_range);

  void convert(std::uint8_t y, std::uint8_t cb, std::uint8_t cr, std::uint8_t* rgb) const {
    const std::int32_t luma = luma_[y];
    rgb[0] = clamp((luma + red_[cr]) >> 16);
    rgb[1] = clamp((luma + green_b_[cb] + green_r_[cr]) >> 16);
    rgb[2] = clamp((luma + blue_[cb]) >> 16);
  }

 private:
  static std::uint8_t clamp(std::int32_t value) {
    return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
  }
  std::array<std::int32_t, 256> luma_, red_, green_b_, green_r_, blue_;
};

}  // namespace deltasim::traces
