#include "sim/applied_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::sim {
namespace {

using hw::Activity;

/// How many operations an activity takes is one judgement, right or wrong for all activities alike.
constexpr const char* count_of_operations = "number of operations";

Energy energy(const Quantity& q) { return {q.value, q.low, q.high}; }
Energy scaled(double n, const Energy& e) { return {n * e.value, n * e.low, n * e.high}; }

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

void append(std::string& sources, const std::string& more) {
  for (std::size_t begin = 0, end = 0; begin < more.size(); begin = end + 2) {
    end = std::min(more.find(", ", begin), more.size());
    const std::string key = more.substr(begin, end - begin);
    if ((", " + sources + ", ").find(", " + key + ", ") == std::string::npos)
      sources += (sources.empty() ? "" : ", ") + key;
  }
}

}  // namespace

Figure& Figure::add(double n, const Figure& other) {
  range = {range.value + n * other.range.value, range.low + n * other.range.low, range.high + n * other.range.high};
  spread.add(n, other.spread);
  return *this;
}

Figure AppliedTable::figure(const Energy& range, const std::string& sources) {
  return {range, draws_.draw(range, sources)};
}

/// `sources`: those of the figure are added.
Figure AppliedTable::operation(const std::string& name, std::string& sources) {
  const Operation& op = table_.operations.at(name);
  const double node = chip_.node_nm;
  for (const auto& p : op.points)
    if (p.node_nm == node) {
      append(sources, p.energy.source);
      return figure(energy(p.energy), p.energy.source);
    }
  std::string from;
  for (const auto& p : op.points) append(from, p.energy.source);
  append(sources, from);
  if (op.points.size() > 1) return figure(widened(between(op, node)), from);
  double factor = 1;
  if (!op.scales_as.empty()) {
    const Operation& like = table_.operations.at(op.scales_as);
    if (like.points.size() > 1) factor = between(like, node).value / between(like, op.points[0].node_nm).value;
  }
  return figure(widened(scaled(factor, energy(op.points[0].energy))), from);
}

ActivityEnergy AppliedTable::activity(Activity a) {
  const ActivityRule& rule = table_.activities[static_cast<std::size_t>(a)];
  ActivityEnergy e;
  e.note = rule.note;
  Figure sum;
  if (rule.quantity) {
    sum =
        figure(scaled(rule.quantity->unit == "pJ/bit" ? bits(a) : 1.0, energy(*rule.quantity)), rule.quantity->source);
    e.source = rule.quantity->source;
  }
  for (const auto& [name, count] : rule.operations) sum.add(count, operation(name, e.source));
  const bool own_supply = a == Activity::dram_read || a == Activity::dram_write;
  if (!own_supply) sum.scale(volt_ratio(false) * volt_ratio(false));
  if (rule.memory) {
    const SramEstimate m = memory(*rule.memory);
    const double pj = rule.write ? m.write_pj : m.read_pj;
    sum.add(volt_ratio(true) * volt_ratio(true),
            figure(Energy{pj, table_.sram_low * pj, table_.sram_high * pj}, table_.sram_source));
    append(e.source, table_.sram_source);
    if (!m.note.empty()) e.note += (e.note.empty() ? "" : "; ") + m.note;
  }
  e.pj = {sum.range.value, rule.low_factor * sum.range.low, rule.high_factor * sum.range.high};
  e.spread = product(sum.spread, figure({1, rule.low_factor, rule.high_factor}, count_of_operations).spread);
  return e;
}

CoreLeakage AppliedTable::leakage_mw() {
  CoreLeakage leak;
  leak.logic = leaking(figure(energy(table_.logic_leakage), table_.logic_leakage.source), false);
  const hw::MemoryParams &weights = chip_.core.weight_memory, &state = chip_.core.state_memory;
  if (table_.memory_leakage) {  // of both: by size
    const Figure both = leaking(figure(energy(*table_.memory_leakage), table_.memory_leakage->source), false);
    const double share =
        static_cast<double>(weights.size_bytes) / static_cast<double>(weights.size_bytes + state.size_bytes);
    leak.weight_memory.add(share, both);
    leak.state_memory.add(1 - share, both);
    return leak;
  }
  const auto banks = [&](MemoryKind kind, const hw::MemoryParams& params) {
    const SramEstimate m = memory(kind);  // from 300 K to 350 K
    const Energy range{m.leak_mw_300k, table_.sram_low * m.leak_mw_300k,
                       std::max(table_.sram_high * m.leak_mw_300k, m.leak_mw_350k)};
    return leaking(Figure{}.add(params.banks, figure(range, table_.sram_source)), true);
  };
  leak.weight_memory = banks(MemoryKind::weight_memory, weights);
  leak.state_memory = banks(MemoryKind::state_memory, state);
  return leak;
}

Figure AppliedTable::idle_clock() {
  return figure(energy(table_.idle_clock), table_.idle_clock.source).scale(volt_ratio(false) * volt_ratio(false));
}

double AppliedTable::volt_ratio(bool sram) const {
  if (!volt_) return 1;
  const TableVoltage& table = sram && !table_.sram_voltage.points.empty() ? table_.sram_voltage : table_.voltage;
  return *volt_ / table.at(chip_.node_nm);
}

/// volt ^ exponent; the exponent has a range of its own.
Figure AppliedTable::leaking(const Figure& at_table_voltage, bool sram) {
  const double ratio = volt_ratio(sram);
  if (ratio == 1) return at_table_voltage;
  Figure power = figure(energy(table_.leakage_exponent), table_.leakage_exponent.source);
  const auto factor = [ratio](double exponent) { return std::pow(ratio, exponent); };
  power.range = {factor(power.range.value), factor(power.range.low), factor(power.range.high)};
  if (power.range.low > power.range.high) std::swap(power.range.low, power.range.high);
  power.spread.value = factor(power.spread.value);
  for (double& exponent : power.spread.draws) exponent = factor(exponent);
  const Energy& e = at_table_voltage.range;
  return {{e.value * power.range.value, e.low * power.range.low, e.high * power.range.high},
          product(at_table_voltage.spread, power.spread)};
}

Energy AppliedTable::widened(Energy e) const {
  e.low = std::min(e.low, table_.between_nodes_low * e.value);
  e.high = std::max(e.high, table_.between_nodes_high * e.value);
  return e;
}

/// What an activity moves at once: an entry per bit is multiplied by it.
double AppliedTable::bits(Activity a) const {
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
    case Activity::dram_read:
    case Activity::dram_write:
      return chip_.dram ? 8.0 * chip_.dram->burst_bytes : 0.0;
    default:
      return 0;  // moves no word: refused when the table is read
  }
}

SramEstimate AppliedTable::bank(const hw::MemoryParams& m) const {
  return table_.sram.estimate(chip_.node_nm, static_cast<double>(m.size_bytes) / m.banks, m.word_bits, m.ports);
}

SramEstimate AppliedTable::memory(MemoryKind kind) {
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
      const double flags = 8.0 * static_cast<double>(chip_.core.state_memory.size_bytes) / chip_.core.accumulator_bits;
      e = table_.sram.estimate(chip_.node_nm, flags / 8 / chip_.core.state_memory.banks, chip_.core.flag_word_bits, 2);
      break;
    }
  }
  if (!e.note.empty()) {
    const std::string note = fmt::format("{}: {}", memory_kind_names[static_cast<std::size_t>(kind)], e.note);
    if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(note);
  }
  return e;
}

}  // namespace deltasim::sim
