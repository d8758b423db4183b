#pragma once

#include "hw/mapping.hpp"
#include "hw/params.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Which core holds which neurons: found under the memory capacities, or given and checked.
namespace deltasim::sim {

/// Finds the cores of every layer but the input, under the memories of `chip`. Several ways of cutting are tried: tiles
/// of every layer over all cores, large weights by output channels, or layers one after another along a line of cores.
/// The best has the least estimated work on the busiest core plus the shortest way of a frame through all layers; then
/// cores change places on the mesh as long as that saves traffic. What does not fit is spilled where the
/// chip has DRAM (sim/spill.hpp). Deterministic. Errors: InputError where the network
/// does not fit: which layer or the total, bytes needed against available, and what would fit (a number of cores or a
/// memory size that was tried and does map).
/// @param file  named in the error message: the hardware file as the user gave it
hw::Mapping map_automatically(const models::Network& network, const hw::ChipParams& chip, const std::string& file);

/// A given mapping: slices inside the mesh and their layer, disjoint, covering every layer but the input, within the
/// capacities. Errors: InputError with the JSON pointer of the slice: `place`/index.
void check_mapping(const models::Network& network, const hw::ChipParams& chip, const hw::Mapping& mapping,
                   const std::string& file, const std::string& place = "/mapping");

/// What a mapping asks of one core.
struct CoreLoad {
  std::uint64_t cycles = 0;  ///< estimate for a dense frame: what the mapper balances
  std::uint64_t macs = 0;    ///< of a dense frame, exact
  hw::Footprint memory;
  std::uint32_t slices = 0;
};

/// By core, row-major. max(cycles) / mean(cycles) is the load balance.
std::vector<CoreLoad> core_loads(const models::Network& network, const hw::ChipParams& chip,
                                 const hw::Mapping& mapping);

}  // namespace deltasim::sim
