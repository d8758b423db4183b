#include "models/error.hpp"
#include "sim/embedded.hpp"
#include "sim/json_text.hpp"
#include "sim/progress.hpp"
#include "sim/training/commands.hpp"
#include "sim/training/reproduction_document.hpp"
#include "sim/training/reproduction_jobs.hpp"
#include "sim/training/reproduction_report.hpp"
#include "sim/training/trained_simulation.hpp"
#include "sim/training/training_folder.hpp"
#include "sim/training/trajectory.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace deltasim::sim {
namespace {

Recipe recipe_of(const ReproduceCommand& command) {
  if (!command.recipe.empty() && command.quick)
    throw models::InputError("command line", "", "both a recipe and --quick are given", "one of them");
  Document document;
  std::string file = command.recipe;
  if (file.empty()) {
    file = command.quick ? "configs/training/quick.json" : "configs/training/reproduce.json";
    document = Document::parse(std::string(embedded(file)), file);
  } else {
    document = Document::read(file);
  }
  Recipe recipe = read_recipe(std::move(document), file, command.overrides);
  if (!command.network.empty()) keep_group(recipe, command.network);
  return recipe;
}

/// What says the recipe again to a child, and to the reader of the report.
std::vector<std::string> recipe_arguments(const ReproduceCommand& command) {
  std::vector<std::string> arguments;
  if (!command.recipe.empty()) arguments.push_back(command.recipe);
  if (command.quick) arguments.emplace_back("--quick");
  if (!command.network.empty()) arguments.insert(arguments.end(), {"--network", command.network});
  for (const std::string& text : command.overrides) arguments.insert(arguments.end(), {"--set", text});
  return arguments;
}

int simulate_one(const ReproductionFolder& folder, const Recipe& recipe, const std::string& id) {
  const auto task = std::find_if(recipe.tasks.begin(), recipe.tasks.end(), [&](const Task& t) { return t.id == id; });
  if (task == recipe.tasks.end()) throw models::InputError("--simulate " + id, "", "is no training of the recipe", "");
  const TrainingFolder training(folder.training(id));
  Json result = simulate_trained(training, task->config.execution, recipe.simulation, show_progress);
  result["settings"] = simulation_settings(recipe, *task);
  traces::write_file(folder.simulation(id), result.dump(1) + "\n");
  return 0;
}

/// `deltasim run` and others call their reports by the same name.
Json read_report(const std::string& path) {
  Json report = parse_json(read_text(path), path);
  if (!report.is_object() || !report.contains("kind") || report["kind"] != "reproduction")
    throw models::InputError(path, "", "is no report of a reproduction", "as 'deltasim-train reproduce -o' wrote it");
  return report;
}

}  // namespace

int reproduce_command(const ReproduceCommand& command) {
  const ReproductionFolder folder{command.output};
  if (!command.document.empty()) {
    write_reproduction(read_report(folder.file("report.json")), command.document);
    return 0;
  }
  const Recipe recipe = recipe_of(command);
  if (!command.simulate.empty()) return simulate_one(folder, recipe, command.simulate);
  const auto arguments = recipe_arguments(command);
  run_jobs(folder, recipe, {arguments},
           command.jobs.value_or(std::max<std::uint64_t>(1, std::thread::hardware_concurrency())));
  const Json report = reproduction_report(
      folder, recipe,
      fmt::format("deltasim-train reproduce {}{}-o DIR", fmt::join(arguments, " "), arguments.empty() ? "" : " "));
  traces::write_file(folder.file("reproduction.html"), training_page(report));
  traces::write_file(folder.file("report.json"), report.dump(1) + "\n");
  fmt::print("{}\nreport: {}\n", reproduction_table(report), folder.file("reproduction.html"));
  return 0;
}

}  // namespace deltasim::sim
