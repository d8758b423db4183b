#pragma once

#include "models/frame.hpp"
#include "models/graph.hpp"
#include "sim/execution.hpp"

namespace deltasim::sim {

/// Integer outputs of the dense network, frame by frame: the truth that quality is measured against. `rules`: those of
/// the execution `dense`, so that the truth is the same whether that is part of the run or not.
FrameOutputs dense_outputs(const models::Network& network, const models::RuleSet& rules, models::FrameSource& frames,
                           const FrameProgress& progress);

/// What frames and the float network say about each frame, whatever is judged by it.
struct Answers {
  std::vector<std::optional<std::uint32_t>> labels;
  std::vector<std::vector<float>> outputs;  ///< of the float network; empty without one
};

/// Runs `graph`, where there is one, on the first `count` frames.
Answers collect_answers(const models::Graph* graph, models::FrameSource& frames, std::uint64_t count,
                        const FrameProgress& progress);

struct Evidence {
  const models::Network* network = nullptr;  ///< whose outputs: gives them their scale
  const FrameOutputs* outputs = nullptr;
};

/// Distance of two sequences of outputs, as far as both go.
Distance distance(const Evidence& judged, const Evidence& dense);

/// Distances of `judged` from the dense network and, where there are its answers, from the float network; accuracy
/// where the frames have labels. As far as all of them go.
Quality judge(const std::string& execution, const Evidence& judged, const Evidence& dense, const Answers& answers);

}  // namespace deltasim::sim
