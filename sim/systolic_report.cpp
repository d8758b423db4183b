#include "sim/systolic_report.hpp"

#include "sim/config.hpp"
#include "sim/report.hpp"

#include <fmt/format.h>

#include <iterator>

namespace deltasim::sim {
namespace {

using Json = nlohmann::ordered_json;

template <class Enum>
std::string name_of(Enum value) {
  return split_names(names_of(value)).at(static_cast<std::size_t>(value));
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json dram_json(const hw::DramTraffic& d, std::uint64_t frames) {
  return {{"ifmap", frames * d.ifmap},
          {"filter", frames * d.filter},
          {"ofmap", frames * d.ofmap},
          {"partial_sums", frames * d.partial_sums},
          {"total", frames * d.total()}};
}

Json layer_json(const WorkloadRow& row, const SystolicRow& one, std::uint64_t frames) {
  const auto& w = one.work;
  const auto& g = w.layer.gemm;
  return {{"name", row.name},
          {"macs", frames * one.macs},
          {"cycles", frames * w.cycles},
          {"energy_pj", one.energy ? Json(one.energy->value) : Json(nullptr)},
          {"energy_pj_low", one.energy ? Json(one.energy->low) : Json(nullptr)},
          {"energy_pj_high", one.energy ? Json(one.energy->high) : Json(nullptr)},
          {"gemm", {{"m", g.m}, {"k", g.k}, {"n", g.n}, {"groups", g.groups}}},
          {"folds", frames * w.folds},
          {"array_cycles", frames * w.array_cycles},
          {"dram_cycles", frames * w.dram_cycles},
          {"utilisation", w.utilisation},
          {"bound", name_of(w.bound)},
          {"sram_accesses",
           {{"ifmap_reads", frames * w.sram.ifmap_reads},
            {"filter_reads", frames * w.sram.filter_reads},
            {"partial_sum_reads", frames * w.sram.partial_sum_reads},
            {"partial_sum_writes", frames * w.sram.partial_sum_writes},
            {"ofmap_writes", frames * w.sram.ofmap_writes}}},
          {"dram_bytes", dram_json(w.dram, frames)}};
}

Json energy_json(const SystolicResult& s) {
  if (!s.energy) return nullptr;
  Json parts = Json::object(), ranges = Json::object();
  for (const auto& [name, energy] : s.by_component) {
    parts[name] = energy.value;
    ranges[name] = Json::array({energy.low, energy.high});
  }
  return {{"total", s.energy->value},         {"low", s.energy->low},
          {"high", s.energy->high},           {"percentiles", {low_percentile, high_percentile}},
          {"by_component", std::move(parts)}, {"range_by_component", std::move(ranges)}};
}

}  // namespace

Json systolic_json(const Result& result) {
  const SystolicResult& s = *result.systolic;
  Json layers = Json::array();
  for (std::size_t i = 0; i < s.rows.size(); ++i)
    if (result.workload.rows[i].kind != "input")
      layers.push_back(layer_json(result.workload.rows[i], s.rows[i], s.frames));
  return {{"array",
           {{"rows", s.array.rows},
            {"columns", s.array.columns},
            {"dataflow", name_of(s.array.dataflow)},
            {"fold_overlap", name_of(s.array.fold_overlap)},
            {"os_formula", name_of(s.array.os_formula)}}},
          {"macs", s.macs},
          {"macs_with_padding", s.array_macs},
          {"events", nullptr},
          {"cycles", s.cycles},
          {"latency_cycles", s.latency_cycles},
          {"latency_max_cycles", s.latency_cycles},
          {"interval_cycles", s.latency_cycles},
          {"utilisation", s.utilisation},
          {"seconds", s.seconds},
          {"frames_per_second", s.frames_per_second},
          {"power_w", or_null(s.power_w)},
          {"power_at_frame_rate_w", or_null(s.power_at_frame_rate_w)},
          {"energy_pj", energy_json(s)},
          {"dram_bytes", dram_json(s.dram, s.frames)},
          {"layers", std::move(layers)}};
}

Json systolic_comparison(const SystolicResult& s, const ExecutionResult& other) {
  Json json = {{"macs", ratio(double(s.macs), double(other.macs))},
               {"events", nullptr},
               {"cycles", ratio(double(s.cycles), double(other.cycles))},
               {"seconds", ratio(s.seconds, other.seconds)},
               {"energy", nullptr}};
  if (!s.energy) return json;
  const Energy energy = ratio(s.energy_spread, other.energy_spread).range();
  json["energy"] = ratio(s.energy->value, other.energy.value);
  json["energy_low"] = energy.low;
  json["energy_high"] = energy.high;
  return json;
}

std::string systolic_csv(const Result& result) {
  fmt::memory_buffer out;
  const SystolicResult& s = *result.systolic;
  for (std::uint64_t f = 0; f < s.frames; ++f)
    for (std::size_t i = 0; i < s.rows.size(); ++i) {
      const auto& row = result.workload.rows[i];
      if (!row.has_weights()) continue;
      const auto& one = s.rows[i];
      const double energy = one.energy ? one.energy->value / static_cast<double>(s.frames) : 0.0;
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{}\n", systolic_name, f, csv_text(row.name), 0,
                     one.macs, one.macs, one.work.cycles, energy);
    }
  return fmt::to_string(out);
}

std::string array_text(const hw::SystolicParams& a) {
  const std::string formula =
      a.dataflow == hw::Dataflow::output_stationary ? fmt::format(", {}", name_of(a.os_formula)) : std::string();
  return fmt::format("{} x {} {}{}, fold_overlap {}", a.rows, a.columns, name_of(a.dataflow), formula,
                     name_of(a.fold_overlap));
}

std::string systolic_layers(const Result& result) {
  fmt::memory_buffer out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{:<26}{:>22}{:>8}{:>9}{:>14}{:>12}{:>7}\n", "layer (systolic)", "pixels x taps x filt.", "groups",
                 "folds", "cycles", "utilisation", "bound");
  for (std::size_t i = 0; i < result.workload.rows.size(); ++i) {
    const auto& row = result.workload.rows[i];
    const auto& w = result.systolic->rows[i].work;
    if (!row.has_weights()) continue;
    const auto& g = w.layer.gemm;
    const std::string name = row.name.size() <= 25 ? row.name : row.name.substr(0, 23) + "..";
    fmt::format_to(to, "{:<26}{:>22}{:>8}{:>9}{:>14}{:>10.1f} %{:>7}\n", name,
                   fmt::format("{} x {} x {}", g.m, g.k, g.n), g.groups, w.folds, w.cycles, 100.0 * w.utilisation,
                   name_of(w.bound));
  }
  return fmt::to_string(out);
}

}  // namespace deltasim::sim
