#include "sim/replay.hpp"

#include "sim/systolic_execution.hpp"
#include "traces/stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

/// What was recorded can be neither selected nor sent by another rule any more.
void require_replayable(const RunConfig& config) {
  const auto refuse = [&](const char* place, const std::string& problem, const char* remedy) {
    throw models::InputError(config.file, place, problem + ", and the input is a recorded stream", remedy);
  };
  if (std::find(config.executions.begin(), config.executions.end(), "delta") == config.executions.end())
    refuse("/executions", "has no 'delta'", "'delta' replays what was recorded; the others need the frames");
  const auto& options = config.input.frames;
  if (options.first_frame != 0)
    refuse("/input/first_frame", fmt::format("is {}", options.first_frame), "0: a stream starts with its first frame");
  if (options.frame_step != 1)
    refuse("/input/frame_step", fmt::format("is {}", options.frame_step),
           "1; changes are recorded from frame to frame: record with this frame_step");
}

}  // namespace

RunConfig settle_replay(RunConfig config) {
  if (config.input.kind != InputKind::stream || !config.needs_machine()) return config;
  require_replayable(config);
  config.delta = traces::StreamReader(config.input.path).info().rules;
  const bool systolic = config.wants(systolic_name);
  config.executions = {"delta"};
  if (systolic) config.executions.emplace_back(systolic_name);
  return config;
}

}  // namespace deltasim::sim
