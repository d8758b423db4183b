#include "hw/mapping.hpp"
#include "hw/plan.hpp"

namespace deltasim::hw {
namespace {

using models::BranchKind;

std::uint64_t bytes(std::uint64_t words, std::uint32_t bits) { return (words * bits + 7) / 8; }

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
      case BranchKind::max_pool: {
        const std::uint64_t pixels = receptive_field(branch, layer.output, box_of(slice)).pixels();
        sum.state_bytes += bytes(channels * pixels, core.reference_bits);
        break;
      }
    }
  }
  if (!layer.raw_output) sum.reference_bytes = bytes(neurons, core.reference_bits);
  return sum;
}

}  // namespace deltasim::hw
