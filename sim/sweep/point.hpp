#pragma once

#include "sim/sweep/children.hpp"
#include "sim/sweep/folder.hpp"
#include "sim/sweep/sweep.hpp"

#include <string>

namespace deltasim::sim {

/// Where points keep what others can use.
struct SweepCache {
  std::string folder;
  std::uint64_t limit_bytes;
};

/// Runs a claimed point in this process: unfinished/<id> with report.json, frames.csv, outputs.npy, run.json and
/// row.json, which becomes points/<id>. Prints the run's table.
void run_point(const Sweep& sweep, const SweepFolder& folder, std::uint64_t index, const SweepCache& cache);

/// What a child that did not finish its point says: the error of its last lines, or what ended it.
std::string failure_message(const SweepFolder& folder, const std::string& id, const ChildEnd& end);
/// Makes points/<id> of a point that failed, with failure.json and what the child printed.
void record_failure(const SweepFolder& folder, const std::string& id, const ChildEnd& end, const std::string& message);

}  // namespace deltasim::sim
