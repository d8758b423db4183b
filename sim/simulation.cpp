#include "sim/simulation.hpp"

#include <utility>

namespace deltasim::sim {
namespace {

/// What the report needs of a stream beside the machine's own counts.
struct Seen {
  explicit Seen(const models::Network& network) : counter(network) {}
  void add(const models::FrameEvents& frame) {
    work.push_back(counter.count(frame));
    outputs.push_back(frame.outputs);
  }
  models::WorkCounter counter;
  std::vector<std::vector<std::vector<models::BranchWork>>> work;
  FrameOutputs outputs;
};

/// Passes a stream on to the machine and keeps what the report needs of it: everything, or, where the machine decides
/// itself what it sends, the outputs alone.
class Tap final : public models::EventSource {
 public:
  Tap(models::EventSource& inner, Seen* seen) : inner_(inner), seen_(seen) {}

  bool next(models::FrameEvents& out) override {
    if (!inner_.next(out)) return false;
    if (seen_ != nullptr)
      seen_->add(out);
    else
      outputs.push_back(out.outputs);
    return true;
  }
  const models::StreamTraits& traits() const override { return inner_.traits(); }
  FrameOutputs outputs;

 private:
  models::EventSource& inner_;
  Seen* const seen_;
};

}  // namespace

Simulation simulate(const models::Network& network, const models::RuleSet& rules, models::EventSource& source,
                    const MachineSetup& setup, const FrameProgress& progress, hw::Observer* observer) {
  const bool drops = setup.chip.core.queue_policy == hw::QueuePolicy::drop;
  Seen seen(network);
  Tap tap(source, drops ? nullptr : &seen);
  hw::MachineOptions options;
  if (drops) options.own_frame = [&seen](const models::FrameEvents& frame) { seen.add(frame); };
  options.check = setup.check;
  options.hosting = setup.engine;
  options.rules = &rules;
  options.output_stall_probability = setup.stall_probability;
  options.seed = setup.seed;
  options.progress = progress;
  options.observer = observer;
  Simulation result;
  result.machine = hw::simulate(network, setup.mapping, setup.chip, tap, options);
  result.work = std::move(seen.work);
  result.outputs = std::move(seen.outputs);
  result.lossless_outputs = std::move(tap.outputs);
  return result;
}

}  // namespace deltasim::sim
