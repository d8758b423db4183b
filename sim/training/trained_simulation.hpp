#pragma once

#include "sim/document.hpp"
#include "sim/subject.hpp"
#include "sim/training/recipe.hpp"
#include "sim/training/training_config.hpp"

#include <string>

namespace deltasim::sim {

/// Runs the network of a finished training (its network.onnx) on test clips: in integers for accuracy and activity,
/// split by camera and frame rate; and on the machine for cycles and energy, per frame and against dense execution.
/// docs/training.md lists what the result holds.
Json simulate_trained(const std::string& onnx, TrainedExecution execution, const TrainingConfig& training,
                      const SimulatedClips& clips, const Phases& phases);

}  // namespace deltasim::sim
