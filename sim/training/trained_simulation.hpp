#pragma once

#include "sim/document.hpp"
#include "sim/subject.hpp"
#include "sim/training/recipe.hpp"
#include "sim/training/training_folder.hpp"

namespace deltasim::sim {

/// Runs the network of a finished training (its folder) on test clips: in integers for accuracy and activity, split by
/// camera and frame rate, and beside training's arithmetic; and on the machine for cycles and energy, per frame and
/// against dense execution. docs/training.md lists what the result holds.
Json simulate_trained(const TrainingFolder& folder, TrainedExecution execution, const SimulatedClips& clips,
                      const Phases& phases);

}  // namespace deltasim::sim
