#pragma once

#include "hw/activity.hpp"
#include "sim/sram.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// An energy table as it stands in its file: configs/energy/*.json, described in docs/energy-numbers.md.
namespace deltasim::sim {

/// A number with its range, unit and source; none goes without.
struct Quantity {
  double value = 0, low = 0, high = 0;
  std::string unit;
  std::string source;  ///< keys of `sources`, separated by ", "
  std::string note;
};

/// Volts at which a part of the table holds, by node: linear in the logarithm of the node between points.
struct TableVoltage {
  struct Point {
    double node_nm = 0, volt = 0;
    std::string source;
  };
  std::vector<Point> points;  ///< sorted by node; empty: unknown

  double at(double node_nm) const;
};

/// Energy of an arithmetic operation, known at some nodes.
struct Operation {
  struct Point {
    double node_nm = 0;
    Quantity energy;
  };
  std::vector<Point> points;  ///< sorted by node
  std::string scales_as;      ///< one point only: over the nodes in proportion to this operation; empty = constant
};

/// Memories of a core whose energy follows from the SRAM section.
enum class MemoryKind : std::uint8_t { weight_memory, state_memory, queue, flags };
inline constexpr std::array<const char*, 4> memory_kind_names{"weight_memory", "state_memory", "queue", "flags"};

/// How the energy of one activity follows: a quantity, or one access to a memory, or a number of operations.
struct ActivityRule {
  bool stated = false;  ///< a table may leave out what a chip without DRAM never does
  std::optional<Quantity> quantity;
  std::optional<MemoryKind> memory;
  bool write = false;
  std::map<std::string, double> operations;
  double low_factor = 1, high_factor = 1;  ///< widen the range of the operations: how many they are is an estimate
  std::string note;
};

struct EnergyTable {
  std::string name;
  std::map<std::string, std::string> sources;
  std::map<std::string, Operation> operations;
  double between_nodes_low = 1, between_nodes_high = 1;  ///< least range of an interpolated operation
  SramTable sram;
  TableVoltage voltage;       ///< of everything but /sram
  TableVoltage sram_voltage;  ///< empty: `voltage`
  Quantity leakage_exponent;  ///< leakage goes with volt ^ exponent
  double sram_low = 1, sram_high = 1;
  std::string sram_source;
  std::array<ActivityRule, hw::activity_total> activities;
  std::optional<Quantity> memory_leakage;  ///< of a core; else it follows from the SRAM section
  Quantity logic_leakage;                  ///< of a core
  Quantity idle_clock;                     ///< of a core and cycle
};

/// Activities that move a word of a memory or a flit: their energy may be given per bit.
bool moves_words(hw::Activity activity);

/// Errors: InputError with `file` and the JSON pointer of the culprit.
EnergyTable parse_energy_table(const nlohmann::ordered_json& json, const std::string& file);

}  // namespace deltasim::sim
