#include "sim/training/training_folder.hpp"

#include "models/error.hpp"
#include "sim/json_text.hpp"
#include "sim/version.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* state_file = "training.json";
constexpr const char* remedy = "a new folder, an empty one, or one with this training and --resume";

bool holds_something(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed) && fs::directory_iterator(path, failed) != fs::directory_iterator();
}

/// Without what may change between two parts of a training: the way to where it started from.
Json compared(const Json& stored) {
  Json config = with_absolute_paths(stored);
  if (config.contains("start")) config["start"] = fs::path(config["start"].get<std::string>()).filename().string();
  return config;
}

/// The first place at which two documents differ.
std::optional<std::string> difference(const Json& a, const Json& b, const std::string& place) {
  if (a == b) return std::nullopt;
  if (!a.is_object() || !b.is_object()) return place;
  for (const auto& [key, value] : a.items()) {
    if (!b.contains(key)) return place + pointer_step(key);
    if (auto found = difference(value, b[key], place + pointer_step(key))) return found;
  }
  for (const auto& [key, value] : b.items())
    if (!a.contains(key)) return place + pointer_step(key);
  return std::nullopt;  // the order alone differs
}

std::string shown(const Json& json, const std::string& place) {
  const Json::json_pointer pointer(place);
  return json.contains(pointer) ? json[pointer].dump() : "not there";
}

}  // namespace

bool is_training_folder(const std::string& path) {
  std::error_code failed;
  return fs::exists(fs::path(path) / state_file, failed);
}

void TrainingFolder::begin(const TrainingConfig& config) const {
  if (is_training_folder(path_)) return;
  std::error_code failed;
  fs::create_directories(path_, failed);
  if (failed) throw models::InputError(path_, "", "cannot be made (" + failed.message() + ")", remedy);
  write_state(config, nullptr);
}

void TrainingFolder::check(const TrainingConfig& config, bool resume) const {
  std::error_code failed;
  if (fs::exists(path_, failed) && !fs::is_directory(path_, failed))
    throw models::InputError(path_, "", "is not a folder", remedy);
  if (!is_training_folder(path_)) {
    if (holds_something(path_)) throw models::InputError(path_, "", "the folder holds something else", remedy);
    return;
  }
  const Json there = compared(state().value("config", Json::object())), wanted = compared(effective(config));
  if (const auto place = difference(there, wanted, ""))
    throw models::InputError(path_, "",
                             fmt::format("the folder holds another training: {} is {} there, {} here", *place,
                                         shown(there, *place), shown(wanted, *place)),
                             remedy);
  if (!resume)
    throw models::InputError(path_, "", "the folder holds this training already",
                             finished() ? "another folder; it is finished" : "--resume goes on with it");
}

bool TrainingFolder::holds(const TrainingConfig& config) const {
  return !difference(compared(state()["config"]), compared(effective(config)), "");
}

bool TrainingFolder::finished() const { return state().value("finished", false); }

void TrainingFolder::write_state(const TrainingConfig& config, const Json& result) const {
  Json json{{"tool", {{"name", "deltasim-train"}, {"version", version}}},
            {"finished", !result.is_null()},
            {"config", effective(config)}};
  if (!result.is_null()) json["result"] = result;
  traces::write_file(file(state_file), json.dump(1) + "\n");
}

Json TrainingFolder::state() const {
  if (!is_training_folder(path_))
    throw models::InputError(path_, "", "holds no training", "a folder that 'deltasim-train train -o' has written");
  Json json = parse_json(read_text(file(state_file)), file(state_file));
  if (!json.is_object() || !json.contains("config"))
    throw models::InputError(file(state_file), "", "has no configuration in it", "as deltasim-train wrote it");
  return json;
}

TrainingConfig TrainingFolder::config(const std::vector<std::string>& overrides) const {
  state();
  // Under its bare name: relative paths, which older builds wrote, are as the current folder saw them
  return read_training_document(Document::parse(read_text(file(state_file)), state_file).part("/config"),
                                file(state_file), overrides, StartIs::past);
}

}  // namespace deltasim::sim
