#include "sim/sweep/row.hpp"

#include "sim/report.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

constexpr const char* bases[] = {"dense", "spatial", "systolic"};

std::vector<std::string> result_names() {
  std::vector<std::string> names{"execution",       "macs",    "events",    "cycles",        "latency_cycles",
                                 "interval_cycles", "seconds", "energy_pj", "energy_pj_low", "energy_pj_high"};
  for (const char* base : bases)
    for (const char* column : {"macs_vs_{}", "cycles_vs_{}", "energy_vs_{}", "energy_vs_{}_low", "energy_vs_{}_high"})
      names.push_back(fmt::format(fmt::runtime(column), base));
  for (const char* quality : {"relative_l2", "sqnr_db", "top1_agreement", "top1_agreement_float", "accuracy",
                              "accuracy_dense", "accuracy_float"})
    names.emplace_back(quality);
  return names;
}

/// Null where nothing stands.
Json at(const Json& json, const char* pointer) {
  const Json::json_pointer place(pointer);
  return json.contains(place) ? json[place] : Json();
}

/// The last of dense, spatial, delta; the systolic array alone is its own.
std::string judged(const Json& report) {
  std::string name = "systolic";
  for (const char* candidate : {"dense", "spatial", "delta"})
    if (report["executions"].contains(candidate)) name = candidate;
  return name;
}

void put_ratios(Json& row, const Json& report, const std::string& execution) {
  for (const char* base : bases) {
    const Json ratios = report["comparison"].value(execution + "_vs_" + base, Json::object());
    for (const char* what : {"macs", "cycles", "energy"})
      row[fmt::format("{}_vs_{}", what, base)] = ratios.value(what, Json());
    for (const char* end : {"low", "high"})
      row[fmt::format("energy_vs_{}_{}", base, end)] = ratios.value(fmt::format("energy_{}", end), Json());
  }
}

}  // namespace

const std::vector<std::string>& result_columns() {
  static const std::vector<std::string> names = result_names();
  return names;
}

const std::vector<std::string>& host_columns() {
  static const std::vector<std::string> names{"host_wall_s", "host_name"};
  return names;
}

std::vector<std::string> fixed_columns() {
  std::vector<std::string> names{"id", "status", "message", "report"};
  names.insert(names.end(), result_columns().begin(), result_columns().end());
  names.insert(names.end(), host_columns().begin(), host_columns().end());
  return names;
}

Json row_of(const Json& report, const std::string& host_name) {
  Json row;
  const std::string name = judged(report);
  const Json& execution = report["executions"][name];
  row["execution"] = name;
  for (const char* key : {"macs", "events", "cycles", "latency_cycles", "interval_cycles", "seconds"})
    row[key] = execution.value(key, Json());
  row["energy_pj"] = at(execution, "/energy_pj/total");
  row["energy_pj_low"] = at(execution, "/energy_pj/low");
  row["energy_pj_high"] = at(execution, "/energy_pj/high");
  put_ratios(row, report, name);
  for (const char* key : {"relative_l2", "sqnr_db", "top1_agreement"})
    row[key] = at(report, fmt::format("/quality/to_dense/{}", key).c_str());
  row["top1_agreement_float"] = at(report, "/quality/to_float/top1_agreement");
  for (const char* key : {"accuracy", "accuracy_dense", "accuracy_float"})
    row[key] = at(report, fmt::format("/quality/{}", key).c_str());
  row["host_wall_s"] = at(report, "/host/wall_s");
  row["host_name"] = host_name;
  row["work"] = at(report, "/host/cache");
  return row;
}

std::string csv_cell(const Json& value) {
  if (value.is_null()) return "";
  return csv_text(value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace deltasim::sim
