#include "sim/cache/store.hpp"
#include "sim/commands.hpp"
#include "sim/output_folder.hpp"
#include "sim/progress.hpp"
#include "sim/replay.hpp"
#include "sim/report.hpp"
#include "sim/run.hpp"
#include "traces/atomic_file.hpp"
#include "traces/npy.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <optional>

namespace deltasim::sim {
namespace {

std::string chip_text(const RunConfig& config) {
  const auto& chip = config.hardware;
  const std::filesystem::path file(config.hardware_file);
  const bool own_file = config.hardware_file != config.file && file.extension() == ".json";
  return fmt::format("{}: {} x {} cores of {} lanes, {} nm, {} MHz",
                     own_file ? file.stem().string() : std::string("hardware of the run file"), chip.noc.columns,
                     chip.noc.rows, chip.core.lanes, chip.node_nm, chip.clock_mhz);
}

void write_outputs(const std::string& path, const ExecutionResult& execution) {
  std::vector<std::int64_t> values;
  for (const auto& frame : execution.outputs) values.insert(values.end(), frame.begin(), frame.end());
  const std::uint64_t frames = execution.outputs.size();
  traces::write_npy(path, values, {frames, frames > 0 ? values.size() / frames : 0});
}

void warn(const std::string& message) { std::cerr << "deltasim: warning: " << message << "\n"; }

}  // namespace

int run_command(const RunCommand& command) {
  std::vector<std::string> overrides = command.overrides;
  if (!command.engine.empty()) overrides.push_back("/engine=" + command.engine);
  const RunConfig config = read_run(command.file, overrides);
  std::optional<OutputFolder> folder;
  if (!command.output.empty()) folder.emplace(command.output);
  std::optional<Store> store;
  if (!command.cache.empty()) store.emplace(command.cache, command.cache_limit_bytes, warn);
  const Result result = run(config, show_progress, store ? &*store : nullptr);
  if (folder) {
    traces::write_file(folder->file("frames.csv"), frames_csv(result));
    if (!result.executions.empty()) write_outputs(folder->file("outputs.npy"), result.executions.back());
    traces::write_file(folder->file("report.json"),
                       report_json(result, effective(settle_replay(config))).dump(1) + "\n");
    folder->commit();
  }
  fmt::print("{}", summary_table(result, chip_text(config)));
  if (folder) fmt::print("\nreport: {}\n", (std::filesystem::path(folder->path()) / "report.json").string());
  return 0;
}

int record_command(const RecordCommand& command) {
  const RunConfig config = read_run(command.file, command.overrides);
  const std::uint64_t frames = record(config, command.output, show_progress);
  fmt::print("{}: {} frames, {:.1f} KiB\n", command.output, frames,
             static_cast<double>(std::filesystem::file_size(command.output)) / 1024.0);
  return 0;
}

}  // namespace deltasim::sim
