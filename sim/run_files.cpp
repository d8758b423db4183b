#include "sim/run_files.hpp"

#include "sim/replay.hpp"
#include "sim/report.hpp"
#include "traces/atomic_file.hpp"
#include "traces/npy.hpp"

#include <fmt/format.h>

#include <filesystem>

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

}  // namespace

Json write_run_files(const Result& result, const RunConfig& config,
                     const std::function<std::string(const std::string& name)>& path_of) {
  traces::write_file(path_of("frames.csv"), frames_csv(result));
  if (!result.executions.empty()) write_outputs(path_of("outputs.npy"), result.executions.back());
  Json report = report_json(result, effective(settle_replay(config)));
  traces::write_file(path_of("report.json"), report.dump(1) + "\n");
  return report;
}

std::string run_table(const Result& result, const RunConfig& config) {
  return summary_table(result, chip_text(config));
}

}  // namespace deltasim::sim
