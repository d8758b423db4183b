#pragma once

#include "sim/packing.hpp"
#include "sim/slice_cost.hpp"

#include <cstdint>
#include <optional>

namespace deltasim::sim {

/// Everything lives in DRAM.
SliceCost::Spill spill_all(const models::Network& network);

/// The smallest part of the network that must live in DRAM for the rest to fit: weights of whole layers first, those
/// that work least often in a frame first (fewest MACs for each byte); only where that is not enough, state as well, in
/// the same order. Nothing where even the buffers do not fit. Deterministic.
std::optional<SliceCost::Spill> choose_spill(SliceCost& cost, std::uint32_t cores);

/// Sets the flags of the slices of spilled layers, then takes back those for which their core has room after all, most
/// reused first. Slice::core: any numbering.
void mark_spilled(const SliceCost& cost, std::uint32_t cores, std::vector<hw::Slice>& slices);

}  // namespace deltasim::sim
