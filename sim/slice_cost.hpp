#pragma once

#include "hw/mapping.hpp"
#include "hw/params.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace deltasim::sim {

/// Estimates what a slice costs in one dense frame, in constant time: the mapper asks some hundred thousand times.
class SliceCost {
 public:
  SliceCost(const models::Network& network, const hw::ChipParams& chip);

  /// Cycles of a dense frame: the slower of lanes, weight words and state words, event decoding, and evaluations. An
  /// estimate for balancing: queues and routes are the machine's business.
  double cycles(const hw::Slice& slice) const;
  /// MACs of a dense frame, exact: none on padding.
  std::uint64_t macs(const hw::Slice& slice) const;
  /// What a slice takes of its core: all of it, or the buffers of what lives in DRAM.
  hw::Footprint memory(hw::Slice slice) const {
    mark(slice);
    return hw::on_core(hw::footprint(network_, slice, core_), slice, dram_);
  }

  /// Layers whose weights, or state, live in DRAM, by id; empty: none does.
  struct Spill {
    std::vector<bool> weights, state;
  };
  void spill(Spill spilled) { spilled_ = std::move(spilled); }
  /// Sets the flags of a slice of a spilled layer.
  void mark(hw::Slice& slice) const {
    if (!spilled_.weights.empty() && spilled_.weights[slice.layer]) slice.weights_in_dram = true;
    if (!spilled_.state.empty() && spilled_.state[slice.layer]) slice.state_in_dram = true;
  }

  const models::Network& network() const { return network_; }
  const hw::CoreParams& core() const { return core_; }

 private:
  /// Of a branch with a window: kernel rows (columns) inside the input, summed over the outputs before this one.
  struct Taps {
    std::vector<std::uint64_t> rows, columns;
  };

  double branch_cycles(const hw::Slice& slice, std::size_t branch) const;
  double convolution_cycles(const hw::Slice& slice, std::size_t branch) const;
  /// Bank conflicts of the branch's own layout: what the machine says an event in the middle of the map costs, over the
  /// estimate without conflicts.
  double conflicts(models::LayerId layer, std::size_t branch) const;
  /// Kernel taps that the slice's output positions have inside the input.
  std::uint64_t taps(const hw::Slice& slice, std::size_t branch) const;

  const models::Network& network_;
  const hw::CoreParams& core_;
  const std::optional<hw::DramParams> dram_;
  Spill spilled_;
  std::vector<std::vector<Taps>> taps_;         ///< by layer and branch
  std::vector<std::vector<double>> conflicts_;  ///< likewise
};

/// The whole of a layer, on core 0.
hw::Slice whole_layer(const models::Network& network, models::LayerId layer);

}  // namespace deltasim::sim
