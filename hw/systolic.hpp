#pragma once

#include "hw/systolic_params.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <vector>

/// A conventional systolic array: closed formulas, no events.
/// Timing: rows x columns elements, a multiply-accumulate each in a cycle; operands enter skewed by one cycle per row
/// and column; every fold occupies the whole array, also where it fills a part of it.
/// Counts: cycles, element accesses of the SRAMs, bytes over the DRAM channel, per layer and frame.
/// Limits: SRAM ports always keep up; the vector unit (pooling, additions, requantisation) takes no array cycles.
namespace deltasim::hw {

/// A layer as `groups` matrix products (m x k) (k x n): m output pixels, k taps of a window, n filters.
struct Gemm {
  std::uint64_t m = 0, k = 0, n = 0;
  std::uint64_t groups = 1;
  std::uint64_t macs() const { return groups * m * k * n; }
};

/// Operands as they lie in memory, in elements over all groups.
struct SystolicLayer {
  Gemm gemm;
  std::uint64_t ifmap = 0, filter = 0, ofmap = 0;
};

/// A convolution (dense layers too); every group is a product of its own, so depthwise layers go channel by channel.
SystolicLayer systolic_layer(const models::Branch& branch, const models::Shape& output);
/// A product whose operands overlap nowhere.
SystolicLayer systolic_layer(const Gemm& gemm);

/// How often the array is filled anew.
std::uint64_t folds(const Gemm& gemm, const SystolicParams& array);
/// Cycles in the array.
std::uint64_t array_cycles(const Gemm& gemm, const SystolicParams& array);

/// Elements moved between the array and its SRAMs.
struct SramAccesses {
  std::uint64_t ifmap_reads = 0, filter_reads = 0;
  std::uint64_t partial_sum_reads = 0, partial_sum_writes = 0;  ///< accumulator_bits wide
  std::uint64_t ofmap_writes = 0;                               ///< one byte each
};
SramAccesses sram_accesses(const Gemm& gemm, const SystolicParams& array);

/// Bytes over the DRAM channel.
struct DramTraffic {
  std::uint64_t ifmap = 0, filter = 0, ofmap = 0, partial_sums = 0;
  std::uint64_t total() const { return ifmap + filter + ofmap + partial_sums; }
  DramTraffic& operator+=(const DramTraffic& other) {
    ifmap += other.ifmap, filter += other.filter, ofmap += other.ofmap, partial_sums += other.partial_sums;
    return *this;
  }
};

/// What is on the chip already, or may stay there.
struct OnChip {
  bool ifmap = false, filter = false, ofmap = false;
};

/// An operand that fits in half of its buffer is fetched once, else again for every fold that wants it.
DramTraffic dram_traffic(const SystolicLayer& layer, const SystolicParams& array, OnChip on_chip);

/// Bytes that must have arrived before the first fold can start: its stationary block, or one wave of both operands.
std::uint64_t first_bytes(const SystolicLayer& layer, const SystolicParams& array, OnChip on_chip);

enum class SystolicBound : std::uint8_t { array, dram, none };
inline constexpr const char* names_of(SystolicBound) { return "array,dram,none"; }

/// One layer in one frame.
struct SystolicWork {
  SystolicLayer layer;
  std::uint64_t folds = 0;
  std::uint64_t array_cycles = 0;
  std::uint64_t dram_cycles = 0;  ///< the traffic at full bandwidth
  std::uint64_t cycles = 0;       ///< the longer of the two + first load
  double utilisation = 0.0;       ///< multiply-accumulates / (rows x columns x cycles)
  SystolicBound bound = SystolicBound::none;
  SramAccesses sram;
  DramTraffic dram;
};
SystolicWork systolic_work(const SystolicLayer& layer, const SystolicParams& array, OnChip on_chip = {});

/// One frame of a network: an entry for each branch of each layer, in order; all zero where the array has nothing to
/// do.
std::vector<std::vector<SystolicWork>> systolic_frame(const models::Network& network, const SystolicParams& array);

}  // namespace deltasim::hw
