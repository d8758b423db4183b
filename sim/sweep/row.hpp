#pragma once

#include "sim/document.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// Columns of sweep.csv that come from a point's report, and those about where it ran.
const std::vector<std::string>& result_columns();
const std::vector<std::string>& host_columns();
/// Every column but those of the axes.
std::vector<std::string> fixed_columns();

/// A point's row: its values by column (null: the run has none), and under "work" what the run computed or reused.
Json row_of(const Json& report, const std::string& host_name);

/// A value as CSV has it; null is empty.
std::string csv_cell(const Json& value);

}  // namespace deltasim::sim
