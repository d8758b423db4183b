#pragma once

#include "hw/mapping.hpp"
#include "hw/params.hpp"
#include "models/network.hpp"

namespace deltasim::sim {

/// Turns positions on a line (Slice::core) into cores of the mesh: a snake that starts in the input port's row, then
/// exchanges of cores as long as they save flit hops. Deterministic.
void place_on_mesh(const models::Network& network, const hw::ChipParams& chip, hw::Mapping& mapping);

/// Estimated events x hops of a dense frame, multicast counted as one copy for each core.
double traffic(const models::Network& network, const hw::ChipParams& chip, const hw::Mapping& mapping);

}  // namespace deltasim::sim
