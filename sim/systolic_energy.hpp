#pragma once

#include "hw/params.hpp"
#include "hw/systolic.hpp"
#include "sim/energy_table.hpp"
#include "sim/monte_carlo.hpp"

#include <array>
#include <string>
#include <string_view>

namespace deltasim::sim {

enum class SystolicComponent : std::uint8_t {
  mac,
  registers,
  weight_memory,
  input_memory,
  output_memory,
  vector_unit,
  dram,
  idle_clock,
  leakage
};
inline constexpr std::array<std::string_view, 9> systolic_component_names{
    "mac",         "registers", "weight_memory", "input_memory", "output_memory",
    "vector_unit", "dram",      "idle_clock",    "leakage"};
inline constexpr std::size_t systolic_component_total = systolic_component_names.size();

using SystolicBreakdown = std::array<Spread, systolic_component_total>;

/// What costs energy in a layer, in one frame.
struct SystolicCounts {
  std::uint64_t macs = 0;          ///< those with padding, too
  std::uint64_t array_cycles = 0;  ///< in which operands move through all elements
  hw::SramAccesses sram;
  hw::DramTraffic dram;
  std::uint64_t evaluated = 0;  ///< neurons requantised
  std::uint64_t added = 0;      ///< additions of residuals and pools, each reads a byte
};

/// The event machine's energy table applied to a systolic array: a MAC is a MAC, an SRAM word is read or written at the
/// table's price of a word of one bank, and rows x columns / lanes cores' worth of logic leaks and is clocked.
class SystolicEnergy {
 public:
  /// @param chip  the event machine: lanes of a core, voltage and whatever else the table asks for
  SystolicEnergy(const EnergyTable& table, const hw::ChipParams& chip, const hw::SystolicParams& array);

  /// Without what flows all the time.
  SystolicBreakdown of(const SystolicCounts& counts) const;
  Spread idle_clock(double cycles) const;
  Spread leakage(double cycles) const;

 private:
  hw::SystolicParams array_;
  Spread mac_, read_, write_, evaluate_, accumulate_, dram_bit_, element_;
  Spread idle_pj_, leakage_pj_;  ///< of the whole array in a cycle
};

}  // namespace deltasim::sim
