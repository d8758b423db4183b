#pragma once

#include "models/training/trainer.hpp"
#include "sim/document.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// Evaluation as files and pages have it.
Json evaluation_json(const models::training::Evaluation& evaluation, const std::vector<std::string>& classes);

/// trajectory.html: a page of its own with loss, accuracy, MACs and the activity of layers over the epochs.
std::string trajectory_page(const Json& config, const std::vector<models::training::EpochRecord>& records,
                            const std::string& name);

/// A page of sim/training/page around its data.
std::string training_page(const Json& data);

}  // namespace deltasim::sim
