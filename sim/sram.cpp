#include "sim/sram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>
#include <tuple>

namespace deltasim::sim {

struct SramTable::Figures {
  double read, write, cold, warm;

  /// Each figure on the straight line (in its logarithm where `logs`) from this (t = 0) to `other` (t = 1).
  Figures towards(const Figures& other, double t, bool logs) const {
    const auto mix = [&](double a, double b) { return logs ? a * std::pow(b / a, t) : a + t * (b - a); };
    return {mix(read, other.read), mix(write, other.write), mix(cold, other.cold), mix(warm, other.warm)};
  }
};

namespace {

/// The two neighbours of `x` in a sorted list and how far x lies between them; outside: the end twice.
struct Neighbours {
  std::size_t below = 0, above = 0;
  double t = 0;
};

template <class Scale>
Neighbours neighbours(const std::vector<double>& sorted, double x, Scale scale) {
  if (x <= sorted.front()) return {};
  if (x >= sorted.back()) return {sorted.size() - 1, sorted.size() - 1, 0};
  const auto above = static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), x) - sorted.begin());
  if (sorted[above] == x) return {above, above, 0};
  const double a = scale(sorted[above - 1]), b = scale(sorted[above]);
  return {above - 1, above, (scale(x) - a) / (b - a)};
}

double logarithm(double v) { return std::log(v); }
double itself(double v) { return v; }

void add_note(std::string& notes, const std::string& note) {
  if (notes.find(note) != std::string::npos) return;
  notes += (notes.empty() ? "" : "; ") + note;
}

template <class Rows, class Pick, class Where>
std::vector<double> values(const Rows& rows, Pick pick, Where where) {
  std::set<double> found;
  for (const auto& r : rows)
    if (where(r)) found.insert(pick(r));
  return {found.begin(), found.end()};
}

}  // namespace

SramTable::SramTable(std::vector<SramRow> rows, std::vector<SramCalibration> calibration)
    : rows_(std::move(rows)), calibration_(std::move(calibration)) {
  std::sort(rows_.begin(), rows_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.ports, a.node_nm, a.width_bits, a.size_bytes) <
           std::tie(b.ports, b.node_nm, b.width_bits, b.size_bytes);
  });
  std::sort(calibration_.begin(), calibration_.end(),
            [](const auto& a, const auto& b) { return a.log2_kib < b.log2_kib; });
}

double SramTable::calibration(double bank_bytes) const {
  if (calibration_.empty()) return 1;
  std::vector<double> points;
  for (const auto& c : calibration_) points.push_back(c.log2_kib);
  const auto n = neighbours(points, std::log2(bank_bytes / 1024), itself);
  return calibration_[n.below].k + n.t * (calibration_[n.above].k - calibration_[n.below].k);
}

/// At a node and width of the table.
SramTable::Figures SramTable::at_width(double node_nm, std::uint32_t ports, double bytes, double width_bits,
                                       std::string& note) const {
  std::vector<const SramRow*> rows;
  std::vector<double> sizes;
  for (const auto& r : rows_) {
    if (r.node_nm != node_nm || r.ports != ports || r.width_bits != width_bits) continue;
    rows.push_back(&r);
    sizes.push_back(r.size_bytes);
  }
  assert(!rows.empty());
  const auto n = neighbours(sizes, bytes, logarithm);
  const auto figures = [&](std::size_t i) {
    const SramRow& r = *rows[i];
    return Figures{r.read_pj, r.write_pj, r.leak_mw_300k, r.leak_mw_350k};
  };
  Figures f = figures(n.below).towards(figures(n.above), n.t, true);
  if (bytes < sizes.front() || bytes > sizes.back()) {
    const double nearest = bytes < sizes.front() ? sizes.front() : sizes.back();
    add_note(note, fmt::format("a bank of {} B x {} bit is taken as {} B", bytes, width_bits, nearest));
    f.cold *= bytes / nearest;
    f.warm *= bytes / nearest;
  }
  return f;
}

/// At a node of the table.
SramTable::Figures SramTable::at_node(double node_nm, std::uint32_t ports, double bytes, double width_bits,
                                      std::string& note) const {
  const auto widths = values(
      rows_, [](const auto& r) { return r.width_bits; },
      [&](const auto& r) { return r.node_nm == node_nm && r.ports == ports; });
  const double arrays = std::max(1.0, std::ceil(width_bits / widths.back()));
  const double width = width_bits / arrays;
  if (arrays > 1) add_note(note, fmt::format("a word of {} bit is {} arrays side by side", width_bits, arrays));
  if (width < widths.front()) add_note(note, fmt::format("a word of {} bit is taken as {} bit", width, widths.front()));
  const auto n = neighbours(widths, width, itself);
  const Figures f = at_width(node_nm, ports, bytes / arrays, widths[n.below], note)
                        .towards(at_width(node_nm, ports, bytes / arrays, widths[n.above], note), n.t, false);
  return {arrays * f.read, arrays * f.write, arrays * f.cold, arrays * f.warm};
}

SramEstimate SramTable::estimate(double node_nm, double bank_bytes, double width_bits, std::uint32_t ports) const {
  assert(!rows_.empty());
  SramEstimate e;
  const auto kinds = values(
      rows_, [](const auto& r) { return static_cast<double>(r.ports); }, [](const auto&) { return true; });
  const auto wanted = std::clamp(static_cast<double>(ports), kinds.front(), kinds.back());
  if (wanted != ports) add_note(e.note, fmt::format("{} ports are taken as {}", ports, wanted));
  const auto kind = static_cast<std::uint32_t>(wanted);
  const auto nodes = values(
      rows_, [](const auto& r) { return r.node_nm; }, [&](const auto& r) { return r.ports == kind; });
  if (node_nm < nodes.front() || node_nm > nodes.back())
    add_note(e.note, fmt::format("SRAM at {} nm is taken as at {} nm", node_nm,
                                 node_nm < nodes.front() ? nodes.front() : nodes.back()));
  const auto n = neighbours(nodes, node_nm, logarithm);
  const Figures f = at_node(nodes[n.below], kind, bank_bytes, width_bits, e.note)
                        .towards(at_node(nodes[n.above], kind, bank_bytes, width_bits, e.note), n.t, true);
  const double k = calibration(bank_bytes);
  e.read_pj = k * f.read;
  e.write_pj = k * f.write;
  e.leak_mw_300k = f.cold;
  e.leak_mw_350k = f.warm;
  return e;
}

}  // namespace deltasim::sim
