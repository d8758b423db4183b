#include "sim/training/integer_run.hpp"

#include "models/reference.hpp"
#include "sim/quality.hpp"
#include "sim/sparsity.hpp"
#include "sim/training/clip_frames.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace deltasim::sim {
namespace {

double dense_macs_of(const models::Network& network) {
  double macs = 0;
  for (const models::Layer& layer : network.layers)
    for (const models::Branch& branch : layer.branches)
      if (!branch.weights.empty()) macs += static_cast<double>(models::dense_macs(branch, layer.output));
  return macs;
}

/// Adds the softmax of a frame's logits.
void add_softmax(const std::vector<double>& logits, std::vector<double>& sum) {
  const double most = *std::max_element(logits.begin(), logits.end());
  std::vector<double> e(logits.size());
  for (std::size_t i = 0; i < e.size(); ++i) e[i] = std::exp(logits[i] - most);
  const double all = std::accumulate(e.begin(), e.end(), 0.0);
  sum.resize(e.size());
  for (std::size_t i = 0; i < e.size(); ++i) sum[i] += e[i] / all;
}

/// Sums over the frames of all clips but their first.
class Meter {
 public:
  explicit Meter(const models::Network& network)
      : network_(network), counter_(network), sparsity_(network), dense_(dense_macs_of(network)) {
    events_.resize(network.layers.size());
  }
  /// Returns the frame's MACs as a share of a dense one's.
  double add(const models::FrameEvents& frame) {
    const auto& work = counter_.count(frame);
    sparsity_.add(work);
    ++frames_;
    for (std::size_t l = 0; l < events_.size(); ++l) events_[l] += static_cast<double>(frame.of_layer[l].size());
    double macs = 0;
    for (const auto& layer : work)
      for (const auto& branch : layer) macs += static_cast<double>(branch.macs);
    return macs / dense_;
  }
  void finish(IntegerRun& run) const {
    for (std::size_t l = 0; l < events_.size(); ++l)
      if (!network_.layers[l].raw_output)
        run.layers.push_back(
            {network_.layers[l].name, events_[l] / static_cast<double>(frames_ * network_.layers[l].output.size())});
    run.sparsity_mac = sparsity_.all_frames().mac;
    run.sparsity_fan_out = sparsity_.all_frames().fan_out;
  }

 private:
  const models::Network& network_;
  models::WorkCounter counter_;
  SparsityMeter sparsity_;
  double dense_;
  std::uint64_t frames_ = 0;
  std::vector<double> events_;
};

}  // namespace

double IntegerRun::accuracy() const {
  return static_cast<double>(std::count(right.begin(), right.end(), 1)) / static_cast<double>(right.size());
}

models::RuleSet rules_on_clips(const models::Network& network, TrainedExecution execution, std::uint32_t frames) {
  models::RuleSet rules;
  rules.rule = execution == TrainedExecution::spatial ? models::Rule::spatial : models::Rule::delta;
  rules.key_frame_period = frames;
  if (execution == TrainedExecution::input_delta) {
    rules.every.mode = models::Mode::normal;
    rules.layers[network.layers[0].name].mode = models::Mode::delta;
  }
  return rules;
}

IntegerRun run_integers(const models::Network& network, TrainedExecution execution, const models::ClipSource& clips,
                        const std::vector<std::size_t>& chosen, std::uint32_t frames,
                        const std::function<void(std::uint64_t)>& progress, std::size_t clips_with_logits) {
  IntegerRun run;
  ClipFrames source(clips, chosen, frames, network.input, 30.0);
  const models::RuleSet rules = rules_on_clips(network, execution, frames);
  models::ReferenceNetwork reference(network, rules, source);
  const OutputScaler scaler(network);
  Meter meter(network);
  models::FrameEvents events;
  for (const std::size_t clip : chosen) {
    std::vector<double> votes;
    double macs = 0;
    const bool kept = run.logits.size() < clips_with_logits;
    if (kept) run.logits.emplace_back();
    for (std::uint32_t f = 0; f < frames && reference.next(events); ++f) {
      if (f > 0) macs += meter.add(events);
      const std::vector<double> logits = scaler.real(events.outputs);
      add_softmax(logits, votes);
      if (kept) run.logits.back().insert(run.logits.back().end(), logits.begin(), logits.end());
    }
    const auto best = static_cast<std::uint32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
    run.right.push_back(best == clips.info(clip).label);
    run.macs.push_back(macs / (frames - 1));
    progress(run.right.size() * frames);
  }
  meter.finish(run);
  return run;
}

}  // namespace deltasim::sim
