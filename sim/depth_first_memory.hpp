#pragma once

#include "hw/params.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <vector>

namespace deltasim::sim {

/// State in bytes that each branch holds at most, [layer][branch], where consumers start every frame from their bias
/// (dense, spatial) and each row goes through all layers as soon as it is complete: only rows that something has
/// reached and that are not evaluated yet. A K x K window of stride 1 holds K rows; a residual branch also those by
/// which it runs ahead of its sum. Delta layers keep the state of the whole map.
std::vector<std::vector<std::uint64_t>> depth_first_state_bytes(const models::Network& network,
                                                                const hw::CoreParams& core);

}  // namespace deltasim::sim
