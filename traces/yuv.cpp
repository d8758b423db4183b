#include "traces/yuv.hpp"

#include <cmath>

namespace deltasim::traces {

YuvToRgb::YuvToRgb(ColourMatrix matrix, bool full_range) {
  const double one = 65536.0;
  const double luma_gain = full_range ? 1.0 : 255.0 / 219.0, chroma_gain = full_range ? 1.0 : 255.0 / 224.0;
  const double green = 1.0 - matrix.red - matrix.blue;
  const auto coefficient = [&](double factor) { return static_cast<std::int32_t>(std::lround(factor * one)); };
  const std::int32_t y = coefficient(luma_gain);
  const std::int32_t r = coefficient(2 * (1 - matrix.red) * chroma_gain);
  const std::int32_t b = coefficient(2 * (1 - matrix.blue) * chroma_gain);
  const std::int32_t g_b = coefficient(2 * (1 - matrix.blue) * matrix.blue / green * chroma_gain);
  const std::int32_t g_r = coefficient(2 * (1 - matrix.red) * matrix.red / green * chroma_gain);
  for (std::int32_t i = 0; i < 256; ++i) {
    luma_[i] = y * (full_range ? i : i - 16) + 32768;  // rounds the final shift
    red_[i] = r * (i - 128);
    blue_[i] = b * (i - 128);
    green_b_[i] = -g_b * (i - 128);
    green_r_[i] = -g_r * (i - 128);
  }
}

}  // namespace deltasim::traces
