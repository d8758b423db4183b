#pragma once

#include "sim/result.hpp"
#include "sim/subject.hpp"

namespace deltasim::sim {

/// The whole run: network, input, mapping, every execution, quality. Errors: InputError, hw::CheckError.
Result run(const RunConfig& config, const Phases& phases);

/// Runs the reference network under the run's rule and writes the stream of every layer. Returns the number of frames.
std::uint64_t record(const RunConfig& config, const std::string& path, const Phases& phases);

}  // namespace deltasim::sim
