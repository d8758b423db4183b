#include "sim/stage.hpp"

#include "models/reference.hpp"
#include "models/sending.hpp"
#include "sim/mapper.hpp"

#include <utility>

namespace deltasim::sim {

Stage::Stage(const RunConfig& config, const Subject& subject)
    : config_(config),
      subject_(subject),
      rules_(models::with_layer_names(subject.network, config.delta)),
      delta_network_(models::with_rule_steps(subject.network, rules_)),
      energy_(config.energy.table, config.energy.file, config.hardware) {
  refuse_layer_delay();
  setup_.chip = config.hardware;
  setup_.check = config.check;
  setup_.engine = config.engine;
  setup_.stall_probability = config.stall_probability;
  setup_.seed = config.seed;
  if (config.mapping) {
    setup_.mapping = given_mapping(config, subject.network);
    check_mapping(subject.network, config.hardware, setup_.mapping, config.file);
  } else {
    setup_.mapping = map_automatically(subject.network, config.hardware, config.hardware_file);
  }
  refuse_parted_pixels();
  rows_ = workload_rows(subject.network, rules_, config.hardware.core);
}

void Stage::set_rules(const models::RuleSet& delta) {
  rules_ = models::with_layer_names(subject_.network, delta);
  delta_network_ = models::with_rule_steps(subject_.network, rules_);
  delta_hash_.clear();
  refuse_layer_delay();
  refuse_parted_pixels();
  rows_ = workload_rows(subject_.network, rules_, config_.hardware.core);
}

void Stage::refuse_layer_delay() const {
  const hw::CoreParams& core = config_.hardware.core;
  if (rules_.layer_delay && core.schedule == hw::SliceSchedule::depth_first)
    throw models::InputError(config_.file, "/hardware/core/schedule",
                             "is depth_first, but layer_delay lets a slice work on the frame before",
                             "frame_barrier, or delta without layer_delay");
  if (rules_.layer_delay && core.queue_policy == hw::QueuePolicy::drop)
    throw models::InputError(config_.file, "/hardware/core/queue_policy",
                             "is drop, but with layer_delay events of two frames are under way at a time",
                             "back_pressure, or delta without layer_delay");
}

/// A slice that may lose events decides by itself what it sends; rule pixel needs all channels for that.
void Stage::refuse_parted_pixels() const {
  if (config_.hardware.core.queue_policy != hw::QueuePolicy::drop) return;
  const auto sending = models::sending_rules(subject_.network, rules_);
  for (const hw::Slice& s : setup_.mapping.slices) {
    const models::Layer& layer = subject_.network.layers[s.layer];
    if (sending[s.layer].rule == models::Rule::pixel && !layer.raw_output &&
        s.channel_end - s.channel_begin != layer.output.channels)
      throw models::InputError(config_.file, "/hardware/core/queue_policy",
                               "is drop, but rule pixel decides over all channels of a pixel and layer '" + layer.name +
                                   "' is split by channels",
                               "back_pressure, a mapping that keeps the layer's channels together, or another rule");
  }
}

models::RuleSet Stage::rules_of(const std::string& execution) const {
  if (execution == "delta") return rules_;
  models::RuleSet rules;
  rules.rule = execution == "dense" ? models::Rule::dense : models::Rule::spatial;
  rules.payload_bits = rules_.payload_bits;
  rules.layer_delay = rules_.layer_delay;
  return rules;
}

const models::Network& Stage::network_of(const std::string& execution) const {
  return execution == "delta" ? delta_network_ : subject_.network;
}

const std::string& Stage::network_hash(const std::string& execution) const {
  std::string& hash = execution == "delta" ? delta_hash_ : dense_hash_;
  if (hash.empty()) hash = network_of(execution).hash();
  return hash;
}

Simulation Stage::simulate(const std::string& execution, models::EventSource& source, const FrameProgress& progress,
                           hw::Observer* observer) const {
  return sim::simulate(network_of(execution), rules_of(execution), source, setup_, progress, observer);
}

Simulation Stage::simulate(const std::string& execution, models::FrameSource& frames, const FrameProgress& progress,
                           hw::Observer* observer) const {
  frames.rewind();
  models::ReferenceNetwork reference(network_of(execution), rules_of(execution), frames);
  return simulate(execution, reference, progress, observer);
}

ExecutionResult Stage::account(const std::string& execution, Simulation simulation, double frame_rate) const {
  return sim::account(execution, std::move(simulation), network_of(execution), rules_of(execution), rows_,
                      {config_.hardware, energy_, frame_rate});
}

Quality Stage::judge(const ExecutionResult& judged, const FrameOutputs& dense_truth, const Answers& answers) const {
  const Evidence dense{&subject_.network, &dense_truth};
  Quality quality = sim::judge(judged.name, {&network_of(judged.name), &judged.outputs}, dense, answers);
  if (judged.lost_events > 0)
    quality.to_dense_without_losses = distance({&network_of(judged.name), &judged.lossless_outputs}, dense);
  return quality;
}

const models::Graph* Stage::judging_graph() const {
  return !rules_.layer_delay && subject_.graph ? &*subject_.graph : nullptr;
}

}  // namespace deltasim::sim
