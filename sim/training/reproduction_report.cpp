#include "sim/training/reproduction_report.hpp"

#include "sim/config.hpp"
#include "sim/json_text.hpp"
#include "sim/training/training_folder.hpp"
#include "sim/version.hpp"

#include <fmt/format.h>

#include <cmath>

namespace deltasim::sim {
namespace {

/// How far training and the integer network are from each other on the same clips.
Json agreement(const Json& evaluation, const Json& simulation, const std::string& key, const std::string& execution) {
  const Json &integer = simulation["integer"], &logits = simulation["logits"];
  const Json& machine = integer[execution]["layers"];
  Json json{{"accuracy_points",
             100 * std::abs(evaluation["accuracy"].get<double>() - integer[execution]["accuracy"].get<double>())},
            {"layers", Json::array()}};
  double worst = 0;
  for (const Json& layer : evaluation["layers"]) {
    const std::string name = layer["name"];
    const auto pooled = machine.find(name + "/pool");  // a delta layer sends what its max pool gives
    const double training = layer[key], here = pooled != machine.end() ? *pooled : machine.at(name);
    const double off = training > 0 ? std::abs(here - training) / training : 0;
    worst = std::max(worst, off);
    json["layers"].push_back({{"name", name}, {"training", training}, {"integer", here}});
  }
  json["logits"] = logits;
  json["largest_relative_deviation"] = worst;
  return json;
}

Json row_of(const ReproductionFolder& folder, const Task& task) {
  const Json state = TrainingFolder(folder.training(task.id)).state();
  Json simulation = parse_json(read_text(folder.simulation(task.id)), folder.simulation(task.id));
  const Json evaluation = simulation["evaluation"];
  simulation.erase("evaluation");
  const std::string execution =
      split_names(names_of(TrainedExecution{})).at(static_cast<std::size_t>(task.config.execution));
  return {{"id", task.id},
          {"group", task.group},
          {"name", task.config.name},
          {"title", task.config.title},
          {"from", task.from},
          {"execution", execution},
          {"table", task.config.table},
          {"sweep", task.config.sweep},
          {"paper",
           {{"accuracy", task.config.paper_accuracy ? Json(*task.config.paper_accuracy) : Json()},
            {"sparsity", task.config.paper_sparsity ? Json(*task.config.paper_sparsity) : Json()}}},
          {"options", state["config"]["training"]},
          {"epochs", state["result"]["epochs"]},
          {"training_seconds", state["result"]["seconds"]},
          {"evaluation", evaluation},
          {"simulation", simulation},
          {"agreement", execution == "spatial" ? agreement(evaluation, simulation, "nonzero", "spatial")
                                               : agreement(evaluation, simulation, "changed", "delta")}};
}

std::string factor(double value) { return fmt::format("{:.1f}x", value); }

std::string table_row(const Json& row, const Json& baseline) {
  const std::string execution = row["execution"];
  const Json& integer = row["simulation"]["integer"][execution];
  const Json& machine = row["simulation"]["machine"][execution];
  const Json& gain = machine["dense_over_this"];
  const double base = baseline["simulation"]["integer"][baseline["execution"].get<std::string>()]["macs"];
  return fmt::format("{:<26} {:<11} {:>6.1f} {:>6.1f} {:>7.1f} {:>7.1f} {:>8} {:>8} {:>8}\n",
                     row["title"].get<std::string>().substr(0, 26), execution,
                     100 * row["evaluation"]["accuracy"].get<double>(), 100 * integer["accuracy"].get<double>(),
                     100 * integer["sparsity_fan_out"].get<double>(), 100 * (1 - integer["macs"].get<double>()),
                     factor(base / integer["macs"].get<double>()), factor(gain["cycles"].get<double>()),
                     factor(gain["energy"]["value"].get<double>()));
}

}  // namespace

Json reproduction_report(const ReproductionFolder& folder, const Recipe& recipe, const std::string& command) {
  Json report{{"kind", "reproduction"},
              {"title", recipe.title},
              {"tool", {{"name", "deltasim-train"}, {"version", version}}},
              {"command", command},
              {"data", recipe.data},
              {"simulation", simulation_settings(recipe, recipe.tasks.front())},
              {"groups", Json::array()},
              {"rows", Json::array()}};
  report["simulation"].erase("execution");
  for (const GroupConfig& group : *recipe.groups)
    report["groups"].push_back(
        {{"name", group.name}, {"title", group.title.empty() ? group.name : group.title}, {"network", group.network}});
  double training = 0, simulation = 0;
  for (const Task& task : recipe.tasks) {
    report["rows"].push_back(row_of(folder, task));
    training += report["rows"].back()["training_seconds"].get<double>();
    simulation += report["rows"].back()["simulation"]["seconds"].get<double>();
  }
  report["host"] = {{"training_seconds", training}, {"simulation_seconds", simulation}};
  return report;
}

std::string reproduction_table(const Json& report) {
  std::string text;
  for (const Json& group : report["groups"]) {
    const Json* baseline = nullptr;
    for (const Json& row : report["rows"]) {
      if (row["group"] != group["name"]) continue;
      if (baseline == nullptr) {
        baseline = &row;
        text += fmt::format(
            "\n{}\n{:<26} {:<11} {:>6} {:>6} {:>15} {:>8} {:>8} {:>8}\n{:<26} {:<11} {:>6} {:>6} {:>7} {:>7} {:>8} "
            "{:>17}\n",
            group["title"].get<std::string>(), "", "", "right", "right", "sparsity", "MACs", "cycles", "energy",
            "training", "execution", "train", "int", "fan-out", "MAC", "base/it", "dense / this");
      }
      text += table_row(row, *baseline);
    }
  }
  return text;
}

}  // namespace deltasim::sim
