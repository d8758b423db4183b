#include "sim/validation/dram_traffic.hpp"

#include "hw/machine.hpp"
#include "sim/validation/made_up.hpp"

namespace deltasim::sim {
namespace {

constexpr models::Shape map{64, 8, 8};

models::Network one_layer() {
  models::Network network;
  network.name = "one layer";
  network.layers.push_back(made_up_layer("input", map, {}));
  network.layers.push_back(made_up_layer("conv", map, {made_up_convolution("conv", {{0, {}}}, map, map.channels, 3)}));
  end_with_sum(network);
  return network;
}

/// One lane, and words of one weight and of one accumulator.
hw::ChipParams word_by_word(hw::Reuse reuse) {
  hw::ChipParams chip;
  chip.noc.columns = 2;
  chip.noc.rows = 1;
  chip.core.lanes = chip.core.evaluate_lanes = 1;
  chip.core.accumulator_bits = chip.core.reference_bits = 16;
  chip.core.weight_memory = {1 << 20, 1, 8, 1};
  chip.core.state_memory = {1 << 20, 1, 16, 1};
  chip.dram.emplace();
  chip.dram->burst_bytes = 1;
  chip.dram->reuse = reuse;
  return chip;
}

hw::DramResult over(std::uint64_t frames, hw::Reuse reuse, bool deltas) {
  const models::Network network = one_layer();
  hw::Mapping mapping{{on_core(network, 1, 0), on_core(network, 2, 1)}};
  mapping.slices[0].weights_in_dram = mapping.slices[0].state_in_dram = true;
  const MadeUpStream::Draw all_of_the_input = [](models::LayerId layer, std::uint64_t) {
    Dice dice(1);
    return layer == 0 ? in_pixels(map, 1.0, map.size(), dice) : std::vector<models::DeltaEvent>();
  };
  MadeUpStream stream(network, frames, all_of_the_input, !deltas);
  return *hw::simulate(network, mapping, word_by_word(reuse), stream, {}).dram;
}

}  // namespace

hw::DramWords dram_words_of_machine(hw::Reuse reuse, bool deltas) {
  const auto first = over(1, reuse, deltas), both = over(2, reuse, deltas);
  constexpr std::uint64_t state_bytes = 2;
  return {both.weight_bursts - first.weight_bursts, (both.state_read_bursts - first.state_read_bursts) / state_bytes,
          (both.state_write_bursts - first.state_write_bursts) / state_bytes};
}

}  // namespace deltasim::sim
