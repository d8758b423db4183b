#include "sim/sweep/sweep.hpp"

#include "sim/json_text.hpp"
#include "sim/sweep/row.hpp"
#include "sim/sweep/run_pointer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

Document base_of(const Document& sweep, const Json& base, std::string& file) {
  if (base.is_object()) {
    Document run = sweep.part("/base");
    run.merge_base("");
    return run;
  }
  file = sweep.resolve_path("/base", base.get<std::string>());
  std::error_code failed;
  if (!fs::exists(file, failed))
    throw sweep.error("/base", fmt::format("there is no file '{}'", file), "the path of a run file, or the run itself");
  Document run = Document::read(file);
  run.merge_base("");
  if (!run.json().is_object()) throw run.error("", "is not a JSON object", "a run file");
  return run;
}

void change_paths(RunConfig& run, const std::function<std::string(const std::string&)>& changed) {
  const auto change = [&](std::string& path) {
    if (!path.empty()) path = changed(path);
  };
  const auto change_input = [&](InputConfig& input) {
    change(input.path);
    change(input.frames.path);
    change(input.frames.labels);
  };
  change(run.file);
  change(run.network.file);
  change(run.network.model);
  change(run.hardware_file);
  change(run.energy.file);
  change_input(run.input);
  if (run.network.calibration.input) change_input(*run.network.calibration.input);
}

std::string problem_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

Sweep::Sweep(const std::string& file)
    : file_(file),
      document_(Document::read(file)),
      config_(read_sweep_config(document_)),
      base_file_(file),
      base_(base_of(document_, config_.base, base_file_)),
      space_(
          config_, document_, [this](const auto& pointer, const auto& place) { return holds_integers(pointer, place); },
          fixed_columns()),
      constraints_(document_, config_.constraints, space_.columns()) {
  for (const auto& [pointer, value] : config_.set.items()) holds_integers(pointer, "/set" + pointer_step(pointer));
  check_open();
  check_base();
  constraints_.allow(space_.cells(0));
}

bool Sweep::holds_integers(const std::string& pointer, const std::string& place) {
  const RunKey key = find_run_key(pointer, [&](const std::string& problem, const std::string& remedy) {
    throw document_.error(place, problem, remedy);
  });
  if (key.open) open_.push_back(pointer);
  return key.integer;
}

Document Sweep::composed(const std::vector<Setting>& settings) const {
  Document run = base_;
  for (const auto& [pointer, value] : config_.set.items()) {
    load_on_the_way(run, pointer);
    run.put(pointer, value, document_, "/set" + pointer_step(pointer));
  }
  for (const Setting& setting : settings) {
    load_on_the_way(run, setting.pointer);
    run.put(setting.pointer, setting.value, document_, setting.place);
  }
  return run;
}

void Sweep::check_open() const {
  for (const std::string& pointer : open_) {
    auto settings = space_.settings(0);
    const auto itself =
        std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.pointer == pointer; });
    const std::string place = itself == settings.end() ? "/set" + pointer_step(pointer) : itself->place;
    if (itself != settings.end()) settings.erase(itself);
    Document run = base_;
    for (const Setting& setting : settings) {
      load_on_the_way(run, setting.pointer);
      run.put(setting.pointer, setting.value, document_, setting.place);
    }
    load_on_the_way(run, pointer);
    if (run.find(pointer) == nullptr)
      throw document_.error(place, fmt::format("the run has nothing at '{}'", pointer), "an entry of its energy table");
  }
}

/// A fault of the base alone is one of the sweep, not of each of its points.
void Sweep::check_base() const {
  const std::string alone = problem_of([&] { read_run_document(composed({}), base_file_); });
  if (alone.empty()) return;
  if (alone == problem_of([&] { run_of(0); })) throw models::InputError("", "", alone, "");
}

RunConfig Sweep::run_of(std::uint64_t index) const {
  return read_run_document(composed(space_.settings(index)), base_file_);
}

std::string Sweep::base_name() const { return fs::path(base_file_).filename().string(); }

Json Sweep::effective() const {
  const fs::path folder = fs::absolute(file_).parent_path();
  Json base = composed({}).json();
  problem_of([&] {
    RunConfig run = read_run_document(composed({}), base_file_);
    change_paths(run, [&](const std::string& path) { return fs::relative(path, folder).generic_string(); });
    base = sim::effective(run);
  });
  Json axes = document_.json()["axes"];
  return {
      {"file", fs::path(file_).filename().string()},
      {"base", std::move(base)},
      {"axes", std::move(axes)},
      {"sample",
       {{"method", split_names(names_of(config_.sample.method)).at(static_cast<std::size_t>(config_.sample.method))},
        {"points", config_.sample.points ? Json(*config_.sample.points) : Json()},
        {"seed", config_.sample.seed}}},
      {"constraints", config_.constraints}};
}

void make_absolute(RunConfig& run) {
  change_paths(run, [](const std::string& path) { return fs::absolute(path).lexically_normal().string(); });
}

std::string sweep_summary(const std::string& file) {
  const Sweep sweep(file);
  std::vector<std::string> names;
  for (const SweepColumn& column : sweep.space().columns()) names.push_back(column.name);
  return fmt::format("{} points before constraints, over {}; base {}", sweep.space().size(), fmt::join(names, ", "),
                     sweep.base_name());
}

}  // namespace deltasim::sim
