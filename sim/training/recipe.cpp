#include "sim/training/recipe.hpp"

#include "sim/config.hpp"
#include "sim/embedded.hpp"
#include "sim/override.hpp"
#include "sim/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace deltasim::sim {

template <class Archive>
void describe(Archive& a, TaskConfig& c) {
  a.required("name");
  a.field("name", c.name, "its folder is called by it");
  a.field("title", c.title, "in tables; empty: the name");
  a.field("from", c.from, "refinement of this one's network; empty: from scratch");
  a.choice("execution", c.execution, "of its network on the simulator");
  a.field("table", c.table, "a row of the comparison");
  a.field("sweep", c.sweep, "a point of the plot over rates");
  a.optional("paper_accuracy", c.paper_accuracy, 0.0, 1.0, "what the paper reports of this set-up");
  a.optional("paper_sparsity", c.paper_sparsity, 0.0, 1.0, "the same, by the fan-out metric");
  a.any("training", c.training, "object", "options; win over the group's");
}

template <class Archive>
void describe(Archive& a, GroupConfig& c) {
  for (const char* key : {"name", "network", "trainings"}) a.required(key);
  a.field("name", c.name, "for --network");
  a.field("title", c.title, "in tables; empty: the name");
  a.raw("network", c.network, "as in a training file");
  a.any("training", c.training, "object", "options; win over the recipe's");
  a.objects("trainings", c.trainings, "in an order in which they can be done");
}

template <class Archive>
void describe(Archive& a, SimulatedClips& c) {
  a.field("hardware", c.hardware, "a preset with its energy table");
  a.field("clips", c.clips, 1, 1u << 20, "test clips on the machine");
  a.field("frames", c.frames, 2, 1u << 20, "of each");
  a.field("dense_frames", c.dense_frames, 1, 1u << 20, "dense execution: each frame costs the same");
  a.field("accuracy_clips", c.accuracy_clips, 1, 1u << 30, "test clips for the integer network's accuracy, at most");
  a.field("rate_clips", c.rate_clips, 0, 1u << 20, "test clips at other frame rates; 0: none");
  a.list("frame_rates", c.frame_rates, 1.0, 1000.0, "of the same motion");
}

template <class Archive>
void describe(Archive& a, Recipe& c) {
  for (const char* key : {"data", "groups"}) a.required(key);
  a.field("title", c.title, "of the report");
  a.any("data", c.data, "object", "as in a training file");
  a.any("training", c.training, "object", "options of all trainings");
  a.object("simulation", c.simulation, "how trained networks are run");
  a.objects("groups", c.groups, "networks with their trainings");
}

namespace {

/// Values keep the files in which they stand, for messages and for their paths.
void copy_value(const Document& from, const std::string& place, Document& to, const std::string& pointer) {
  const Json& value = *from.find(place);
  to.put(pointer, value.is_object() ? Json::object() : value, from, place);
  if (!value.is_object()) return;
  for (const auto& item : value.items())
    copy_value(from, place + pointer_step(item.key()), to, pointer + pointer_step(item.key()));
}

/// Presets that have an energy table.
std::vector<std::string> machines() {
  const std::vector<std::string> files = embedded_names();
  const auto has = [&](const std::string& name) { return std::find(files.begin(), files.end(), name) != files.end(); };
  std::vector<std::string> names;
  for (const std::string& file : files) {
    const std::string name = std::filesystem::path(file).stem().string();
    if (file == "configs/hw/" + name + ".json" && has("configs/energy/" + name + ".json")) names.push_back(name);
  }
  return names;
}

void check_hardware(const Document& document, const std::string& hardware) {
  const auto known = machines();
  if (std::find(known.begin(), known.end(), hardware) == known.end())
    throw document.error("/simulation/hardware", fmt::format("there is no preset '{}' with an energy table", hardware),
                         suggestion(hardware, known, "presets"));
}

void add_task(Recipe& recipe, const Document& document, std::size_t g, std::size_t t) {
  const GroupConfig& group = (*recipe.groups)[g];
  const TaskConfig& config = (*group.trainings)[t];
  const std::string place = fmt::format("/groups/{}/trainings/{}", g, t);
  Task task{group.name + "-" + config.name, "", config, group.name, Json::object()};
  if (task.config.title.empty()) task.config.title = config.name;
  std::vector<std::string> earlier;
  for (const Task& each : recipe.tasks)
    if (each.group == group.name) earlier.push_back(each.config.name);
  if (std::find(earlier.begin(), earlier.end(), config.name) != earlier.end())
    throw document.error(place + "/name", fmt::format("'{}' appears twice", config.name), "another name");
  if (!config.from.empty()) {
    if (std::find(earlier.begin(), earlier.end(), config.from) == earlier.end())
      throw document.error(place + "/from", fmt::format("'{}' is no earlier training of the group", config.from),
                           suggestion(config.from, earlier, "earlier trainings"));
    task.from = group.name + "-" + config.from;
  }
  Json training = recipe.training;
  training.update(group.training);
  training.update(config.training);
  Document file = Document::parse(Json{{"training", training}}.dump(), recipe.file + " (" + task.id + ")");
  copy_value(document, fmt::format("/groups/{}/network", g), file, "/network");
  copy_value(document, "/data", file, "/data");
  task.file = effective(read_training_document(std::move(file), recipe.file, {}));
  recipe.tasks.push_back(std::move(task));
}

}  // namespace

bool is_recipe(const Document& document) { return document.json().is_object() && document.json().contains("groups"); }

Recipe read_recipe(Document document, const std::string& file, const std::vector<std::string>& overrides) {
  document.merge_base("");
  for (const std::string& text : overrides) {
    const Override given = read_override(text, "/training/epochs=2");
    document.set(given.pointer, given.value, given.text);
  }
  Recipe recipe;
  recipe.file = file;
  read_into(recipe, document, "");
  check_hardware(document, recipe.simulation.hardware);
  for (std::size_t g = 0; g < recipe.groups->size(); ++g)
    for (std::size_t t = 0; t < (*recipe.groups)[g].trainings->size(); ++t) add_task(recipe, document, g, t);
  if (recipe.tasks.empty()) throw document.error("/groups", "has no trainings", "at least one");
  return recipe;
}

void keep_group(Recipe& recipe, const std::string& group) {
  std::vector<std::string> names;
  for (const GroupConfig& each : *recipe.groups) names.push_back(each.name);
  if (std::find(names.begin(), names.end(), group) == names.end())
    throw models::InputError("--network", "", fmt::format("the recipe has no group '{}'", group),
                             suggestion(group, names, "groups"));
  const auto other = [&](const auto& each) { return each != group; };
  recipe.groups->erase(std::remove_if(recipe.groups->begin(), recipe.groups->end(),
                                      [&](const GroupConfig& each) { return other(each.name); }),
                       recipe.groups->end());
  recipe.tasks.erase(
      std::remove_if(recipe.tasks.begin(), recipe.tasks.end(), [&](const Task& each) { return other(each.group); }),
      recipe.tasks.end());
}

}  // namespace deltasim::sim
