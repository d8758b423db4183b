#include "models/error.hpp"
#include "sim/commands.hpp"
#include "sim/config.hpp"
#include "sim/progress.hpp"
#include "sim/report.hpp"
#include "sim/run.hpp"
#include "sim/suggestion.hpp"
#include "sim/tune/tune.hpp"
#include "sim/tune/tune_output.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

template <class Enum>
Enum named(const std::string& option, const std::string& name) {
  const auto names = split_names(names_of(Enum{}));
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end())
    throw models::InputError(option, "", "there is no '" + name + "'", suggestion(name, names, "names"));
  return static_cast<Enum>(at - names.begin());
}

/// A folder with an earlier or interrupted tuning, an empty or a new one.
void claim_folder(const std::string& path) {
  std::error_code failed;
  const char* remedy = "a new folder, an empty one, or one with an earlier tuning";
  if (fs::exists(path, failed) && !fs::is_directory(path, failed))
    throw models::InputError(path, "", "is not a folder", remedy);
  if (fs::exists(path, failed) && !fs::is_empty(path, failed) && !fs::exists(fs::path(path) / "trials.jsonl", failed))
    throw models::InputError(path, "", "the folder is not empty and holds no earlier tuning (trials.jsonl)", remedy);
  if (!fs::exists(path, failed) && !fs::create_directories(path, failed))
    throw models::InputError(path, "", "cannot be made (" + failed.message() + ")", "a folder that can be written");
}

/// Another file is read with the steps of the run's own; another object, or a file in the place of a clip, has its own.
RunConfig held_out_run(const TuneCommand& command, const RunConfig& config) {
  std::vector<std::string> overrides = command.overrides;
  const bool whole = command.held_out[0] == '{' || config.input.made_here();
  overrides.push_back((whole ? "/input=" : "/input/path=") + command.held_out);
  return read_run(command.file, overrides);
}

void write_report(const std::string& path, const RunConfig& config) {
  const Result result = run(config, show_progress);
  fs::create_directories(fs::path(path).parent_path());
  traces::write_file(path, report_json(result, effective(config)).dump(1) + "\n");
}

}  // namespace

int tune_command(const TuneCommand& command) {
  TuneOptions options;
  options.max_loss = command.max_loss;
  options.metric = named<Metric>("--metric", command.metric);
  options.objective = named<Objective>("--objective", command.objective);
  options.calibration_frames = command.calibration_frames;
  options.held_out_frames = command.held_out_frames;
  options.seed = command.seed;
  options.restarts = command.restarts;
  allowed_loss(options.metric, options.max_loss);
  const RunConfig config = read_run(command.file, command.overrides);
  std::optional<RunConfig> held_out;
  if (!command.held_out.empty()) held_out = held_out_run(command, config);
  claim_folder(command.output);
  const fs::path folder(command.output);
  options.log = (folder / "trials.jsonl").string();
  const TuneResult result = tune(config, held_out, options, show_progress);

  const std::string base = fs::relative(fs::absolute(command.file), fs::absolute(folder)).string();
  traces::write_file((folder / "thresholds.json").string(), thresholds_json(result, base).dump(2) + "\n");
  traces::write_file((folder / "tune.csv").string(), tune_csv(result));
  fmt::print("{}", tune_table(result));
  RunConfig uniform = result.uniform_run;
  uniform.executions = {"delta"};  // the others are those of the tuned run
  write_report((folder / "uniform" / "report.json").string(), uniform);
  write_report((folder / "report.json").string(), result.tuned_run);
  traces::write_file((folder / "tune.json").string(), tune_json(result).dump(1) + "\n");
  fmt::print("\nthresholds: {}   curves: {}\n", (folder / "thresholds.json").string(), (folder / "tune.csv").string());
  return 0;
}

}  // namespace deltasim::sim
