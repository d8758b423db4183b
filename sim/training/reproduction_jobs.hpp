#pragma once

#include "sim/training/recipe.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::sim {

/// The folder of a reproduction: trainings/<id>/ and trainings/<id>.json of each training, report.json and
/// reproduction.html.
struct ReproductionFolder {
  std::string path;

  std::string file(const std::string& name) const { return path + "/" + name; }
  std::string training(const std::string& id) const { return path + "/trainings/" + id; }
  std::string config(const std::string& id) const { return training(id) + ".json"; }
  std::string simulation(const std::string& id) const { return training(id) + "/simulation.json"; }
};

/// What `--simulate` says again to a child.
struct ChildArguments {
  std::vector<std::string> recipe;  ///< file or --quick, overrides
};

/// What a simulation was made with: another one is made where this is no longer so.
Json simulation_settings(const Recipe& recipe, const Task& task);
bool is_simulated(const ReproductionFolder& folder, const Recipe& recipe, const Task& task);

/// Trains and simulates what is not done yet, `jobs` processes of this program at a time, each in a thread. Prints a
/// line for each that is done. Errors: std::runtime_error with the last words of a process that failed, InputError
/// where those blame the input.
void run_jobs(const ReproductionFolder& folder, const Recipe& recipe, const ChildArguments& arguments,
              std::uint64_t jobs);

}  // namespace deltasim::sim
