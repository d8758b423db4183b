#include "sim/notes.hpp"

#include "sim/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

/// What grew most from `base` to `e`, and its share of the energy of `e`.
std::string growth(const ExecutionResult& base, const ExecutionResult& e) {
  std::string name;
  double most = 0, now = 0;
  const auto look = [&](const std::string& what, double before, double after) {
    if (after - before <= most) return;
    most = after - before;
    now = after;
    name = what;
  };
  for (std::size_t i = 0; i < e.by_component.size() && i < base.by_component.size(); ++i)
    look(e.by_component[i].first, base.by_component[i].second.value, e.by_component[i].second.value);
  if (name == "dram" && e.dram && base.dram) {
    const double dram = now, before = base.dram->state_energy_pj;
    most = now = 0;
    look("state traffic to DRAM", before, e.dram->state_energy_pj);
    look("weight traffic from DRAM", 0, dram - e.dram->state_energy_pj);
  }
  return fmt::format("{} is {:.0f} % of its energy", name, 100 * now / e.energy.value);
}

std::string binding_cause(const ExecutionResult& e) {
  hw::Causes sum;
  for (const auto& core : e.cores) sum += core.causes;
  std::size_t most = 0;
  std::uint64_t at_work = 0;
  for (std::size_t i = 0; i < hw::cause_total; ++i) {
    const auto cause = static_cast<hw::Cause>(i);
    if (cause == hw::Cause::idle || cause == hw::Cause::input_empty) continue;
    at_work += sum[cause];
    if (sum[cause] > sum[static_cast<hw::Cause>(most)]) most = i;
  }
  if (at_work == 0) return "its cores have nothing to do";
  return fmt::format("'{}' ({}) takes {:.0f} % of the cycles in which its cores have work", hw::cause_info[most].name,
                     hw::cause_info[most].meaning,
                     100.0 * static_cast<double>(sum[static_cast<hw::Cause>(most)]) / static_cast<double>(at_work));
}

/// The machine's assumption about what starts every frame from its bias, in favour of executions without deltas.
std::string free_sums(const Result& result) {
  double map = 0, rows = 0;
  for (const WorkloadRow& row : result.workload.rows) {
    const auto& slices = result.mapping.slices;
    if (std::none_of(slices.begin(), slices.end(),
                     [&](const hw::Slice& s) { return s.layer == row.layer && s.state_in_dram; }))
      continue;
    map += static_cast<double>(row.state_bytes);
    rows += static_cast<double>(row.state_bytes_depth_first);
  }
  if (map == 0) return "";
  return fmt::format(
      "where state lives in DRAM, dense and spatial executions keep the sums of a frame on chip free of charge: "
      "{:.3g} kB, or {:.3g} kB if evaluated depth first",
      map / 1000, rows / 1000);
}

}  // namespace

std::vector<std::string> notes_on(const Result& result) {
  std::vector<std::string> notes;
  const auto* delta = find_execution(result, "delta");
  if (delta == nullptr) return notes;
  bool compared = false;
  for (const char* name : {"dense", "spatial"}) {
    const auto* base = find_execution(result, name);
    if (base == nullptr) continue;
    compared = true;
    if (delta->energy.value > base->energy.value)
      notes.push_back(fmt::format("delta loses to {} in energy ({:.2g}x): {}", name,
                                  ratio(base->energy.value, delta->energy.value), growth(*base, *delta)));
    if (delta->cycles > base->cycles)
      notes.push_back(fmt::format("delta loses to {} in cycles ({:.2g}x): {}", name,
                                  ratio(double(base->cycles), double(delta->cycles)), binding_cause(*delta)));
  }
  if (const std::string note = free_sums(result); compared && !note.empty()) notes.push_back(note);
  return notes;
}

}  // namespace deltasim::sim
