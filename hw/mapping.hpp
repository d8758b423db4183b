#pragma once

#include "hw/params.hpp"
#include "models/network.hpp"

#include <optional>
#include <vector>

namespace deltasim::hw {

/// A box of one layer's output neurons that lives on one core: split by output channels, by tiles, or both.
struct Slice {
  models::LayerId layer = 0;  ///< never 0: the input port holds the network's input
  std::uint32_t core = 0;     ///< row-major in the mesh
  std::uint32_t channel_begin = 0, channel_end = 0;
  std::uint32_t y_begin = 0, y_end = 0;
  std::uint32_t x_begin = 0, x_end = 0;
  bool weights_in_dram = false;
  bool state_in_dram = false;  ///< accumulators and references
};

/// Where every neuron of the network lives. Slices of a layer are disjoint and cover it.
struct Mapping {
  std::vector<Slice> slices;
};

/// Memory that a slice occupies on its core.
struct Footprint {
  std::uint64_t weight_bytes = 0;     ///< weights and biases of its channels
  std::uint64_t state_bytes = 0;      ///< accumulators, reconstructed inputs of residual and max-pool branches
  std::uint64_t reference_bytes = 0;  ///< what it sent last: the memory cost of deltas
};

/// Of one branch, without references.
Footprint branch_footprint(const models::Network& network, const Slice& slice, std::size_t branch,
                           const CoreParams& core);
/// Of all that the slice holds, wherever it lives.
Footprint footprint(const models::Network& network, const Slice& slice, const CoreParams& core);
/// What of it takes room on the core: of weights or state that live in DRAM, the buffer.
Footprint on_core(Footprint all, const Slice& slice, const std::optional<DramParams>& dram);

}  // namespace deltasim::hw
