#pragma once

#include "models/training/trainer.hpp"
#include "sim/document.hpp"
#include "sim/training/training_config.hpp"

#include <optional>
#include <string>
#include <vector>

/// What `reproduce` trains and simulates: declared in a file.
namespace deltasim::sim {

/// How a trained network is run on the simulator, and which share of MACs is its result.
enum class TrainedExecution : std::uint8_t { spatial, delta, input_delta };
inline constexpr const char* names_of(TrainedExecution) { return "spatial,delta,input_delta"; }

/// One training of a group.
struct TaskConfig {
  std::string name, title, from;
  TrainedExecution execution = TrainedExecution::delta;
  bool table = true;   ///< a row of the comparison; else a point of the sweep alone
  bool sweep = false;  ///< a point of the plot over rates
  std::optional<double> paper_accuracy, paper_sparsity;
  Json training = Json::object();
};

struct GroupConfig {
  std::string name, title;
  Json network;
  Json training = Json::object();
  std::optional<std::vector<TaskConfig>> trainings;
};

struct SimulatedClips {
  std::string hardware = "seneca";
  std::uint64_t clips = 4, frames = 32, dense_frames = 4;
  std::uint64_t accuracy_clips = 1u << 30;
  std::uint64_t rate_clips = 16;
  std::vector<double> frame_rates{15, 30, 60};
};

/// A training of the recipe with everything that holds for it.
struct Task {
  std::string id;    ///< "<group>-<name>": a folder
  std::string from;  ///< id; empty: from scratch
  TaskConfig config;
  std::string group;
  Json file;  ///< the whole training file, paths absolute; `start` is left empty
};

struct Recipe {
  std::string file, title;
  Json data = Json::object(), training = Json::object();
  SimulatedClips simulation;
  std::optional<std::vector<GroupConfig>> groups;
  std::vector<Task> tasks;  ///< in an order in which they can be done
};

bool is_recipe(const Document& document);
/// Paths are relative to the file that names them. Errors: InputError, also for a training that its own file would be
/// refused for.
Recipe read_recipe(Document document, const std::string& file, const std::vector<std::string>& overrides);

/// Only one group. Errors: InputError naming those that there are.
void keep_group(Recipe& recipe, const std::string& group);

}  // namespace deltasim::sim
