#include "sim/energy.hpp"

#include "models/error.hpp"
#include "sim/energy_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fstream>

namespace deltasim::sim {
namespace {

using hw::Activity;

struct ActivityComponent {
  Activity activity;
  Component component;
};

constexpr std::array<ActivityComponent, hw::activity_total> components{{
    {Activity::event_in, Component::control},
    {Activity::control_instruction, Component::control},
    {Activity::weight_read, Component::weight_memory},
    {Activity::state_read, Component::state_memory},
    {Activity::state_write, Component::state_memory},
    {Activity::mac, Component::mac},
    {Activity::accumulate, Component::mac},
    {Activity::evaluate, Component::delta_unit},
    {Activity::reference_read, Component::reference},
    {Activity::reference_write, Component::reference},
    {Activity::flag_read, Component::delta_unit},
    {Activity::event_out, Component::delta_unit},
    {Activity::queue_write, Component::queues},
    {Activity::queue_read, Component::queues},
    {Activity::flit_hop, Component::network},
}};

Energy energy(const Quantity& q) { return {q.value, q.low, q.high}; }

double through(double x, double x0, double y0, double x1, double y1) {
  return y0 * std::pow(y1 / y0, std::log(x / x0) / std::log(x1 / x0));
}

/// Power law through the two nearest nodes; beyond the ends it goes on.
Energy between(const Operation& op, double node_nm) {
  std::size_t above = 1;
  while (above + 1 < op.points.size() && op.points[above].node_nm < node_nm) ++above;
  const auto& a = op.points[above - 1];
  const auto& b = op.points[above];
  const auto at = [&](double Quantity::*member) {
    const double ya = a.energy.*member, yb = b.energy.*member;
    if (ya <= 0 || yb <= 0) return std::min(ya, yb);
    return through(node_nm, a.node_nm, ya, b.node_nm, yb);
  };
  return {at(&Quantity::value), at(&Quantity::low), at(&Quantity::high)};
}

/// Applies a table to a chip.
class Applied {
 public:
  Applied(const EnergyTable& table, const hw::ChipParams& chip) : table_(table), chip_(chip) {}

  Energy operation(const std::string& name) const {
    const Operation& op = table_.operations.at(name);
    const double node = chip_.node_nm;
    for (const auto& p : op.points)
      if (p.node_nm == node) return energy(p.energy);
    if (op.points.size() == 1) {
      double factor = 1;
      if (!op.scales_as.empty()) {
        const Operation& like = table_.operations.at(op.scales_as);
        if (like.points.size() > 1) factor = between(like, node).value / between(like, op.points[0].node_nm).value;
      }
      return widened(factor * energy(op.points[0].energy));
    }
    return widened(between(op, node));
  }

  ActivityEnergy activity(Activity a) {
    const ActivityRule& rule = table_.activities[static_cast<std::size_t>(a)];
    ActivityEnergy e;
    e.note = rule.note;
    if (rule.quantity) {
      e.pj = (rule.quantity->unit == "pJ/bit" ? bits(a) : 1.0) * energy(*rule.quantity);
      e.source = rule.quantity->source;
      return e;
    }
    for (const auto& [name, count] : rule.operations) {
      e.pj += count * operation(name);
      append(e.source, table_.operations.at(name).points[0].energy.source);
    }
    if (rule.memory) {
      const SramEstimate m = memory(*rule.memory);
      const double pj = rule.write ? m.write_pj : m.read_pj;
      e.pj += Energy{pj, table_.sram_low * pj, table_.sram_high * pj};
      append(e.source, table_.sram_source);
      if (!m.note.empty()) e.note += (e.note.empty() ? "" : "; ") + m.note;
    }
    e.pj.low *= rule.low_factor;
    e.pj.high *= rule.high_factor;
    return e;
  }

  Energy leakage_mw() {
    Energy sum = energy(table_.logic_leakage);
    if (table_.memory_leakage) return sum + energy(*table_.memory_leakage);
    for (const auto& [kind, banks] : {std::pair{MemoryKind::weight_memory, chip_.core.weight_memory.banks},
                                      std::pair{MemoryKind::state_memory, chip_.core.state_memory.banks}}) {
      const SramEstimate m = memory(kind);  // from 300 K to 350 K
      sum += static_cast<double>(banks) * Energy{m.leak_mw_300k, table_.sram_low * m.leak_mw_300k,
                                                 std::max(table_.sram_high * m.leak_mw_300k, m.leak_mw_350k)};
    }
    return sum;
  }

  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Energy widened(Energy e) const {
    e.low = std::min(e.low, table_.between_nodes_low * e.value);
    e.high = std::max(e.high, table_.between_nodes_high * e.value);
    return e;
  }

  /// What an activity moves at once: an entry per bit is multiplied by it.
  double bits(Activity a) const {
    switch (a) {
      case Activity::weight_read:
        return chip_.core.weight_memory.word_bits;
      case Activity::state_read:
      case Activity::state_write:
      case Activity::reference_read:
      case Activity::reference_write:
        return chip_.core.state_memory.word_bits;
      case Activity::flag_read:
        return chip_.core.flag_word_bits;
      case Activity::queue_read:
      case Activity::queue_write:
      case Activity::flit_hop:
        return chip_.noc.flit_bits;
      default:
        return 0;  // moves no word: refused when the table is read
    }
  }

  SramEstimate bank(const hw::MemoryParams& m) const {
    return table_.sram.estimate(chip_.node_nm, static_cast<double>(m.size_bytes) / m.banks, m.word_bits, m.ports);
  }

  SramEstimate memory(MemoryKind kind) {
    SramEstimate e;
    switch (kind) {
      case MemoryKind::weight_memory:
        e = bank(chip_.core.weight_memory);
        break;
      case MemoryKind::state_memory:
        e = bank(chip_.core.state_memory);
        break;
      case MemoryKind::queue:  // written at one end while it is read at the other
        e = table_.sram.estimate(chip_.node_nm, chip_.core.input_queue_flits * chip_.noc.flit_bits / 8.0,
                                 chip_.noc.flit_bits, 2);
        break;
      case MemoryKind::flags: {  // one for each accumulator that the state memory can hold, cut into as many banks
        const double flags =
            8.0 * static_cast<double>(chip_.core.state_memory.size_bytes) / chip_.core.accumulator_bits;
        e = table_.sram.estimate(chip_.node_nm, flags / 8 / chip_.core.state_memory.banks, chip_.core.flag_word_bits,
                                 2);
        break;
      }
    }
    if (!e.note.empty()) {
      const std::string note = fmt::format("{}: {}", memory_kind_names[static_cast<std::size_t>(kind)], e.note);
      if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(note);
    }
    return e;
  }

  static void append(std::string& sources, const std::string& more) {
    if (sources.find(more) == std::string::npos) sources += (sources.empty() ? "" : ", ") + more;
  }

  const EnergyTable& table_;
  const hw::ChipParams& chip_;
  std::vector<std::string> notes_;
};

}  // namespace

Component component_of(Activity activity) {
  const auto& entry = components[static_cast<std::size_t>(activity)];
  assert(entry.activity == activity);
  return entry.component;
}

EnergyModel::EnergyModel(const nlohmann::ordered_json& json, const std::string& file, const hw::ChipParams& chip) {
  const EnergyTable table = parse_energy_table(json, file);
  Applied applied(table, chip);
  name_ = table.name;
  for (std::size_t i = 0; i < hw::activity_total; ++i) of_[i] = applied.activity(static_cast<Activity>(i));
  leakage_mw_ = applied.leakage_mw();
  idle_clock_pj_ = energy(table.idle_clock);
  cycle_ns_ = 1000.0 / chip.clock_mhz;
  notes_ = applied.notes();
}

EnergyModel EnergyModel::read(const std::string& path, const hw::ChipParams& chip) {
  std::ifstream in(path);
  if (!in) throw models::InputError(path, "", "cannot be opened", "an energy table (JSON)");
  nlohmann::ordered_json json;
  try {
    json = nlohmann::ordered_json::parse(in);
  } catch (const nlohmann::json::parse_error& e) {
    throw models::InputError(path, fmt::format("byte {}", e.byte), "is not JSON", "an energy table (JSON)");
  }
  return EnergyModel(json, path, chip);
}

Energy EnergyModel::energy_of(const hw::Counts& counts) const {
  Energy sum;
  for (std::size_t i = 0; i < hw::activity_total; ++i)
    sum += static_cast<double>(counts[static_cast<Activity>(i)]) * of_[i].pj;
  return sum;
}

Energy EnergyModel::leakage(std::uint64_t core_cycles) const {
  return static_cast<double>(core_cycles) * cycle_ns_ * leakage_mw_;  // mW x ns = pJ
}

Energy EnergyModel::idle_clock(std::uint64_t core_cycles) const {
  return static_cast<double>(core_cycles) * idle_clock_pj_;
}

Breakdown EnergyModel::by_component(const hw::Counts& counts, std::uint64_t core_cycles) const {
  Breakdown b;
  for (std::size_t i = 0; i < hw::activity_total; ++i) {
    const auto a = static_cast<Activity>(i);
    b[component_of(a)] += static_cast<double>(counts[a]) * of_[i].pj;
  }
  b[Component::idle_clock] += idle_clock(core_cycles);
  b[Component::leakage] += leakage(core_cycles);
  return b;
}

}  // namespace deltasim::sim
