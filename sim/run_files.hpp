#pragma once

#include "sim/document.hpp"
#include "sim/result.hpp"
#include "sim/run_config.hpp"

#include <functional>
#include <string>

namespace deltasim::sim {

/// The files of a run: frames.csv, outputs.npy, report.json last. `path_of` says where a file is to be written.
/// Returns what report.json holds.
Json write_run_files(const Result& result, const RunConfig& config,
                     const std::function<std::string(const std::string& name)>& path_of);

/// What the command prints: the comparison.
std::string run_table(const Result& result, const RunConfig& config);

}  // namespace deltasim::sim
