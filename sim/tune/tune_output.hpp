#pragma once

#include "sim/document.hpp"
#include "sim/tune/tune.hpp"

#include <string>

/// What `deltasim tune` writes: pure functions of its result (docs/tuning.md).
namespace deltasim::sim {

/// A run file: `base`, as seen from the folder where this stands, with the rule and the chosen thresholds.
Json thresholds_json(const TuneResult& result, const std::string& base);

/// Only `host` depends on anything else than the arguments of the command.
Json tune_json(const TuneResult& result);

/// A row for each point of both curves.
std::string tune_csv(const TuneResult& result);

/// For the terminal.
std::string tune_table(const TuneResult& result);

}  // namespace deltasim::sim
