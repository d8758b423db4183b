#pragma once

#include "hw/activity.hpp"
#include "hw/params.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace deltasim::sim {

/// Picojoules with their range. Ranges add linearly: all entries are wrong in the same direction, the worst case.
struct Energy {
  double value = 0, low = 0, high = 0;

  Energy& operator+=(const Energy& other) {
    value += other.value;
    low += other.low;
    high += other.high;
    return *this;
  }
  friend Energy operator+(Energy a, const Energy& b) { return a += b; }
  friend Energy operator*(double n, const Energy& e) { return {n * e.value, n * e.low, n * e.high}; }
  friend Energy operator*(const Energy& e, double n) { return n * e; }
};

enum class Component : std::uint8_t {
  mac,
  weight_memory,
  state_memory,
  reference,
  delta_unit,
  queues,
  network,
  control,
  idle_clock,
  leakage,
};
inline constexpr std::array<std::string_view, 10> component_names{
    "mac",    "weight_memory", "state_memory", "reference",  "delta_unit",
    "queues", "network",       "control",      "idle_clock", "leakage"};
inline constexpr std::size_t component_total = component_names.size();

/// Where the energy of an activity is reported. One table: every activity has exactly one component.
Component component_of(hw::Activity activity);

/// By component; the components sum to the total.
struct Breakdown {
  std::array<Energy, component_total> of{};

  Energy& operator[](Component c) { return of[static_cast<std::size_t>(c)]; }
  const Energy& operator[](Component c) const { return of[static_cast<std::size_t>(c)]; }
  Energy total() const {
    Energy sum;
    for (const auto& e : of) sum += e;
    return sum;
  }
  Breakdown& operator+=(const Breakdown& other) {
    for (std::size_t i = 0; i < component_total; ++i) of[i] += other.of[i];
    return *this;
  }
};

/// What one activity costs on this chip.
struct ActivityEnergy {
  Energy pj;
  std::string source;  ///< keys of the table's `sources`
  std::string note;    ///< how it follows from the table; what was clamped
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

  /// Energy of what was done, without what flows all the time.
  Energy energy_of(const hw::Counts& counts) const;
  /// Of cores powered for this many core-cycles (cycles x cores of the chip).
  Energy leakage(std::uint64_t core_cycles) const;
  /// Clock tree and sequencing of cores that are powered, busy or not.
  Energy idle_clock(std::uint64_t core_cycles) const;
  /// Everything: energy_of + idle_clock + leakage, by component.
  Breakdown by_component(const hw::Counts& counts, std::uint64_t core_cycles) const;

  Energy leakage_mw_per_core() const { return leakage_mw_; }
  /// For the report: figures outside the table that were clamped.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::string name_;
  std::array<ActivityEnergy, hw::activity_total> of_;
  Energy leakage_mw_;     ///< of one core: both memories and logic (not picojoules: milliwatts)
  Energy idle_clock_pj_;  ///< of one core and cycle
  double cycle_ns_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace deltasim::sim
