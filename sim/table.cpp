#include "sim/report.hpp"

#include "sim/notes.hpp"
#include "sim/systolic_report.hpp"
#include "sim/validation/rtl_suites.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <iterator>

namespace deltasim::sim {
namespace {

using Buffer = fmt::memory_buffer;

/// 1234567 -> "1.23 M": three digits and a prefix, so that columns stay narrow.
std::string si(double value, const char* unit = "") {
  static constexpr const char* prefixes[] = {"p", "n", "u", "m", "", "k", "M", "G", "T", "P"};
  if (value == 0.0) return fmt::format("0 {}", unit);
  int index = 4;
  while (std::fabs(value) >= 999.5 && index < 9) value /= 1000.0, ++index;
  while (std::fabs(value) < 0.9995 && index > 0) value *= 1000.0, --index;
  const int digits = std::fabs(value) >= 99.95 ? 0 : std::fabs(value) >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}{}", value, digits, prefixes[index], unit);
}

std::string shortened(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text;
  return text.substr(0, width - 2) + "..";
}

/// Lines of at most 99 characters, further ones under the first.
std::string wrapped(const std::string& head, std::string text) {
  std::string lines = head;
  const std::size_t width = 99 - head.size();
  while (text.size() > width) {
    const std::size_t end = text.rfind(' ', width);
    if (end == std::string::npos) break;
    lines += text.substr(0, end) + "\n" + std::string(head.size(), ' ');
    text.erase(0, end + 1);
  }
  return lines + text;
}

/// How far cycles may be trusted.
std::string cycle_error(const Result& result) {
  const CycleModelError& e = recorded_cycle_error();
  std::string text = fmt::format("the model is within {:.2g} % of RTL ({} sequences; deltasim validate)",
                                 100.0 * e.largest(), e.sequences);
  if (!result.beyond_rtl.empty()) text += fmt::format("; not in RTL: {}", fmt::join(result.beyond_rtl, ", "));
  return text;
}

std::string percent(double share) {
  const double p = 100.0 * share;
  return fmt::format("{:.{}f} %", p, p >= 99.95 || p == 0.0 ? 0 : p < 9.995 ? 2 : 1);
}

std::string times(double ratio) {
  if (ratio == 0.0) return "-";
  return ratio < 1000.0 ? fmt::format("{:.2f}x", ratio) : fmt::format("{:.3g}x", ratio);
}

void executions(Buffer& out, const Result& result) {
  auto to = std::back_inserter(out);
  const auto frames = static_cast<double>(result.workload.frames);
  const std::string rate =
      result.workload.frame_rate > 0 ? fmt::format("at {:.4g} fps", result.workload.frame_rate) : std::string();
  fmt::format_to(to, "{:<8}{:>9}{:>9}{:>9}{:>10}{:>9}{:>11}{:>18}{:>13}\n", "", "MACs", "events", "cycles", "latency",
                 "fps", "energy", "range", "power");
  fmt::format_to(to, "{:<8}{:>9}{:>9}{:>9}{:>10}{:>9}{:>11}{:>18}{:>13}\n", "", "/frame", "/frame", "/frame", "",
                 "possible", "/frame", "", rate);
  for (const auto& e : result.executions) {
    const double period = e.cycles > 0 ? e.seconds / static_cast<double>(e.cycles) : 0.0;
    fmt::format_to(to, "{:<8}{:>9}{:>9}{:>9}{:>10}{:>9}{:>11}{:>18}{:>13}\n", shortened(e.name, 8),
                   si(static_cast<double>(e.macs) / frames), si(static_cast<double>(e.events) / frames),
                   si(static_cast<double>(e.cycles) / frames), si(static_cast<double>(e.latency_cycles) * period, "s"),
                   si(e.frames_per_second), si(e.energy.value / frames * 1e-12, "J"),
                   fmt::format("{}-{}", si(e.energy.low / frames * 1e-12), si(e.energy.high / frames * 1e-12, "J")),
                   e.at_frame_rate ? si(e.at_frame_rate->power_w(), "W") : std::string("too slow"));
  }
  if (!result.systolic) return;
  const SystolicResult& s = *result.systolic;
  const bool has_rate = result.workload.frame_rate > 0;
  fmt::format_to(
      to, "{:<8}{:>9}{:>9}{:>9}{:>10}{:>9}{:>11}{:>18}{:>13}\n", "systolic", si(static_cast<double>(s.macs) / frames),
      "-", si(static_cast<double>(s.latency_cycles)), si(s.seconds / frames, "s"), si(s.frames_per_second),
      s.energy ? si(s.energy->value / frames * 1e-12, "J") : "-",
      s.energy ? fmt::format("{}-{}", si(s.energy->low / frames * 1e-12), si(s.energy->high / frames * 1e-12, "J"))
               : "-",
      s.power_at_frame_rate_w ? si(*s.power_at_frame_rate_w, "W")
      : has_rate && s.energy  ? "too slow"
                              : "-");
}

std::string energy_range(const Energy& gain) {
  const bool narrow = gain.low < gain.high && gain.high < 999.5;
  return narrow ? fmt::format(" ({:.3g}-{:.3g}x)", gain.low, gain.high) : std::string();
}

void gains(Buffer& out, const Result& result) {
  auto to = std::back_inserter(out);
  const auto* delta = find_execution(result, "delta");
  if (delta == nullptr) return;
  for (const char* name : {"dense", "spatial"}) {
    const auto* base = find_execution(result, name);
    if (base == nullptr) continue;
    const Energy energy = ratio(base->energy_spread, delta->energy_spread).range();
    fmt::format_to(to, "delta against {:<8}{:>9} fewer MACs{:>10} fewer cycles{:>10} less energy{}\n", name,
                   times(ratio(double(base->macs), double(delta->macs))),
                   times(ratio(double(base->cycles), double(delta->cycles))), times(energy.value),
                   energy_range(energy));
  }
  if (!result.systolic) return;
  const SystolicResult& s = *result.systolic;
  const Energy energy = ratio(s.energy_spread, delta->energy_spread).range();
  fmt::format_to(to, "delta against {:<8}{:>9} fewer MACs{:>10} fewer cycles{:>10} less energy{}\n", systolic_name,
                 times(ratio(double(s.macs), double(delta->macs))),
                 times(ratio(double(s.cycles), double(delta->cycles))), times(energy.value), energy_range(energy));
}

std::string distance_text(const Distance& d) {
  std::string text = d.sqnr_db       ? fmt::format("relative L2 {:.3g}, SQNR {:.1f} dB", *d.relative_l2, *d.sqnr_db)
                     : d.relative_l2 ? std::string("bit-exact")
                                     : std::string("not 0 as it is");
  if (d.decisions > 0) text += fmt::format(", same top-1 in {}", percent(d.top1_agreement));
  return text;
}

/// What full input queues have dropped.
void losses(Buffer& out, const Result& result) {
  auto to = std::back_inserter(out);
  for (const auto& e : result.executions)
    if (e.lost_events > 0)
      fmt::format_to(to, "{:<8} lost {} events at full input queues: it computed from what was left\n", e.name,
                     si(static_cast<double>(e.lost_events)));
}

void quality(Buffer& out, const Quality& q) {
  auto to = std::back_inserter(out);
  const bool itself = q.execution == "dense";  // nothing to compare with
  if (q.to_dense && !itself)
    fmt::format_to(to, "quality  against the quantised dense network: {}\n", distance_text(*q.to_dense));
  if (q.to_dense_without_losses)
    fmt::format_to(to, "         the same without losses: {}\n", distance_text(*q.to_dense_without_losses));
  if (q.to_float)
    fmt::format_to(to, "{}  against the float network: {}\n", itself ? "quality" : "       ",
                   distance_text(*q.to_float));
  if (q.accuracy) {
    fmt::format_to(to, "accuracy {} {}", q.execution, percent(*q.accuracy));
    if (q.accuracy_dense && !itself) fmt::format_to(to, ", dense {}", percent(*q.accuracy_dense));
    if (q.accuracy_float) fmt::format_to(to, ", float {}", percent(*q.accuracy_float));
    fmt::format_to(to, "\n");
  }
}

void layers(Buffer& out, const Result& result) {
  auto to = std::back_inserter(out);
  const auto* delta = find_execution(result, "delta");
  const auto* spatial = find_execution(result, "spatial");
  const auto* dense = find_execution(result, "dense");
  if (delta == nullptr) return;
  const auto frames = static_cast<double>(result.workload.frames);
  fmt::format_to(to, "{:<26}{:>10}{:>11}{:>11}{:>10}{:>10}{:>11}{:>11}\n", "layer (delta)", "MACs", "density",
                 "density", "pixels", "MACs", "energy", "memory");
  fmt::format_to(to, "{:<26}{:>10}{:>11}{:>11}{:>10}{:>10}{:>11}{:>11}\n", "", "dense", "spatial", "delta", "delta",
                 "saved", "saved", "of deltas");
  for (std::size_t i = 0; i < result.workload.rows.size(); ++i) {
    const auto& row = result.workload.rows[i];
    if (!row.has_weights()) continue;
    const auto density = [&](const ExecutionResult* e) {
      return e == nullptr ? std::string("-")
                          : percent(static_cast<double>(e->rows[i].work.events) / (frames * double(row.input.size())));
    };
    const double pixels =
        static_cast<double>(delta->rows[i].work.active_pixels) / (frames * double(row.input.pixels()));
    fmt::format_to(to, "{:<26}{:>10}{:>11}{:>11}{:>10}{:>10}{:>11}{:>11}\n", shortened(row.name, 25),
                   si(double(row.macs_dense)), density(spatial), density(delta), percent(pixels),
                   times(ratio(frames * double(row.macs_dense), double(delta->rows[i].work.macs))),
                   dense ? times(ratio(dense->rows[i].energy.value, delta->rows[i].energy.value)) : std::string("-"),
                   si(double(row.reference_bytes + row.state_bytes), "B"));
  }
}

/// "hardware 37 of 52 values published, 9 estimated: /core/decode_cycles, .."
void trust(Buffer& out, const char* what, const Provenance& p) {
  if (p.values == 0) return;
  std::string text = fmt::format("{:<9}{} of {} values published", what, p.published, p.values);
  if (p.choices > 0) text += fmt::format(", {} chosen", p.choices);
  if (!p.unsourced.empty()) text += fmt::format(", {} without source", p.unsourced.size());
  if (!p.estimates.empty()) text += fmt::format(", {} estimated: ", p.estimates.size());
  for (const Estimate& e : p.estimates) text += (&e == &p.estimates.front() ? "" : ", ") + e.place;
  fmt::format_to(std::back_inserter(out), "{}\n", shortened(text, 99));
}

}  // namespace

std::string summary_table(const Result& result, const std::string& chip) {
  Buffer out;
  auto to = std::back_inserter(out);
  const auto& w = result.workload;
  const std::string input = w.input.empty() ? "no input: shapes only" : "of " + w.input;
  fmt::format_to(
      to, "{}\n",
      shortened(fmt::format("{}: {} frame{} {}", w.network_name, w.frames, w.frames == 1 ? "" : "s", input), 99));
  if (!result.executions.empty()) fmt::format_to(to, "{}\n", shortened("on " + chip, 99));
  if (result.systolic)
    fmt::format_to(to, "{}\n", shortened("systolic array: " + array_text(result.systolic->array), 99));
  fmt::format_to(to, "\n");
  executions(out, result);
  fmt::format_to(to, "\n");
  const std::size_t before = out.size();
  gains(out, result);
  losses(out, result);
  for (const std::string& note : notes_on(result)) fmt::format_to(to, "{}\n", wrapped("note     ", note));
  quality(out, result.quality);
  if (out.size() > before) fmt::format_to(to, "\n");
  layers(out, result);
  if (result.executions.empty()) fmt::format_to(to, "{}", systolic_layers(result));
  fmt::format_to(to, "\n");
  if (!result.executions.empty()) fmt::format_to(to, "{}\n", wrapped("cycles   ", cycle_error(result)));
  trust(out, "hardware", result.hardware_provenance);
  trust(out, "energy", result.energy_provenance);
  return fmt::to_string(out);
}

}  // namespace deltasim::sim
