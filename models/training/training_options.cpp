#include "models/error.hpp"
#include "models/training/optimiser.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::models::training {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

template <typename E>
std::string name_of(E value) {
  const std::string names = names_of(value);
  std::size_t begin = 0;
  for (auto i = static_cast<std::size_t>(value); i > 0; --i) begin = names.find(',', begin) + 1;
  return names.substr(begin, names.find(',', begin) - begin);
}

std::string text_of(const Shape& s) { return fmt::format("{}x{}x{}", s.channels, s.height, s.width); }

std::string text_of(const LayerDescription& layer) {
  std::string text = fmt::format("{} outputs, {}", layer.outputs, name_of(layer.activation));
  for (const TermDescription& t : layer.terms)
    text += fmt::format(" + {} of {}, kernel {}, stride {}, padding {}, groups {}{}", name_of(t.kind), t.from, t.kernel,
                        t.stride, t.padding ? fmt::format("{}", fmt::join(*t.padding, "+")) : "same", t.groups,
                        t.batch_norm ? ", batch norm" : "");
  if (layer.max_pool)
    text +=
        fmt::format(", max pool {} / {} / {}", layer.max_pool->kernel, layer.max_pool->stride, layer.max_pool->padding);
  return text + (layer.delta ? ", delta" : "");
}

void describe(const TrainingOptions& o, Pairs& pairs) {
  const auto add = [&](const char* name, const auto& value) { pairs.emplace_back(name, fmt::format("{}", value)); };
  add("regime", name_of(o.regime)), add("rate", o.rate);
  add("penalty_weight", name_of(o.penalty_weight)), add("penalty_form", name_of(o.penalty_form));
  add("first_frame", name_of(o.first_frame)), add("threshold_grain", name_of(o.threshold_grain));
  add("initial_threshold", o.initial_threshold), add("threshold_rate", o.threshold_rate);
  add("input_delta_only", o.input_delta_only),
      add("delta_layers", fmt::format("[{}]", fmt::join(o.delta_layers, ", ")));
  add("epochs", o.epochs), add("quantise_from", o.quantise_from), add("quantise_weights", o.quantise_weights);
  add("batch", o.batch), add("clip_frames", o.clip_frames), add("frame_step", o.frame_step);
  add("flip", o.flip), add("crop", o.crop), add("optimiser", name_of(o.optimiser));
  add("learning_rate", o.learning_rate), add("momentum", o.momentum), add("weight_decay", o.weight_decay);
  add("schedule", name_of(o.schedule)), add("warm_up", o.warm_up);
  add("step_every", o.step_every), add("step_factor", o.step_factor), add("patience", o.patience);
  add("test_every", o.test_every), add("test_frames", o.test_frames), add("seed", o.seed), add("threads", o.threads);
}

}  // namespace

Pairs identity_of(const TrainingOptions& options, const NetworkDescription& network, const ClipSource& train,
                  const ClipSource& test) {
  Pairs pairs;
  describe(options, pairs);
  pairs.emplace_back("network", network.name);
  pairs.emplace_back("network input", text_of(network.input) + (network.input_delta ? ", delta" : ""));
  pairs.emplace_back("layers", fmt::format("{}", network.layers.size()));
  for (const LayerDescription& layer : network.layers) pairs.emplace_back("layer " + layer.name, text_of(layer));
  const auto clips = [](const ClipSource& source) {
    return fmt::format("{} clips of {} classes, {}", source.size(), source.classes().size(), text_of(source.shape()));
  };
  pairs.emplace_back("training data", clips(train));
  pairs.emplace_back("test data", clips(test));
  return pairs;
}

std::optional<OptionFault> option_fault(const TrainingOptions& o, const NetworkDescription& network) {
  std::optional<OptionFault> fault;
  const auto need = [&](bool good, const char* option, const std::string& problem, const std::string& remedy) {
    if (!good && !fault) fault = {option, problem, remedy};
  };
  need(o.epochs > 0, "epochs", "no epochs", "expected at least 1");
  need(o.batch > 0, "batch", "a batch of no clips", "expected at least 1");
  need(o.clip_frames > 0, "clip_frames", "clips of no frames", "expected at least 1");
  need(o.regime != Regime::delta || o.clip_frames > 1, "clip_frames", "changes need two frames", "expected at least 2");
  need(o.frame_step > 0, "frame_step", "0", "expected at least 1");
  need(o.test_every > 0, "test_every", "0", "expected at least 1");
  need(o.test_frames > 0, "test_frames", "0", "expected at least 1");
  need(o.threads > 0, "threads", "0", "expected at least 1");
  need(o.initial_threshold > 0, "initial_threshold", "not positive", "expected a positive number");
  need(o.learning_rate > 0, "learning_rate", "not positive", "expected a positive number");
  need(o.rate >= 0, "rate", "negative", "expected 0 or more");
  need(o.quantise_from >= 1 && o.quantise_from <= o.epochs, "quantise_from",
       fmt::format("{} of {} epochs", o.quantise_from, o.epochs), "expected an epoch of the training, from 1");
  need(o.quantise_weights <= o.epochs - o.quantise_from + 1, "quantise_weights",
       fmt::format("{} epochs, activations are quantised in {}", o.quantise_weights, o.epochs - o.quantise_from + 1),
       "expected at most as many");
  need(!o.input_delta_only || network.input_delta, "input_delta_only", "the network has no delta layer on its image",
       "set input_delta in its description");
  for (const std::string& name : o.delta_layers) {
    const bool known = (name == "input" && network.input_delta) ||
                       std::any_of(network.layers.begin(), network.layers.end(),
                                   [&](const LayerDescription& l) { return l.name == name && l.delta; });
    need(known, "delta_layers", fmt::format("no delta layer {}", name), "expected names of layers that have one");
  }
  return fault;
}

void check_options(const TrainingOptions& o, const NetworkDescription& network, const ClipSource& train) {
  if (const auto fault = option_fault(o, network))
    throw InputError("training", fault->option, fault->problem, fault->remedy);
  const auto logits = geometry(network).back().output.channels;
  if (logits != train.classes().size())
    throw InputError("training", "network", fmt::format("{} logits for {} classes", logits, train.classes().size()),
                     "expected one for each class");
}

}  // namespace deltasim::models::training
