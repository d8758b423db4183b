#pragma once

#include "models/frame.hpp"
#include "models/graph.hpp"
#include "sim/execution.hpp"

namespace deltasim::sim {

/// Integer outputs of the dense network, frame by frame: the truth that quality is measured against. `rules`: those of
/// the execution `dense`, so that the truth is the same whether that is part of the run or not.
std::vector<std::vector<std::int64_t>> dense_outputs(const models::Network& network, const models::RuleSet& rules,
                                                     models::FrameSource& frames, const FrameProgress& progress);

struct Evidence {
  const models::Network* network = nullptr;  ///< whose outputs: gives them their scale
  const std::vector<std::vector<std::int64_t>>* outputs = nullptr;
};

/// Distance of two sequences of outputs, as far as both go.
Distance distance(const Evidence& judged, const Evidence& dense);

/// Distances of `judged` from the dense network and, where there is a graph, from the float network; accuracy where the
/// frames have labels.
Quality judge(const std::string& execution, const Evidence& judged, const Evidence& dense, const models::Graph* graph,
              models::FrameSource& frames, const FrameProgress& progress);

}  // namespace deltasim::sim
