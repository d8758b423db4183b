#pragma once

#include "models/graph.hpp"
#include "sim/execution.hpp"
#include "sim/run_config.hpp"

#include <optional>

namespace deltasim::sim {

/// Called when a phase of long work begins; returns what to call with the number of frames done.
using Phases = std::function<FrameProgress(const std::string& label, std::optional<std::uint64_t> total)>;

/// The network of a run.
struct Subject {
  std::optional<models::Graph> graph;  ///< absent for netx networks, which have no float form
  models::Network network;             ///< integers: as in the file, or quantised on the calibration frames
};

class Recall;

/// Reads the network and quantises it where its file does not. Errors: InputError.
Subject load_subject(const RunConfig& config, const Phases& phases);
/// The same; calibrates only where `recall` has not seen it done.
Subject load_subject(const RunConfig& config, const Phases& phases, Recall& recall);

/// Its shapes alone, which need neither weights nor calibration. Errors: InputError.
models::Network load_shapes(const RunConfig& config);

}  // namespace deltasim::sim
