#pragma once

#include "sim/result.hpp"
#include "sim/subject.hpp"

namespace deltasim::sim {

class Store;
class Tracing;

/// The whole run: network, input, mapping, every execution, quality. Errors: InputError, hw::CheckError.
/// `store`: what it has is not computed again, and what is computed is kept there; the result is the same.
/// `tracing` looks at executions on the chip; those are simulated in any case.
Result run(const RunConfig& config, const Phases& phases, Store* store = nullptr, Tracing* tracing = nullptr);

/// Runs the reference network under the run's rule and writes the stream of every layer. Returns the number of frames.
std::uint64_t record(const RunConfig& config, const std::string& path, const Phases& phases);

}  // namespace deltasim::sim
