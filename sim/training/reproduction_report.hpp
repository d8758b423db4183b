#pragma once

#include "sim/training/reproduction_jobs.hpp"

#include <string>

namespace deltasim::sim {

/// report.json of a reproduction: a row per training with what training, integer network and machine say of it.
Json reproduction_report(const ReproductionFolder& folder, const Recipe& recipe, const std::string& command);

/// Its comparison for the terminal, at most 100 columns.
std::string reproduction_table(const Json& report);

}  // namespace deltasim::sim
