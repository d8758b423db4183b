#include "models/network.hpp"

#include <algorithm>

namespace deltasim::models {
namespace {

/// Output positions along one axis whose window holds input position `i`: how many.
std::uint64_t positions(std::uint32_t i, std::uint32_t kernel, std::uint32_t stride, std::uint32_t dilation,
                        std::int32_t pad, std::uint32_t outputs) {
  std::uint64_t n = 0;
  for (std::uint32_t k = 0; k < kernel; ++k) {
    const std::int64_t at = std::int64_t{i} + pad - std::int64_t{k} * dilation;
    if (at >= 0 && at % stride == 0 && at / stride < outputs) ++n;
  }
  return n;
}

}  // namespace

std::uint64_t fan_out(const Branch& branch, const Shape& output, std::uint32_t y, std::uint32_t x) {
  if (branch.kind != BranchKind::convolution) return 0;
  const Window& w = branch.window;
  return positions(y, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, output.height) *
         positions(x, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, output.width) *
         (output.channels / branch.groups);
}

std::uint64_t dense_macs(const Branch& branch, const Shape& output) {
  std::uint64_t macs = 0;
  for (std::uint32_t y = 0; y < branch.input.height; ++y)
    for (std::uint32_t x = 0; x < branch.input.width; ++x) macs += fan_out(branch, output, y, x);
  return macs * branch.input.channels;
}

}  // namespace deltasim::models
