#pragma once

#include "models/training/trainer.hpp"
#include "sim/training/training_config.hpp"

#include <memory>
#include <string>

namespace deltasim::sim {

/// The network of `config` on these clips, with the weights that the training in `folder` has come to; `test` is what
/// the trainer was told. Errors: InputError where there is no checkpoint.
std::unique_ptr<models::training::Trainer> restore(const std::string& folder, const TrainingConfig& config,
                                                   const DataSets& data);

/// What a training starts from: a folder of a training or an .onnx file, whose network takes pixel * pixel_scale.
models::training::TrainedNetwork start_network(const std::string& path, double pixel_scale);

}  // namespace deltasim::sim
