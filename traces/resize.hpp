#pragma once

#include "traces/frames.hpp"
#include "traces/raster.hpp"

#include <cstdint>
#include <vector>

namespace deltasim::traces {

/// A part of a picture.
struct Region {
  std::uint32_t x = 0, y = 0, width = 0, height = 0;
};

/// One axis of a separable resize: output o = sum of weight[o][k] * input[first[o] + k] / total.
/// All weights are integers, so that 8-bit pictures are resized exactly, whatever the machine.
struct AxisTaps {
  std::vector<std::uint32_t> first;
  std::vector<std::vector<std::uint32_t>> weight;
  std::uint64_t total = 1;  ///< the weights of every output sum to it
};

/// Pixel centres lie at (i + 1/2) in both pictures; beyond the border the edge pixel continues.
AxisTaps axis_taps(std::uint32_t from, std::uint32_t to, Filter filter);

/// Cuts `region` out and scales it. 8-bit pictures stay 8-bit (rounded half up), others are computed in double.
Raster resize(const Raster& picture, const Region& region, Size to, Filter filter);

}  // namespace deltasim::traces
