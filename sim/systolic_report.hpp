#pragma once

#include "sim/result.hpp"

#include <nlohmann/json.hpp>

#include <string>

/// The execution `systolic` in what a run writes (sim/report.hpp); `result.systolic` is there.
namespace deltasim::sim {

nlohmann::ordered_json systolic_json(const Result& result);
/// Ratios of the array to an execution of the machine; no events.
nlohmann::ordered_json systolic_comparison(const SystolicResult& systolic, const ExecutionResult& other);
std::string systolic_csv(const Result& result);

/// "16 x 16 weight_stationary, fold_overlap none"
std::string array_text(const hw::SystolicParams& array);
/// A row per layer with weights: its product, folds, cycles, utilisation and what binds.
std::string systolic_layers(const Result& result);

}  // namespace deltasim::sim
