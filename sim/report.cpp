#include "sim/report.hpp"

#include "sim/notes.hpp"
#include "sim/systolic_report.hpp"
#include "sim/validation/rtl_suites.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace deltasim::sim {
namespace {

using Json = nlohmann::ordered_json;

Json shape_json(const models::Shape& s) { return Json::array({s.channels, s.height, s.width}); }

Json workload_json(const Workload& w) {
  Json layers = Json::array();
  for (const auto& row : w.rows) {
    if (row.kind == "input") continue;
    layers.push_back({{"name", row.name},
                      {"kind", row.kind},
                      {"input_shape", shape_json(row.input)},
                      {"output_shape", shape_json(row.output)},
                      {"neurons", row.neurons},
                      {"weights", row.weights},
                      {"macs_dense", row.macs_dense},
                      {"memory_bytes",
                       {{"weights", row.weight_bytes},
                        {"state", row.state_bytes},
                        {"state_depth_first", row.state_bytes_depth_first},
                        {"reference", row.reference_bytes}}}});
  }
  return {{"network", {{"name", w.network_name}, {"file", w.network_file}, {"hash", w.network_hash}}},
          {"input", w.input},
          {"frame_rate", w.frame_rate},
          {"frame_rate_assumed", w.frame_rate_assumed},
          {"frames", w.frames},
          {"input_reference_bytes", w.rows.front().reference_bytes},
          {"layers", std::move(layers)}};
}

template <class Counter, class Info>
Json tally_json(const Counter& counter, const Info& info) {
  Json json = Json::object();
  for (std::size_t i = 0; i < info.size(); ++i)
    json[std::string(info[i].name)] = counter[static_cast<typename Counter::Kind>(i)];
  return json;
}

Json energy_json(const ExecutionResult& e) {
  Json parts = Json::object(), ranges = Json::object();
  for (const auto& [name, energy] : e.by_component) {
    parts[name] = energy.value;
    ranges[name] = Json::array({energy.low, energy.high});
  }
  return {{"total", e.energy.value},
          {"low", e.energy.low},
          {"high", e.energy.high},
          {"percentiles", {low_percentile, high_percentile}},
          {"by_component", std::move(parts)},
          {"range_by_component", std::move(ranges)}};
}

double density(std::uint64_t active, std::size_t of, std::uint64_t frames) {
  return of == 0 || frames == 0 ? 0.0
                                : static_cast<double>(active) / (static_cast<double>(of) * static_cast<double>(frames));
}

Json layers_json(const ExecutionResult& e, const Workload& w) {
  Json layers = Json::array();
  for (std::size_t i = 0; i < w.rows.size(); ++i) {
    const auto& row = w.rows[i];
    const auto& work = e.rows[i];
    if (row.kind == "input") continue;
    layers.push_back({{"name", row.name},
                      {"events", work.work.events},
                      {"macs", work.work.macs},
                      {"macs_nonzero_weight", work.work.macs_nonzero_weight},
                      {"lost_events", work.lost_events},
                      {"cycles", work.cycles},
                      {"energy_pj", work.energy.value},
                      {"energy_pj_low", work.energy.low},
                      {"energy_pj_high", work.energy.high},
                      {"element_density", density(work.work.events, row.input.size(), w.frames)},
                      {"pixel_density", density(work.work.active_pixels, row.input.pixels(), w.frames)},
                      {"counts", tally_json(work.counts, hw::activity_info)}});
  }
  return layers;
}

Json cores_json(const ExecutionResult& e) {
  Json cores = Json::array();
  for (std::size_t i = 0; i < e.cores.size(); ++i) {
    const auto& core = e.cores[i];
    cores.push_back({{"core", i},
                     {"energy_pj", e.core_energy_pj[i]},
                     {"lost_events", core.lost_events},
                     {"input_queue_high_water_flits", core.input_queue_high_water},
                     {"output_queue_high_water_flits", core.output_queue_high_water},
                     {"cycles_by_cause", tally_json(core.causes, hw::cause_info)},
                     {"counts", tally_json(core.counts, hw::activity_info)}});
  }
  return cores;
}

/// What belongs to no layer in layers[]: sending the input to the first layers.
Json input_json(const ExecutionResult& e, const Workload& w) {
  for (std::size_t i = 0; i < w.rows.size() && i < e.rows.size(); ++i)
    if (w.rows[i].kind == "input")
      return {{"energy_pj", e.rows[i].energy.value}, {"counts", tally_json(e.rows[i].counts, hw::activity_info)}};
  return nullptr;
}

Json links_json(const ExecutionResult& e) {
  Json links = Json::array();
  for (const auto& link : e.links)
    if (link.flits > 0)
      links.push_back(
          {{"from", link.from}, {"to", link.to}, {"flits", link.flits}, {"high_water_flits", link.high_water}});
  return links;
}

Json frame_energy_json(const FrameEnergy& f) {
  const Energy total = f.total().range();
  return {{"period_s", f.period_s},
          {"awake_s", f.awake_s},
          {"waking_s", f.waking_s},
          {"asleep_s", f.asleep_s},
          {"energy_pj",
           {{"total", total.value},
            {"low", total.low},
            {"high", total.high},
            {"dynamic", f.dynamic.value},
            {"leakage_awake", f.leakage_awake.value},
            {"idle_clock", f.idle_clock.value},
            {"waking", f.waking.value},
            {"leakage_asleep", f.leakage_asleep.value}}}};
}

/// When each frame's first event was injected and its last output was out: latency is the difference.
Json frame_cycles_json(const ExecutionResult& e) {
  Json started = Json::array(), finished = Json::array();
  for (const FrameWork& f : e.frames) {
    started.push_back(f.started);
    finished.push_back(f.finished);
  }
  return {{"started", std::move(started)}, {"finished", std::move(finished)}};
}

Json dram_json(const DramUse& d) {
  return {{"weight_bytes_read", d.weight_bytes},
          {"state_bytes_read", d.state_read_bytes},
          {"state_bytes_written", d.state_write_bytes},
          {"busy_cycles", d.busy_cycles},
          {"state_energy_pj", d.state_energy_pj}};
}

Json execution_json(const ExecutionResult& e, const Workload& w) {
  Json json = {{"rule", e.rule},
               {"macs", e.macs},
               {"macs_nonzero_weight", e.macs_nonzero_weight},
               {"events", e.events},
               {"lost_events", e.lost_events},
               {"cycles", e.cycles},
               {"latency_cycles", e.latency_cycles},
               {"latency_max_cycles", e.latency_max_cycles},
               {"interval_cycles", e.interval_cycles},
               {"frame_cycles", frame_cycles_json(e)},
               {"seconds", e.seconds},
               {"frames_per_second", e.frames_per_second},
               {"power_w", e.power_w},
               {"power_at_frame_rate_w", e.at_frame_rate ? Json(e.at_frame_rate->power_w()) : Json(nullptr)},
               {"energy_per_frame_at_rate_pj", e.at_frame_rate ? Json(e.at_frame_rate->total().value) : Json(nullptr)},
               {"at_frame_rate", e.at_frame_rate ? frame_energy_json(*e.at_frame_rate) : Json(nullptr)},
               {"energy_pj", energy_json(e)},
               {"layers", layers_json(e, w)},
               {"input", input_json(e, w)},
               {"cores", cores_json(e)},
               {"ports", {{"energy_pj", e.ports_energy_pj}, {"counts", tally_json(e.ports, hw::activity_info)}}},
               {"links", links_json(e)}};
  if (e.dram) json["dram"] = dram_json(*e.dram);
  if (e.checked_values > 0) json["checked_values"] = e.checked_values;
  return json;
}

Json comparison_json(const Result& result) {
  Json json = Json::object();
  const auto& all = result.executions;
  for (const auto& base : all)
    for (const auto& other : all) {
      if (&base >= &other) continue;
      const Energy energy = ratio(base.energy_spread, other.energy_spread).range();
      json[other.name + "_vs_" + base.name] = {{"macs", ratio(double(base.macs), double(other.macs))},
                                               {"events", ratio(double(base.events), double(other.events))},
                                               {"cycles", ratio(double(base.cycles), double(other.cycles))},
                                               {"energy", ratio(base.energy.value, other.energy.value)},
                                               {"energy_low", energy.low},
                                               {"energy_high", energy.high}};
    }
  if (result.systolic)
    for (const auto& other : all)
      json[fmt::format("{}_vs_{}", other.name, systolic_name)] = systolic_comparison(*result.systolic, other);
  return json;
}

Json sparsity_json(const Result& result) {
  Json json = Json::object();
  const auto later = [&](double value) { return result.workload.frames > 1 ? Json(value) : Json(nullptr); };
  for (const auto& e : result.executions)
    json[e.name] = {{"op_sparsity_mac", e.sparsity.mac},
                    {"op_sparsity_fanout", e.sparsity.fan_out},
                    {"op_sparsity_mac_without_first_frame", later(e.sparsity_without_first.mac)},
                    {"op_sparsity_fanout_without_first_frame", later(e.sparsity_without_first.fan_out)}};
  return json;
}

Json distance_json(const Distance& d) {
  return {{"relative_l2", d.relative_l2 ? Json(*d.relative_l2) : Json(nullptr)},
          {"sqnr_db", d.sqnr_db ? Json(*d.sqnr_db) : Json(nullptr)},
          {"top1_agreement", d.decisions > 0 ? Json(d.top1_agreement) : Json(nullptr)},
          {"decisions", d.decisions}};
}

Json quality_json(const Quality& q) {
  Json json = {{"execution", q.execution}};
  if (q.to_dense) json["to_dense"] = distance_json(*q.to_dense);
  if (q.to_dense_without_losses) json["to_dense_without_losses"] = distance_json(*q.to_dense_without_losses);
  if (q.to_float) json["to_float"] = distance_json(*q.to_float);
  if (q.accuracy) json["accuracy"] = *q.accuracy;
  if (q.accuracy_dense) json["accuracy_dense"] = *q.accuracy_dense;
  if (q.accuracy_float) json["accuracy_float"] = *q.accuracy_float;
  return json;
}

Json mapping_json(const Result& result) {
  Json slices = Json::array();
  for (const auto& s : result.mapping.slices) {
    const auto row = std::find_if(result.workload.rows.begin(), result.workload.rows.end(),
                                  [&](const WorkloadRow& r) { return r.layer == s.layer; });
    slices.push_back({{"layer", row->name},
                      {"core", s.core},
                      {"channels", {s.channel_begin, s.channel_end}},
                      {"rows", {s.y_begin, s.y_end}},
                      {"columns", {s.x_begin, s.x_end}}});
    if (!result.has_dram) continue;
    slices.back()["weights_in_dram"] = s.weights_in_dram;
    slices.back()["state_in_dram"] = s.state_in_dram;
  }
  Json memory = Json::array();
  for (const auto& m : result.core_memory)
    memory.push_back({{"weights", m.weight_bytes}, {"state", m.state_bytes}, {"reference", m.reference_bytes}});
  return {{"slices", std::move(slices)}, {"core_memory_bytes", std::move(memory)}};
}

Json provenance_json(const Provenance& p) {
  Json estimates = Json::array();
  for (const Estimate& e : p.estimates) estimates.push_back({{"at", e.place}, {"source", e.source}});
  return {{"values", p.values},
          {"published", p.published},
          {"choices", p.choices},
          {"estimates", std::move(estimates)},
          {"unsourced", p.unsourced}};
}

/// How far this program's cycles may be trusted, and what of this run that does not cover.
Json validation_summary(const Result& result) {
  const CycleModelError& e = recorded_cycle_error();
  return {{"cycle_model",
           {{"reference", "RTL (hw/rtl)"},
            {"max_deviation", e.largest()},
            {"max_deviation_core", e.core},
            {"max_deviation_routers", e.routers},
            {"max_deviation_mesh_of_cores", e.mesh_of_cores},
            {"sequences", e.sequences},
            {"not_in_rtl", result.beyond_rtl}}}};
}

Json cache_json(const CacheUse& use) {
  return {{"reference_runs", use.reference_runs},
          {"streams_reused", use.streams_reused},
          {"outputs_reused", use.outputs_reused},
          {"simulations_run", use.simulations_run},
          {"simulations_reused", use.simulations_reused},
          {"float_runs", use.float_runs},
          {"float_reused", use.float_reused},
          {"calibrations_run", use.calibrations_run},
          {"calibrations_reused", use.calibrations_reused},
          {"damaged", use.damaged},
          {"waited_s", use.waited_s}};
}

}  // namespace

std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

double ratio(double dense, double other) { return other > 0.0 ? dense / other : 0.0; }

const ExecutionResult* find_execution(const Result& result, const std::string& name) {
  for (const auto& e : result.executions)
    if (e.name == name) return &e;
  return nullptr;
}

nlohmann::ordered_json report_json(const Result& result, const nlohmann::ordered_json& effective_config) {
  Json executions = Json::object();
  for (const auto& e : result.executions) executions[e.name] = execution_json(e, result.workload);
  if (result.systolic) executions[systolic_name] = systolic_json(result);
  Json host = {{"wall_s", result.host_wall_s}};
  for (const auto& [phase, seconds] : result.host_phase_s) host[phase + "_s"] = seconds;
  if (result.cache) host["cache"] = cache_json(*result.cache);
  return {{"tool", {{"name", "deltasim"}, {"version", DELTASIM_VERSION}}},
          {"config", effective_config},
          {"workload", workload_json(result.workload)},
          {"hardware", provenance_json(result.hardware_provenance)},
          {"energy", provenance_json(result.energy_provenance)},
          {"executions", std::move(executions)},
          {"comparison", comparison_json(result)},
          {"sparsity", sparsity_json(result)},
          {"quality", result.executions.empty() ? Json(nullptr) : quality_json(result.quality)},
          {"notes", notes_on(result)},
          {"mapping", result.executions.empty() ? Json(nullptr) : mapping_json(result)},
          {"validation", result.executions.empty() ? Json(nullptr) : validation_summary(result)},
          {"host", std::move(host)}};
}

std::string frames_csv(const Result& result) {
  fmt::memory_buffer out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "execution,frame,layer,events,macs,macs_nonzero_weight,cycles,energy_pj\n");
  for (const auto& e : result.executions)
    for (std::size_t f = 0; f < e.frames.size(); ++f)
      for (std::size_t i = 0; i < result.workload.rows.size(); ++i) {
        const auto& row = result.workload.rows[i];
        if (!row.has_weights()) continue;
        const auto& r = e.frames[f].rows[i];
        fmt::format_to(to, "{},{},{},{},{},{},{},{}\n", e.name, f, csv_text(row.name), r.work.events, r.work.macs,
                       r.work.macs_nonzero_weight, r.cycles, r.energy.value);
      }
  return fmt::to_string(out) + (result.systolic ? systolic_csv(result) : std::string());
}

}  // namespace deltasim::sim
