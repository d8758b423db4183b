#pragma once

#include "hw/activity.hpp"
#include "hw/params.hpp"
#include "sim/applied_table.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace deltasim::sim {

enum class Component : std::uint8_t {
  mac,
  weight_memory,
  state_memory,
  reference,
  delta_unit,
  queues,
  network,
  dram,
  control,
  idle_clock,
  leakage,
};
inline constexpr std::array<std::string_view, 11> component_names{
    "mac",     "weight_memory", "state_memory", "reference",  "delta_unit", "queues",
    "network", "dram",          "control",      "idle_clock", "leakage"};
inline constexpr std::size_t component_total = component_names.size();

/// Where the energy of an activity is reported. One table: every activity has exactly one component.
Component component_of(hw::Activity activity);

/// By component; the components sum to the total.
struct Breakdown {
  std::array<Spread, component_total> of{};

  Spread& operator[](Component c) { return of[static_cast<std::size_t>(c)]; }
  const Spread& operator[](Component c) const { return of[static_cast<std::size_t>(c)]; }
  Spread total() const {
    Spread sum;
    for (const auto& e : of) sum.add(1, e);
    return sum;
  }
};

/// An energy table (docs/energy-numbers.md) applied to a chip: picojoules for every hw::Activity, and what flows all
/// the time. Errors: InputError with file and JSON pointer.
class EnergyModel {
 public:
  /// @param file  as the user named it; for messages
  EnergyModel(const nlohmann::ordered_json& table, const std::string& file, const hw::ChipParams& chip);
  static EnergyModel read(const std::string& path, const hw::ChipParams& chip);

  const ActivityEnergy& of(hw::Activity activity) const { return of_[static_cast<std::size_t>(activity)]; }
  const std::string& name() const { return name_; }

  /// Energy of what was done, without what flows all the time; pj() is its value alone, which is cheap.
  Spread energy_of(const hw::Counts& counts) const;
  double pj(const hw::Counts& counts) const;
  /// Of cores powered for this many core-cycles (cycles x cores of the chip).
  Spread leakage(double core_cycles) const;
  /// Clock tree and sequencing of cores that are powered, busy or not.
  Spread idle_clock(double core_cycles) const;
  /// Of cores asleep (hw::PowerGatingParams) for so long; weights are kept, states where they are needed.
  Spread sleeping_leakage(double core_cycles, bool keeps_state) const;
  /// The value of leakage and idle clock.
  double always_on_pj(double core_cycles) const;
  /// Everything: energy_of + idle_clock + leakage, by component.
  Breakdown by_component(const hw::Counts& counts, double core_cycles) const;

  Figure leakage_mw_per_core() const;
  const Figure& idle_clock_pj() const { return idle_clock_pj_; }
  /// For the report: figures outside the table that were clamped.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::string name_;
  std::array<ActivityEnergy, hw::activity_total> of_;
  CoreLeakage leakage_mw_;
  Figure idle_clock_pj_;  ///< of one core and cycle
  double cycle_ns_ = 0;
  double retained_leakage_ = 1, off_leakage_ = 1;
  std::vector<std::string> notes_;
};

}  // namespace deltasim::sim
