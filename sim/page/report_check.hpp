#pragma once

#include "sim/document.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// That a page can be made of a file: it is what it should be, and of a version that wrote what the page shows.
/// Errors: InputError with file and JSON pointer.
void check_report(const Json& report, const std::string& file);
void check_tune(const Json& tune, const std::string& file);
void check_sweep(const Json& sweep, const std::string& file);
void check_sweep_columns(const std::vector<std::string>& columns, const Json& sweep, const std::string& file);

}  // namespace deltasim::sim
