#include "sim/training/trained_simulation.hpp"

#include "sim/config_writer.hpp"
#include "sim/embedded.hpp"
#include "sim/stage.hpp"
#include "sim/training/clip_frames.hpp"
#include "sim/training/integer_run.hpp"
#include "sim/training/trained.hpp"
#include "sim/training/trajectory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace deltasim::sim {
namespace {

/// A run file that puts the network on the preset. Its input is never opened: clips come from the training's data.
RunConfig run_of(const std::string& onnx, const std::string& hardware) {
  const std::string chip = fmt::format("configs/hw/{}.json", hardware),
                    table = fmt::format("configs/energy/{}.json", hardware);
  const Json run{{"network", {{"model", onnx}}},
                 {"input", {{"render", Json::object()}}},
                 {"hardware", Json::parse(embedded(chip))},
                 {"energy", Json::parse(embedded(table))}};
  return read_run_text(run.dump(), "reproduction", {});
}

Json energy_json(const Spread& spread) {
  const Energy e = spread.range();
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}};
}

/// What an execution took, per frame.
struct PerFrame {
  double macs = 0, events = 0, cycles = 0;
  Spread energy_pj;
};

PerFrame per_frame(const ExecutionResult& e, std::uint64_t frames) {
  const double n = 1.0 / static_cast<double>(frames);
  return {n * static_cast<double>(e.macs), n * static_cast<double>(e.events), n * static_cast<double>(e.cycles),
          n * e.energy_spread};
}

Json machine_json(const PerFrame& p, const ExecutionResult& e, std::uint64_t frames, const PerFrame& dense) {
  Json by_component = Json::object();
  for (const auto& [name, energy] : e.by_component) by_component[name] = energy.value / static_cast<double>(frames);
  return {{"frames", frames},
          {"macs", p.macs},
          {"events", p.events},
          {"cycles", p.cycles},
          {"latency_cycles", e.latency_cycles},
          {"energy_pj", energy_json(p.energy_pj)},
          {"energy_pj_by_component", by_component},
          {"dense_over_this",
           {{"macs", dense.macs / p.macs},
            {"cycles", dense.cycles / p.cycles},
            {"energy", energy_json(ratio(dense.energy_pj, p.energy_pj))}}}};
}

/// The machine with this network, and clips for it.
class Bench {
 public:
  Bench(const RunConfig& config, const Subject& subject, const Phases& phases)
      : subject_(subject), phases_(phases), stage_(config, subject) {}

  const models::Network& network() const { return subject_.network; }

  ExecutionResult on_clips(TrainedExecution execution, const models::ClipSource& clips, std::uint64_t most,
                           std::uint32_t frames, double frame_rate) {
    return run(execution == TrainedExecution::spatial ? "spatial" : "delta",
               rules_on_clips(network(), execution, frames), clips, most, frames, frame_rate);
  }
  ExecutionResult dense(const models::ClipSource& clips, std::uint32_t frames, double frame_rate) {
    return run("dense", rules_on_clips(network(), TrainedExecution::delta, frames), clips, 1, frames, frame_rate);
  }

 private:
  ExecutionResult run(const std::string& name, const models::RuleSet& rules, const models::ClipSource& clips,
                      std::uint64_t most, std::uint32_t frames, double frame_rate) {
    stage_.set_rules(rules);
    ClipFrames source(clips, first_clips(clips, most), frames, network().input, frame_rate);
    return stage_.account(name, stage_.simulate(name, source, phases_(name, source.count())), frame_rate);
  }

  const Subject& subject_;
  const Phases& phases_;
  Stage stage_;
};

Json integer_json(const IntegerRun& run) {
  Json layers = Json::object();
  for (const LayerDensity& layer : run.layers) layers[layer.name] = layer.events;
  return {{"clips", run.right.size()},
          {"accuracy", run.accuracy()},
          {"macs", 1.0 - run.sparsity_mac},
          {"sparsity_fan_out", run.sparsity_fan_out},
          {"layers", layers}};
}

/// The same by camera; null where clips have none that is known.
Json by_camera(const IntegerRun& run, const models::ClipSource& clips) {
  const auto* actions = dynamic_cast<const traces::RenderedActions*>(&clips);
  if (actions == nullptr) return nullptr;
  Json json = Json::object();
  for (const bool moving : {false, true}) {
    double right = 0, macs = 0, n = 0;
    for (std::size_t i = 0; i < run.right.size(); ++i) {
      if (actions->attributes(i).moving_camera != moving) continue;
      right += run.right[i], macs += run.macs[i], n += 1;
    }
    if (n > 0)
      json[moving ? "moving" : "still"] = {
          {"clips", static_cast<std::uint64_t>(n)}, {"accuracy", right / n}, {"macs", macs / n}};
  }
  return json;
}

/// The same motion, seen at other frame rates for the same time.
Json by_frame_rate(Bench& bench, TrainedExecution execution, const TrainingConfig& training,
                   const SimulatedClips& clips, const Phases& phases) {
  Json rows = Json::array();
  if (!training.data.rendered || clips.rate_clips == 0) return rows;
  const double usual = training.data.rendered->frame_rate;
  for (const double rate : clips.frame_rates) {
    traces::ActionSets sets = *training.data.rendered;
    const auto frames = static_cast<std::uint32_t>(std::lround(static_cast<double>(clips.frames) * rate / usual));
    if (frames < 2) continue;
    sets.frame_rate = rate;
    sets.frames = frames;
    const traces::RenderedActions source(sets, traces::Split::test, sets.test_clips);
    const IntegerRun run = run_integers(bench.network(), execution, source, first_clips(source, clips.rate_clips),
                                        frames, phases(fmt::format("{} fps", rate), clips.rate_clips * frames));
    const ExecutionResult e = bench.on_clips(execution, source, clips.clips, frames, rate);
    const PerFrame p = per_frame(e, e.frames.size());
    rows.push_back({{"frame_rate", rate},
                    {"frames", frames},
                    {"clips", run.right.size()},
                    {"clips_on_machine", e.frames.size() / frames},
                    {"accuracy", run.accuracy()},
                    {"macs", 1.0 - run.sparsity_mac},
                    {"energy_pj", energy_json(p.energy_pj)},
                    {"energy_pj_per_second", p.energy_pj.value * rate}});
  }
  return rows;
}

/// Frame by frame: the same clips in training's arithmetic and in integers.
Json compare_logits(const std::vector<std::vector<float>>& trained, const std::vector<std::vector<double>>& integer) {
  double errors = 0, squares = 0, worst = 0, largest = 0, n = 0;
  for (std::size_t clip = 0; clip < integer.size(); ++clip)
    for (std::size_t i = 0; i < integer[clip].size(); ++i) {
      const double value = double{trained[clip].at(i)}, error = integer[clip][i] - value;
      errors += error * error, squares += value * value, n += 1;
      worst = std::max(worst, std::abs(error)), largest = std::max(largest, std::abs(value));
    }
  if (n == 0) return nullptr;
  return {{"clips", integer.size()},
          {"rms", std::sqrt(squares / n)},
          {"rms_error", std::sqrt(errors / n)},
          {"largest", largest},
          {"largest_error", worst}};
}

std::vector<TrainedExecution> executions(TrainedExecution own) {
  std::vector<TrainedExecution> all{TrainedExecution::spatial, TrainedExecution::delta};
  if (own == TrainedExecution::input_delta) all.push_back(own);
  return all;
}

std::string name_of(TrainedExecution execution) {
  return split_names(names_of(execution)).at(static_cast<std::size_t>(execution));
}

}  // namespace

Json simulate_trained(const TrainingFolder& folder, TrainedExecution execution, const SimulatedClips& clips,
                      const Phases& phases) {
  const auto began = std::chrono::steady_clock::now();
  const TrainingConfig training = folder.config({});
  const RunConfig config = run_of(folder.file("network.onnx"), clips.hardware);
  const Subject subject = load_subject(config, phases);
  Bench bench(config, subject, phases);
  const DataSets data = open_data(training);
  const auto frames = static_cast<std::uint32_t>(clips.frames);
  Json result{{"hardware", clips.hardware}, {"frames_of_a_clip", frames}, {"integer", Json::object()}};
  // what the network was not trained for is for comparison: fewer clips do
  const std::uint64_t others = std::min(clips.accuracy_clips, 16 * clips.clips);
  const auto judged = [&](TrainedExecution each) {
    return (each == TrainedExecution::spatial) == (execution == TrainedExecution::spatial);
  };
  for (const TrainedExecution each : executions(execution)) {
    const auto chosen = first_clips(*data.test, judged(each) ? clips.accuracy_clips : others);
    const IntegerRun run =
        run_integers(bench.network(), each, *data.test, chosen, frames,
                     phases(name_of(each) + " integers", chosen.size() * frames), each == execution ? others : 0);
    result["integer"][name_of(each)] = integer_json(run);
    if (each != execution) continue;
    result["camera"] = by_camera(run, *data.test);
    const auto trained = restore(folder.path(), training, data);
    // the training judged itself with the program of its day
    result["evaluation"] =
        evaluation_json(trained->evaluate(*data.test, training.training.test_frames), data.train->classes());
    result["logits"] = compare_logits(trained->logits(*data.test, run.logits.size(), frames), run.logits);
  }
  const ExecutionResult dense =
      bench.dense(*data.test, static_cast<std::uint32_t>(clips.dense_frames), data.frame_rate);
  const PerFrame dense_frame = per_frame(dense, dense.frames.size());
  result["machine"]["dense"] = machine_json(dense_frame, dense, dense.frames.size(), dense_frame);
  for (const TrainedExecution each : executions(execution)) {
    const ExecutionResult e = bench.on_clips(each, *data.test, clips.clips, frames, data.frame_rate);
    result["machine"][name_of(each)] = machine_json(per_frame(e, e.frames.size()), e, e.frames.size(), dense_frame);
  }
  result["frame_rates"] = by_frame_rate(bench, execution, training, clips, phases);
  result["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace deltasim::sim
