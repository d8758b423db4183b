#include "sim/systolic_energy.hpp"

#include "sim/applied_table.hpp"
#include "sim/supply.hpp"

namespace deltasim::sim {
namespace {

using hw::Activity;

/// A core whose memories have the array's banks.
hw::ChipParams with_banks_of(hw::ChipParams chip, const hw::SystolicParams& a) {
  chip.clock_mhz = a.clock_mhz;
  chip.node_nm = a.node_nm;
  chip.core.weight_memory = chip.core.state_memory = {a.bank_bytes, 1, a.word_bits, 1};
  return chip;
}

}  // namespace

SystolicEnergy::SystolicEnergy(const EnergyTable& table, const hw::ChipParams& machine, const hw::SystolicParams& array)
    : array_(array) {
  const hw::ChipParams chip = with_banks_of(machine, array);
  const bool has_voltage = !table.voltage.points.empty();
  AppliedTable applied(table, chip, has_voltage ? supply_volt(machine) : std::nullopt);
  mac_ = applied.activity(Activity::mac).spread;
  read_ = applied.activity(Activity::weight_read).spread;
  write_ = applied.activity(Activity::state_write).spread;  // same bank, so the price of writing any of the three SRAMs
  evaluate_ = applied.activity(Activity::evaluate).spread;
  accumulate_ = applied.activity(Activity::accumulate).spread;
  dram_bit_ =
      FigureDraws().draw({array.dram_pj_per_bit, array.dram_pj_per_bit_low, array.dram_pj_per_bit_high}, "DRAM");
  element_ = FigureDraws().draw({array.element_pj, array.element_pj_low, array.element_pj_high}, "STILLW");

  const double cores = static_cast<double>(array.rows) * array.columns / chip.core.lanes;
  const double bytes = static_cast<double>(array.ifmap_bytes + array.filter_bytes + array.ofmap_bytes);
  const double machine_bytes =
      static_cast<double>(machine.core.weight_memory.size_bytes + machine.core.state_memory.size_bytes);
  const CoreLeakage leak = applied.leakage_mw();
  // the table states it for a core's memories, or it follows from the bank's size
  const double memories = table.memory_leakage ? bytes / machine_bytes : bytes / static_cast<double>(array.bank_bytes);
  Spread leakage_mw = cores * leak.logic.spread;
  leakage_mw.add(table.memory_leakage ? memories : memories / 2, leak.weight_memory.spread);
  leakage_mw.add(table.memory_leakage ? memories : memories / 2, leak.state_memory.spread);
  leakage_pj_ = 1000.0 / array.clock_mhz * leakage_mw;  // mW x ns = pJ
  idle_pj_ = cores * applied.idle_clock().spread;
}

SystolicBreakdown SystolicEnergy::of(const SystolicCounts& c) const {
  SystolicBreakdown b;
  const auto add = [&](SystolicComponent component, double n, const Spread& each) {
    if (n > 0) b[static_cast<std::size_t>(component)].add(n, each);
  };
  const double bits = array_.word_bits;
  const auto words = [&](std::uint64_t bytes) { return 8.0 * static_cast<double>(bytes) / bits; };
  const auto sums = [&](std::uint64_t n) { return static_cast<double>(n) * array_.accumulator_bits / bits; };
  add(SystolicComponent::mac, static_cast<double>(c.macs), mac_);
  add(SystolicComponent::registers, static_cast<double>(array_.rows) * array_.columns * double(c.array_cycles),
      element_);
  add(SystolicComponent::weight_memory, words(c.sram.filter_reads), read_);
  add(SystolicComponent::weight_memory, words(c.dram.filter), write_);
  add(SystolicComponent::input_memory, words(c.sram.ifmap_reads + c.added), read_);
  add(SystolicComponent::input_memory, words(c.dram.ifmap), write_);
  add(SystolicComponent::output_memory, sums(c.sram.partial_sum_reads) + words(c.dram.ofmap), read_);
  add(SystolicComponent::output_memory, sums(c.sram.partial_sum_writes) + words(c.sram.ofmap_writes), write_);
  add(SystolicComponent::vector_unit, static_cast<double>(c.evaluated), evaluate_);
  add(SystolicComponent::vector_unit, static_cast<double>(c.added), accumulate_);
  add(SystolicComponent::dram, 8.0 * static_cast<double>(c.dram.total()), dram_bit_);
  return b;
}

Spread SystolicEnergy::idle_clock(double cycles) const { return cycles * idle_pj_; }
Spread SystolicEnergy::leakage(double cycles) const { return cycles * leakage_pj_; }

}  // namespace deltasim::sim
