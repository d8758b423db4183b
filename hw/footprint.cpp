#include "hw/mapping.hpp"
#include "hw/plan.hpp"

#include <algorithm>

namespace deltasim::hw {
namespace {

using models::BranchKind;

std::uint64_t bytes(std::uint64_t words, std::uint32_t bits) { return (words * bits + 7) / 8; }

}  // namespace

Footprint branch_footprint(const models::Network& network, const Slice& slice, std::size_t index,
                           const CoreParams& core) {
  const auto& layer = network.layers[slice.layer];
  const auto& branch = layer.branches[index];
  const std::uint64_t channels = slice.channel_end - slice.channel_begin;
  const std::uint64_t neurons = channels * (slice.y_end - slice.y_begin) * (slice.x_end - slice.x_begin);
  Footprint needs;
  switch (branch.kind) {
    case BranchKind::convolution: {
      const std::uint64_t taps = std::uint64_t{branch.window.kernel_h} * branch.window.kernel_w;
      constexpr std::uint64_t bias_bytes = 4;
      needs.weight_bytes = channels * (taps * (branch.input.channels / branch.groups) + bias_bytes);
      needs.state_bytes = bytes(neurons, core.accumulator_bits);
      break;
    }
    case BranchKind::average_pool:
      needs.state_bytes = bytes(neurons, core.accumulator_bits);
      break;
    case BranchKind::identity:
      needs.state_bytes = bytes(neurons, core.reference_bits);
      break;
    case BranchKind::max_pool: {
      const std::uint64_t pixels = receptive_field(branch, layer.output, box_of(slice)).pixels();
      needs.state_bytes = bytes(channels * pixels, core.reference_bits);
      break;
    }
  }
  return needs;
}

Footprint footprint(const models::Network& network, const Slice& slice, const CoreParams& core) {
  const auto& layer = network.layers[slice.layer];
  const models::OutputBox box = box_of(slice);
  Footprint sum;
  for (std::size_t b = 0; b < layer.branches.size(); ++b) {
    const Footprint needs = branch_footprint(network, slice, b, core);
    sum.weight_bytes += needs.weight_bytes;
    sum.state_bytes += needs.state_bytes;
  }
  if (!layer.raw_output) sum.reference_bytes = bytes(box.pixels() * box.channels(), core.reference_bits);
  return sum;
}

Footprint on_core(Footprint all, const Slice& slice, const std::optional<DramParams>& dram) {
  if (!dram) return all;
  const std::uint64_t buffer = dram->buffer_bytes;
  if (slice.weights_in_dram) all.weight_bytes = std::min(all.weight_bytes, buffer);
  if (slice.state_in_dram) {
    all.state_bytes = std::min(all.state_bytes, buffer);
    all.reference_bytes = std::min(all.reference_bytes, buffer - all.state_bytes);
  }
  return all;
}

}  // namespace deltasim::hw
