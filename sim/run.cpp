#include "sim/run.hpp"

#include "models/reference.hpp"
#include "models/sending.hpp"
#include "sim/beyond_rtl.hpp"
#include "sim/cache/recall.hpp"
#include "sim/config_writer.hpp"
#include "sim/input.hpp"
#include "sim/mapper.hpp"
#include "sim/replay.hpp"
#include "sim/stage.hpp"
#include "sim/timeline/tracing.hpp"
#include "traces/stream.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

namespace deltasim::sim {
namespace {

/// Seconds of host time per phase of the run.
class Stopwatch {
 public:
  explicit Stopwatch(Result& result) : result_(result) {}
  void lap(const std::string& phase) {
    const auto now = std::chrono::steady_clock::now();
    const double s = std::chrono::duration<double>(now - last_).count();
    result_.host_phase_s.emplace_back(phase, s);
    result_.host_wall_s += s;
    last_ = now;
  }

 private:
  Result& result_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void name_network(Workload& w, const RunConfig& config, const models::Network& network) {
  w.network_name = network.name;
  w.network_file = std::filesystem::path(config.network.model).filename().string();
  w.network_hash = network.hash();
}

void describe_workload(Result& result, const Stage& stage) {
  auto& w = result.workload;
  const auto& network = stage.subject().network;
  const auto& chip = stage.config().hardware;
  name_network(w, stage.config(), network);
  w.rows = stage.rows();
  result.mapping = stage.setup().mapping;
  result.beyond_rtl = beyond_rtl(chip, result.mapping, w.rows, network);
  result.has_dram = chip.dram.has_value();
  for (const auto& load : core_loads(network, chip, result.mapping))
    result.core_memory.push_back({load.memory.weight_bytes, load.memory.state_bytes, load.memory.reference_bytes});
}

void describe_input(Workload& w, const std::string& source, double frame_rate, bool assumed) {
  w.input = source;
  w.frame_rate = frame_rate;
  w.frame_rate_assumed = assumed;
}

/// Executions in the order dense, spatial, delta, whatever the order in the run file: ratios read "later vs earlier".
std::vector<std::string> in_order(const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const char* name : {"dense", "spatial", "delta"})
    if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) names.emplace_back(name);
  return names;
}

/// With somebody looking at it. `source`: frames or a stream.
template <class Source>
Simulation simulate_traced(Tracing& tracing, const Stage& stage, const std::string& execution, Source& source,
                           double frame_rate, const FrameProgress& progress) {
  Simulation simulation = stage.simulate(execution, source, progress, tracing.begin(execution, stage));
  tracing.end(stage.account(execution, simulation, frame_rate));
  return simulation;
}

void run_on_frames(Result& result, const Stage& stage, Recall& recall, const Phases& phases, Tracing* tracing,
                   Stopwatch& watch) {
  const auto& config = stage.config();
  const auto& network = stage.subject().network;
  auto open = open_input(config.input, &network, network.layers[0].output, config.file, config.frames);
  models::FrameSource& frames = *open.frames;
  describe_input(result.workload, open.source, frames.frame_rate(), open.frame_rate_assumed);
  const auto names = in_order(config.executions);
  std::map<std::string, Simulation> simulations;
  std::optional<FrameOutputs> truth;
  std::optional<Answers> answers;
  // One after another; with a cache that others fill at the same time, in whatever order is soonest done.
  std::vector<std::function<bool()>> pieces;
  const auto piece = [&](const std::string& name, auto&& get, auto&& put) {
    pieces.emplace_back([&, name, get, put] {
      auto value = get([&] { return phases(name, open.count); });
      if (!value) return false;
      put(std::move(*value));
      watch.lap(name);
      return true;
    });
  };
  for (const auto& name : names)
    piece(
        name,
        [&, name](const auto& begin) -> std::optional<Simulation> {
          if (tracing != nullptr && tracing->wants(name))
            return simulate_traced(*tracing, stage, name, frames, frames.frame_rate(), begin());
          return recall.simulation(stage, name, frames, begin);
        },
        [&, name](Simulation&& simulation) { simulations[name] = std::move(simulation); });
  if (names.front() != "dense")
    piece(
        "dense truth", [&](const auto& begin) { return recall.dense_truth(stage, frames, begin); },
        [&](FrameOutputs&& outputs) { truth = std::move(outputs); });
  piece(
      "quality", [&](const auto& begin) { return recall.answers(stage, frames, begin); },
      [&](Answers&& found) { answers = std::move(found); });
  recall.finish(std::move(pieces));

  for (const auto& name : names)
    result.executions.push_back(stage.account(name, std::move(simulations[name]), frames.frame_rate()));
  const auto& judged = result.executions.back();
  result.workload.frames = judged.frames.size();
  result.quality = stage.judge(judged, truth ? *truth : result.executions.front().reference_outputs(), *answers);
  watch.lap("accounting");
}

void run_on_stream(Result& result, const Stage& stage, traces::StreamReader& stream, Recall& recall,
                   const Phases& phases, Tracing* tracing, Stopwatch& watch) {
  const auto& info = stream.info();
  const auto& given_rate = stage.config().input.frames.frame_rate;
  const double frame_rate = given_rate.value_or(info.frame_rate);
  describe_input(result.workload, info.source, frame_rate, info.frame_rate_assumed && !given_rate);
  const std::uint64_t frames = std::min(info.frames, stage.config().frames.value_or(info.frames));
  FirstFrames first(stream, frames);
  std::optional<Simulation> simulation;
  recall.finish({[&] {
    const auto begin = [&] { return phases("replay", frames); };
    simulation = tracing != nullptr && tracing->wants("delta")
                     ? simulate_traced<models::EventSource>(*tracing, stage, "delta", first, frame_rate, begin())
                     : recall.replayed(stage, first, begin);
    return simulation.has_value();
  }});
  result.executions.push_back(stage.account("delta", std::move(*simulation), frame_rate));
  result.workload.frames = result.executions.back().frames.size();
  result.quality.execution = "delta";
  watch.lap("delta");
}

/// Without the machine: shapes are enough.
Result run_systolic(const RunConfig& config) {
  Result result;
  Stopwatch watch(result);
  const models::Network network = load_shapes(config);
  auto& w = result.workload;
  name_network(w, config, network);
  w.rows = workload_rows(network, config.delta, config.hardware.core);
  w.frames = config.frames.value_or(1);
  watch.lap("load");
  result.systolic = execute_systolic(config, network, w.rows, w.frames, 0.0);
  watch.lap(systolic_name);
  return result;
}

Result run_all(const RunConfig& config, const Phases& phases, Store* store, Tracing* tracing) {
  if (!config.needs_machine()) return run_systolic(config);
  Result result;
  Stopwatch watch(result);
  Recall recall(store);
  const Subject subject = load_subject(config, phases, recall);
  std::optional<traces::StreamReader> stream;
  if (config.input.kind == InputKind::stream) {
    stream.emplace(config.input.path);
    stream->require_network(subject.network.hash(), subject.network.name);
  }
  const Stage stage(config, subject);
  describe_workload(result, stage);
  result.hardware_provenance = hardware_provenance(write(config.hardware), config.hardware_sources);
  result.energy_provenance = energy_provenance(config.energy.table);
  watch.lap("load");
  if (stream)
    run_on_stream(result, stage, *stream, recall, phases, tracing, watch);
  else
    run_on_frames(result, stage, recall, phases, tracing, watch);
  if (config.wants(systolic_name)) {
    result.systolic = execute_systolic(config, subject.network, result.workload.rows, result.workload.frames,
                                       result.workload.frame_rate);
    watch.lap(systolic_name);
  }
  result.cache = recall.use();
  return result;
}

std::uint64_t record_all(const RunConfig& config, const std::string& path, const Phases& phases) {
  const Subject subject = load_subject(config, phases);
  const models::RuleSet rules = models::with_layer_names(subject.network, config.delta);
  const models::Network network = models::with_rule_steps(subject.network, rules);
  auto open = open_input(config.input, &network, network.layers[0].output, config.file, config.frames);
  models::ReferenceNetwork reference(network, rules, *open.frames);
  traces::StreamInfo info = traces::describe_stream(network, rules, reference.traits());
  info.network_hash = subject.network.hash();
  info.frame_rate = open.frames->frame_rate();
  info.frame_rate_assumed = open.frame_rate_assumed;
  info.source = open.source;
  info.tool = "deltasim " DELTASIM_VERSION;
  traces::StreamWriter writer(path, info);
  const FrameProgress progress = phases("record", open.count);
  models::FrameEvents events;
  std::uint64_t frames = 0;
  while (reference.next(events)) {
    writer.append(events, reference.label());
    ++frames;
    if (progress) progress(frames);
  }
  writer.finish();
  return frames;
}

}  // namespace

Result run(const RunConfig& config, const Phases& phases, Store* store, Tracing* tracing) {
  try {
    return run_all(settle_replay(config), phases, store, tracing);
  } catch (const models::InputError& error) {
    throw error.in_file(config.file);  // rules stand in the run file, and the reference network knows no files
  }
}

std::uint64_t record(const RunConfig& config, const std::string& path, const Phases& phases) {
  try {
    if (config.input.kind == InputKind::stream)
      throw models::InputError(config.file, "/input", "is a recorded stream", "frames to record: video, images, ...");
    return record_all(config, path, phases);
  } catch (const models::InputError& error) {
    throw error.in_file(config.file);
  }
}

}  // namespace deltasim::sim
