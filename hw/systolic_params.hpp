#pragma once

#include <cstdint>
#include <optional>

/// The dense baseline, a systolic array, as plain data; like hw/params.hpp.
namespace deltasim::hw {

/// Which operand of the matrix product stays in the processing elements.
enum class Dataflow : std::uint8_t { weight_stationary, input_stationary, output_stationary };
inline constexpr const char* names_of(Dataflow) { return "weight_stationary,input_stationary,output_stationary"; }

/// Whether filling and draining the array hides behind the folds before and after.
enum class FoldOverlap : std::uint8_t { none, weights_double_buffered };
inline constexpr const char* names_of(FoldOverlap) { return "none,weights_double_buffered"; }

/// Output stationary: whether the cycles in which results leave the array count.
enum class OsFormula : std::uint8_t { scale_sim_v3, ispass_2020 };
inline constexpr const char* names_of(OsFormula) { return "scale_sim_v3,ispass_2020"; }

/// What stays on the chip between layers and frames.
enum class Residency : std::uint8_t { network, layer };
inline constexpr const char* names_of(Residency) { return "network,layer"; }

struct SystolicParams {
  std::uint32_t rows = 32;
  std::uint32_t columns = 32;
  Dataflow dataflow = Dataflow::weight_stationary;
  FoldOverlap fold_overlap = FoldOverlap::none;
  OsFormula os_formula = OsFormula::scale_sim_v3;
  std::uint64_t ifmap_bytes = 1048576;
  std::uint64_t filter_bytes = 524288;
  std::uint64_t ofmap_bytes = 524288;
  std::uint64_t bank_bytes = 32768;
  std::uint32_t word_bits = 64;
  std::uint32_t accumulator_bits = 32;
  Residency residency = Residency::network;
  std::optional<double> dram_gb_per_s;
  double dram_pj_per_bit = 8.0;  ///< LPDDR4, as Accelergy's table of memories has it
  double dram_pj_per_bit_low = 6.8;
  double dram_pj_per_bit_high = 9.2;
  double element_pj = 0.15;  ///< 8 + 8 + 32 bits of registers at 3 fJ a bit (stillwater-sc, switching energy)
  double element_pj_low = 0.09;
  double element_pj_high = 0.21;
  std::uint32_t clock_mhz = 500;
  std::uint32_t node_nm = 22;
};

template <class Archive>
void describe(Archive& a, SystolicParams& p) {
  constexpr std::uint64_t smallest = 64, largest = std::uint64_t{1} << 40;
  a.field("rows", p.rows, 1u, 65536u, "rows of the array; default in a run file: near cores x lanes of the hardware");
  a.field("columns", p.columns, 1u, 65536u, "columns of the array; default as for rows");
  a.choice("dataflow", p.dataflow, "operand that stays in the array during a fold");
  a.choice("fold_overlap", p.fold_overlap, "whether load and drain of a fold hide behind its neighbours");
  a.choice("os_formula", p.os_formula, "output stationary: ispass_2020 counts the drain of a fold, scale_sim_v3 not");
  a.field("ifmap_bytes", p.ifmap_bytes, smallest, largest,
          "SRAM for inputs, double-buffered; default in a run file: "
          "half of the hardware's state memories");
  a.field("filter_bytes", p.filter_bytes, smallest, largest,
          "SRAM for weights, double-buffered; default in a run file: "
          "the hardware's weight memories");
  a.field("ofmap_bytes", p.ofmap_bytes, smallest, largest,
          "SRAM for outputs and partial sums, double-buffered; default "
          "as for ifmap_bytes");
  a.field("bank_bytes", p.bank_bytes, smallest, largest,
          "size of one SRAM bank (energy of an access); default in a run "
          "file: the hardware's weight memory");
  a.field("word_bits", p.word_bits, 8u, 1024u, "width of an SRAM word; default as for bank_bytes");
  a.field("accumulator_bits", p.accumulator_bits, 8u, 64u,
          "width of a partial sum; default in a run file: the hardware's");
  a.choice("residency", p.residency,
           "network: what fits stays on the chip between layers and frames; layer: every layer fetches "
           "its operands from DRAM and writes its result there");
  a.optional("dram_gb_per_s", p.dram_gb_per_s, 1e-6, 1e6,
             "DRAM bandwidth in 1e9 bytes a second; null: never waited for");
  a.field("dram_pj_per_bit", p.dram_pj_per_bit, 0.0, 1e6, "energy of DRAM traffic");
  a.field("dram_pj_per_bit_low", p.dram_pj_per_bit_low, 0.0, 1e6, "low end of its range");
  a.field("dram_pj_per_bit_high", p.dram_pj_per_bit_high, 0.0, 1e6, "high end of its range");
  a.field("element_pj", p.element_pj, 0.0, 1e6, "energy of an element's registers in a cycle, at node_nm");
  a.field("element_pj_low", p.element_pj_low, 0.0, 1e6, "low end of its range");
  a.field("element_pj_high", p.element_pj_high, 0.0, 1e6, "high end of its range");
  a.field("clock_mhz", p.clock_mhz, 1u, 10000u, "clock of the array; default in a run file: the hardware's");
  a.field("node_nm", p.node_nm, 5u, 180u, "technology node; default in a run file: the hardware's");
}

}  // namespace deltasim::hw
