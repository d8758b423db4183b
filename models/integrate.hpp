#pragma once

#include "models/axis_taps.hpp"
#include "models/network.hpp"

namespace deltasim::models {

/// Output neurons whose accumulators lie together, in order y, x, channel. The reference holds whole layers, a core
/// of the machine its slice.
struct OutputBox {
  std::uint32_t channel_begin = 0, channel_end = 0;
  std::uint32_t y_begin = 0, y_end = 0;
  std::uint32_t x_begin = 0, x_end = 0;

  std::uint32_t channels() const { return channel_end - channel_begin; }
  std::size_t pixels() const { return std::size_t{y_end - y_begin} * (x_end - x_begin); }
};

inline OutputBox whole(const Shape& shape) { return {0, shape.channels, 0, shape.height, 0, shape.width}; }

/// Adds a convolution's response to events into the accumulators of a box. Sums wrap at 32 bits.
/// `branch` outlives this object.
class Convolver {
 public:
  Convolver(const Branch& branch, const Shape& output, const OutputBox& box);

  /// Events of one input pixel: `channels` ascending or not, `values` likewise, `n` of each. Sets `touched` (by pixel
  /// of the box) where it may be null. Events of one pixel together cost half of what they cost one by one.
  void add(std::uint32_t y, std::uint32_t x, const std::uint32_t* channels, const std::int32_t* values, std::size_t n,
           std::int32_t* sums, std::uint8_t* touched) const;

 private:
  struct TapPlace;
  void add_grouped(const TapPlace& at, const std::uint32_t* channels, const std::int32_t* values, std::size_t n) const;

  const Branch& branch_;
  OutputBox box_;
  std::uint32_t in_group_, out_group_;
  AxisTaps rows_, columns_;
};

/// The kernel under Convolver: row[o] += sum over i of weights[(channels[i] - first) * stride + o] * values[i].
using AddRows = void (*)(std::int32_t* row, std::uint32_t outputs, const std::int8_t* weights, std::size_t stride,
                         std::uint32_t first, const std::uint32_t* channels, const std::int32_t* values, std::size_t n);
AddRows add_rows_portable();
AddRows add_rows_v3();       ///< x86-64-v3; null where the program was built for another machine
AddRows fastest_add_rows();  ///< what this processor can run

}  // namespace deltasim::models
