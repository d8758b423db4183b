#include "sim/validation/rtl_suites.hpp"

#include "sim/validation/rtl_core.hpp"
#include "sim/validation/rtl_mesh.hpp"
#include "sim/validation/rtl_networks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace deltasim::sim {
namespace {

/// Cycles of the sequences of a group.
struct Sum {
  std::uint64_t sequences = 0;
  double expected = 0, got = 0;
};

class Rows {
 public:
  Rows(std::string reference, std::string source) : reference_(std::move(reference)), source_(std::move(source)) {}

  void none_of(std::size_t sequences, const char* what, std::uint64_t wrong) {
    add(fmt::format("of {}: {}", sequences, what), "", 0, static_cast<double>(wrong), 0);
  }
  void cycles(const std::string& what, double expected, double got, double tolerance) {
    add(what, "cycles", expected, got, tolerance);
  }
  /// The sums of groups, by name.
  void cycles(const std::map<std::string, Sum>& groups, double tolerance) {
    for (const auto& [name, sum] : groups)
      cycles(fmt::format("{} ({})", name, sum.sequences), sum.expected, sum.got, tolerance);
  }
  void largest(const char* what, double deviation, double tolerance) { add(what, "", 0, deviation, tolerance); }
  std::vector<Comparison> take() { return std::move(rows_); }

 private:
  void add(std::string what, std::string unit, double expected, double got, double tolerance) {
    rows_.push_back({std::move(what), reference_, source_, std::move(unit), expected, got, tolerance});
  }
  const std::string reference_, source_;
  std::vector<Comparison> rows_;
};

std::string source(std::string_view record) {
  return fmt::format("this project's hw/rtl, verilated; recorded in {} and compared by tests/rtl", record);
}

/// "random" of "random, 3 flits, queues of 4".
std::string before_comma(const std::string& name) { return name.substr(0, name.find(',')); }

}  // namespace

std::vector<Comparison> core_against_rtl() {
  const auto comparisons = compare_core_with_recorded_rtl();
  std::uint64_t other_values = 0, other_times = 0;
  double largest = 0;
  std::map<std::string, Sum> exact, stalled;
  for (const CoreComparison& c : comparisons) {
    if (!c.values_equal) ++other_values;
    if (!c.stalls && !c.times_equal) ++other_times;
    largest = std::max(largest, std::abs(c.deviation()));
    const std::string build = c.sequence.substr(0, c.sequence.find(' ') + 6);  // "16 lanes"
    Sum& sum = c.stalls ? stalled[build + ", stalls at the output"] : exact[build];
    ++sum.sequences;
    sum.expected += static_cast<double>(c.expected);
    sum.got += static_cast<double>(c.got);
  }
  Rows rows("RTL core", source("sim/validation/recorded_rtl_core.json"));
  rows.none_of(comparisons.size(), "other values or order", other_values);
  rows.none_of(comparisons.size(), "other cycles without stalls", other_times);
  rows.cycles(exact, 0);
  rows.cycles(stalled, 0.01);
  rows.largest("largest deviation of a sequence", largest, 0.01);
  return rows.take();
}

std::vector<Comparison> routers_against_rtl() {
  const auto comparisons = compare_mesh_with_recorded_rtl();
  std::uint64_t other_order = 0;
  std::map<std::string, Sum> patterns;
  for (const MeshComparison& c : comparisons) {
    if (!c.values_equal) ++other_order;
    Sum& sum = patterns[before_comma(c.sequence)];
    ++sum.sequences;
    sum.expected += c.expected;
    sum.got += c.got;
  }
  Rows rows("RTL routers", source(recorded_rtl_mesh));
  rows.none_of(comparisons.size(), "other packets or order", other_order);
  rows.cycles(patterns, 0);
  return rows.take();
}

std::vector<Comparison> networks_against_rtl() {
  const auto comparisons = compare_networks_with_recorded_rtl();
  Rows rows("RTL mesh", source(recorded_rtl_networks));
  std::uint64_t other_outputs = 0;
  double largest = 0;
  for (const NetworkComparison& c : comparisons) {
    if (!c.outputs_equal) ++other_outputs;
    largest = std::max(largest, c.deviation);
    rows.cycles(c.network, static_cast<double>(c.expected), static_cast<double>(c.got), 0.02);
  }
  rows.none_of(comparisons.size(), "other outputs", other_outputs);
  rows.largest("largest deviation of a frame", largest, 0.02);
  return rows.take();
}

double CycleModelError::largest() const { return std::max({core, routers, mesh_of_cores}); }

const CycleModelError& recorded_cycle_error() {
  static const CycleModelError error = [] {
    CycleModelError e;
    e.core = recorded_core_deviation();
    e.routers = recorded_mesh_deviation();
    e.mesh_of_cores = recorded_network_deviation();
    e.sequences = recorded_core_sequences() + recorded_mesh_sequences() + recorded_network_sequences();
    return e;
  }();
  return error;
}

}  // namespace deltasim::sim
