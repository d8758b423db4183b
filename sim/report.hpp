#pragma once

#include "sim/result.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace deltasim::sim {

/// report.json: docs/report-format.md. A pure function of its arguments; only `host` differs between equal runs.
nlohmann::ordered_json report_json(const Result& result, const nlohmann::ordered_json& effective_config);

/// frames.csv: a row per execution, frame and layer that has weights, in network order. Energy is dynamic energy.
std::string frames_csv(const Result& result);

/// The table for the terminal, at most 100 columns wide.
std::string summary_table(const Result& result, const std::string& chip);

/// RFC 4180: quoted where a name could be taken for columns.
std::string csv_text(const std::string& text);

/// dense / other, 0 where the other is 0.
double ratio(double dense, double other);

const ExecutionResult* find_execution(const Result& result, const std::string& name);

}  // namespace deltasim::sim
