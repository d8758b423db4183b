#pragma once

#include "hw/params.hpp"
#include "sim/energy_table.hpp"
#include "sim/monte_carlo.hpp"

#include <optional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A figure of the table on a chip: its whole range, and drawn.
struct Figure {
  Energy range;
  Spread spread;

  /// + n x other; whole ranges add, so no sum of figures lies beyond.
  Figure& add(double n, const Figure& other);
  Figure& scale(double factor) { return *this = Figure{}.add(factor, *this); }
};

/// What one activity costs on this chip.
struct ActivityEnergy {
  Energy pj;           ///< the whole range of the entry
  Spread spread;       ///< the same drawn
  std::string source;  ///< keys of the table's `sources`
  std::string note;    ///< how it follows from the table; what was clamped
};

/// Of one core, in mW.
struct CoreLeakage {
  Figure weight_memory, state_memory, logic;
};

/// Figures of an energy table for a chip's node, memories, widths and voltage.
class AppliedTable {
 public:
  /// @param volt  supply of the chip; absent: what the table holds for. Dynamic energy goes with volt^2.
  AppliedTable(const EnergyTable& table, const hw::ChipParams& chip, std::optional<double> volt)
      : table_(table), chip_(chip), volt_(volt) {}

  ActivityEnergy activity(hw::Activity a);
  CoreLeakage leakage_mw();
  /// Of one core and cycle, in pJ.
  Figure idle_clock();
  /// What lay outside the table and was clamped.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Figure figure(const Energy& range, const std::string& sources);
  Figure operation(const std::string& name, std::string& sources);
  Energy widened(Energy e) const;
  double bits(hw::Activity a) const;
  SramEstimate bank(const hw::MemoryParams& m) const;
  SramEstimate memory(MemoryKind kind);
  /// Of the chip's voltage to the table's.
  double volt_ratio(bool sram) const;
  Figure leaking(const Figure& at_table_voltage, bool sram);

  const EnergyTable& table_;
  const hw::ChipParams& chip_;
  std::optional<double> volt_;
  FigureDraws draws_;
  std::vector<std::string> notes_;
};

}  // namespace deltasim::sim
