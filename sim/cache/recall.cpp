#include "sim/cache/recall.hpp"

#include "sim/cache/archive.hpp"
#include "sim/cache/recorder.hpp"
#include "sim/interrupt.hpp"
#include "traces/stream.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace deltasim::sim {

Recall::Recall(Store* store) : store_(store) {
  if (store_ != nullptr) keys_.emplace(*store_);
}

template <class Value>
std::optional<Value> Recall::found(const std::string& key) {
  const auto entry = store_->find(key);
  if (!entry) return std::nullopt;
  Value value;
  if (unpack(entry->content(), value)) return value;
  store_->discard_damaged(key);
  return std::nullopt;
}

/// `compute` may find itself blocked, too.
template <class Value, class Compute>
std::optional<Value> Recall::value(const std::string& key, std::uint64_t& computed, std::uint64_t& reused,
                                   Compute compute) {
  std::optional<Value> known = found<Value>(key);
  const auto claim = known ? std::nullopt : store_->claim(key);
  if (claim) known = found<Value>(key);  // somebody may have computed it between the two
  if (known) {
    ++reused;
    return known;
  }
  std::optional<Value> fresh;
  if (claim) fresh = compute();
  if (!fresh) return std::nullopt;
  ++computed;
  store_->keep(*claim, packed(*fresh));
  return fresh;
}

std::optional<Simulation> Recall::simulation(const Stage& stage, const std::string& execution,
                                             models::FrameSource& frames, const std::function<FrameProgress()>& begin) {
  if (store_ == nullptr) return stage.simulate(execution, frames, begin());
  return value<Simulation>(keys_->simulation(stage, execution), use_.simulations_run, use_.simulations_reused,
                           [&] { return simulated(stage, execution, frames, begin()); });
}

std::optional<Simulation> Recall::replayed(const Stage& stage, models::EventSource& stream,
                                           const std::function<FrameProgress()>& begin) {
  const auto compute = [&] { return std::optional(stage.simulate("delta", stream, begin())); };
  if (store_ == nullptr) return compute();
  return value<Simulation>(keys_->simulation(stage, "delta"), use_.simulations_run, use_.simulations_reused, compute);
}

std::optional<Simulation> Recall::simulated(const Stage& stage, const std::string& execution,
                                            models::FrameSource& frames, const FrameProgress& progress) {
  const std::string key = keys_->stream(stage, execution);
  auto claim = store_->claim(key);
  if (const auto entry = store_->find(key)) {
    claim.reset();  // others may replay it at the same time
    return replayed_entry(stage, execution, *entry, progress);
  }
  if (!claim) return std::nullopt;
  return recorded(stage, execution, *claim, frames, progress);
}

/// Nothing where the entry turns out to be no stream: it is gone then, and the next attempt records it.
std::optional<Simulation> Recall::replayed_entry(const Stage& stage, const std::string& execution,
                                                 const Store::Entry& entry, const FrameProgress& progress) {
  try {
    traces::StreamReader stream(entry.path());
    Simulation simulation = stage.simulate(execution, stream, progress);
    ++use_.streams_reused;
    return simulation;
  } catch (const models::InputError&) {  // nothing but the stream can be at fault
    store_->discard_damaged(entry.key());
    return std::nullopt;
  }
}

Simulation Recall::recorded(const Stage& stage, const std::string& execution, const Store::Claim& claim,
                            models::FrameSource& frames, const FrameProgress& progress) {
  frames.rewind();
  ++use_.reference_runs;
  models::ReferenceNetwork reference(stage.network_of(execution), stage.rules_of(execution), frames);
  Recorder recorder(reference, stage.network_of(execution), stage.rules_of(execution), *store_, claim);
  Simulation simulation = stage.simulate(execution, recorder, progress);
  recorder.finish();
  if (execution != "dense") return simulation;
  if (const auto outputs = store_->claim(keys_->dense_outputs(stage)))
    store_->keep(*outputs, packed(simulation.reference_outputs()));
  return simulation;
}

std::optional<FrameOutputs> Recall::dense_truth(const Stage& stage, models::FrameSource& frames,
                                                const std::function<FrameProgress()>& begin) {
  const auto compute = [&] {
    return std::optional(dense_outputs(stage.subject().network, stage.rules_of("dense"), frames, begin()));
  };
  if (store_ == nullptr) return compute();
  return value<FrameOutputs>(keys_->dense_outputs(stage), use_.reference_runs, use_.outputs_reused, compute);
}

std::optional<Answers> Recall::answers(const Stage& stage, models::FrameSource& frames,
                                       const std::function<FrameProgress()>& begin) {
  const auto compute = [&] {
    return std::optional(collect_answers(stage.judging_graph(), frames, ~std::uint64_t{0}, begin()));
  };
  if (store_ == nullptr) return compute();
  return value<Answers>(keys_->answers(stage), use_.float_runs, use_.float_reused, compute);
}

models::Calibration Recall::calibration(const models::Graph& graph, const InputConfig& input, std::uint64_t frames,
                                        const std::function<models::Calibration()>& measure) {
  if (store_ == nullptr) return measure();
  const std::string key = keys_->calibration(graph, input, frames);
  std::optional<models::Calibration> calibration;
  finish({[&] {
    calibration = value<models::Calibration>(key, use_.calibrations_run, use_.calibrations_reused,
                                             [&] { return std::optional(measure()); });
    return calibration.has_value();
  }});
  return std::move(*calibration);
}

void Recall::finish(std::vector<std::function<bool()>> pieces) {
  using Seconds = std::chrono::duration<double>;
  double waited = 0;  // for the same
  while (!pieces.empty()) {
    const std::size_t before = pieces.size();
    pieces.erase(std::remove_if(pieces.begin(), pieces.end(), [](const auto& piece) { return piece(); }), pieces.end());
    if (pieces.size() < before) waited = 0;
    if (pieces.empty() || pieces.size() < before) continue;
    stop_if_interrupted();
    const double pause = std::clamp(waited / 10, 0.005, 0.25);  // too late by a tenth at most
    std::this_thread::sleep_for(Seconds(pause));
    waited += pause;
    use_.waited_s += pause;
  }
}

std::optional<CacheUse> Recall::use() const {
  if (store_ == nullptr) return std::nullopt;
  CacheUse use = use_;
  use.damaged = store_->damaged();
  return use;
}

}  // namespace deltasim::sim
