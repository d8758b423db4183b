#include "hw/mapping.hpp"

#include <algorithm>

namespace deltasim::hw {
namespace {

using models::Branch;
using models::BranchKind;

std::uint64_t bytes(std::uint64_t words, std::uint32_t bits) { return (words * bits + 7) / 8; }

/// Input positions of one axis that outputs [begin, end) read.
std::uint64_t field(std::uint32_t begin, std::uint32_t end, std::uint32_t inputs, std::uint32_t kernel,
                    std::uint32_t stride, std::uint32_t dilation, std::int32_t pad) {
  const std::int64_t first = std::int64_t{begin} * stride - pad;
  const std::int64_t last = std::int64_t{end - 1} * stride - pad + std::int64_t{kernel - 1} * dilation;
  const auto low = std::max<std::int64_t>(first, 0);
  const auto high = std::min<std::int64_t>(last, std::int64_t{inputs} - 1);
  return high < low ? 0 : static_cast<std::uint64_t>(high - low + 1);
}

std::uint64_t field_pixels(const Branch& branch, const Slice& slice) {
  const auto& w = branch.window;
  return field(slice.y_begin, slice.y_end, branch.input.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top) *
         field(slice.x_begin, slice.x_end, branch.input.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left);
}

}  // namespace

Footprint footprint(const models::Network& network, const Slice& slice, const CoreParams& core) {
  const auto& layer = network.layers[slice.layer];
  const std::uint64_t channels = slice.channel_end - slice.channel_begin;
  const std::uint64_t neurons = channels * (slice.y_end - slice.y_begin) * (slice.x_end - slice.x_begin);
  Footprint sum;
  for (const auto& branch : layer.branches) {
    switch (branch.kind) {
      case BranchKind::convolution: {
        const std::uint64_t taps = std::uint64_t{branch.window.kernel_h} * branch.window.kernel_w;
        constexpr std::uint64_t bias_bytes = 4;
        sum.weight_bytes += channels * (taps * (branch.input.channels / branch.groups) + bias_bytes);
        sum.state_bytes += bytes(neurons, core.accumulator_bits);
        break;
      }
      case BranchKind::average_pool:
        sum.state_bytes += bytes(neurons, core.accumulator_bits);
        break;
      case BranchKind::identity:
        sum.state_bytes += bytes(neurons, core.reference_bits);
        break;
      case BranchKind::max_pool:
        sum.state_bytes += bytes(channels * field_pixels(branch, slice), core.reference_bits);
        break;
    }
  }
  if (!layer.raw_output) sum.reference_bytes = bytes(neurons, core.reference_bits);
  return sum;
}

}  // namespace deltasim::hw
