#include "models/reference.hpp"

#include "models/encoder.hpp"
#include "models/error.hpp"
#include "models/input_coding.hpp"
#include "models/layer_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::models {
namespace {

/// State kept in order y, x, channel, as the interface shows it: row-major C, H, W.
template <typename Value>
std::vector<std::int32_t> planar(const Shape& shape, Value value) {
  std::vector<std::int32_t> result(shape.size());
  for (std::size_t p = 0; p < shape.pixels(); ++p)
    for (std::uint32_t c = 0; c < shape.channels; ++c) result[c * shape.pixels() + p] = value(p, c);
  return result;
}

void check_runnable(const Network& network) {
  for (const Layer& layer : network.layers)
    for (const Branch& branch : layer.branches) {
      if (branch.kind != BranchKind::convolution) continue;
      const std::size_t expected = std::size_t{branch.window.kernel_h} * branch.window.kernel_w *
                                   (branch.input.channels / branch.groups) * layer.output.channels;
      if (branch.weights.size() != expected)
        throw InputError(network.name, branch.name,
                         fmt::format("the network cannot run: {} of {} weights", branch.weights.size(), expected),
                         "a file that holds its weights; without them only counting and mapping work");
    }
}

/// A consumer either starts every frame from its bias or it integrates changes: not both in one accumulator.
void check_mixing(const Network& network, const std::vector<std::uint8_t>& absolute) {
  for (const Layer& layer : network.layers)
    for (const Branch& branch : layer.branches)
      for (const Source& source : branch.sources) {
        const LayerId first = branch.sources.front().producer;
        if (absolute[first] == absolute[source.producer]) continue;
        throw InputError("", "/delta/layers",
                         fmt::format("'{}' adds up values of '{}' and changes of '{}'", branch.name,
                                     network.layers[absolute[first] ? first : source.producer].name,
                                     network.layers[absolute[first] ? source.producer : first].name),
                         "the same mode for both");
      }
}

}  // namespace

class ReferenceNetwork::Machine {
 public:
  Machine(const Network& network, const RuleSet& rules, FrameSource& frames)
      : network_(network), rules_(rules), frames_(frames) {
    const std::vector<SendingRule> sending = sending_rules(network, rules);
    traits_.absolute = absolute_layers(sending);
    traits_.layer_delay = rules.layer_delay;
    check_runnable(network);
    check_mixing(network, traits_.absolute);
    const std::uint32_t shift = network.sigma_delta.active ? network.sigma_delta.message_shift : 0;
    for (LayerId l = 0; l < network.layers.size(); ++l) {
      layers_.emplace_back(network, l);
      encoders_.emplace_back(network.layers[l].output, sending[l], rules, shift);
    }
    delayed_.resize(network.layers.size());
  }

  bool next(FrameEvents& out) {
    if (!frames_.next(frame_)) return false;
    out.frame = count_;
    out.key = rules_.key_frame_period == 0 ? count_ == 0 : count_ % rules_.key_frame_period == 0;
    out.of_layer.resize(network_.layers.size());
    for (auto& events : out.of_layer) events.clear();
    if (out.key) start_anew();
    send_input(out.of_layer[0]);
    for (LayerId l = 1; l < network_.layers.size(); ++l) {
      integrate(l, rules_.layer_delay ? delayed_ : out.of_layer);
      send(l, out.of_layer[l]);
    }
    collect_outputs(out.outputs);
    if (rules_.layer_delay) delayed_ = out.of_layer;
    ++count_;
    return true;
  }

  const StreamTraits& traits() const { return traits_; }
  const std::vector<std::int32_t>& sent(LayerId layer) const { return encoders_[layer].sent(); }
  const BranchState& branch(LayerId layer, std::size_t b) const { return layers_[layer].branch(b); }
  const Shape& shape(LayerId layer) const { return network_.layers[layer].output; }
  std::optional<std::uint32_t> label() const { return frame_.label; }

 private:
  /// As at power-up; with layer_delay, what is still on its way belongs to the old state and is dropped.
  void start_anew() {
    for (auto& layer : layers_) layer.reset();
    for (auto& encoder : encoders_) encoder.reset();
    for (auto& events : delayed_) events.clear();
  }

  void send_input(std::vector<DeltaEvent>& events) {
    encode_frame(network_, frame_.values, count_, codes_);
    const Shape& shape = network_.layers[0].output;
    for (std::size_t p = 0; p < shape.pixels(); ++p) encoders_[0].encode(p, codes_.data() + p * shape.channels, events);
    encoders_[0].finish(events);
  }

  void integrate(LayerId l, const std::vector<std::vector<DeltaEvent>>& sent) {
    const auto& branches = network_.layers[l].branches;
    for (std::size_t b = 0; b < branches.size(); ++b) {
      if (traits_.absolute[branches[b].sources.front().producer]) layers_[l].reset_branch(b);
      for (std::size_t s = 0; s < branches[b].sources.size(); ++s)
        layers_[l].integrate(b, s, sent[branches[b].sources[s].producer]);
    }
  }

  void send(LayerId l, std::vector<DeltaEvent>& events) {
    if (network_.layers[l].raw_output) return layers_[l].forget_touched();
    layers_[l].evaluate(
        [&](std::size_t pixel, const std::int32_t* codes) { encoders_[l].encode(pixel, codes, events); });
    encoders_[l].finish(events);
  }

  void collect_outputs(std::vector<std::int64_t>& outputs) {
    outputs.clear();
    for (const Output& output : network_.outputs) {
      const std::size_t base = outputs.size();
      std::size_t size = 1;
      for (const std::uint32_t extent : output.dims) size *= extent;
      outputs.resize(base + size);
      for (const Source& source : output.sources) collect(source, outputs.data() + base, size);
    }
  }

  void collect(const Source& source, std::int64_t* output, std::size_t size) {
    const Shape& shape = network_.layers[source.producer].output;
    for (std::size_t p = 0; p < shape.pixels(); ++p) {
      const std::vector<std::int64_t>& raw = layers_[source.producer].raw(p);
      for (std::size_t c = 0; c < shape.channels; ++c) {
        const std::size_t from = c * shape.pixels() + p;
        const std::size_t to =
            source.view.map ? (*source.view.map)[from] : from + source.view.channel_offset * shape.pixels();
        if (to < size) output[to] = raw[c];
      }
    }
  }

  const Network& network_;
  RuleSet rules_;
  FrameSource& frames_;
  StreamTraits traits_;
  std::vector<LayerState> layers_;
  std::vector<Encoder> encoders_;
  std::vector<std::vector<DeltaEvent>> delayed_;  ///< layer_delay: what every layer sent in the last frame
  Frame frame_;
  std::vector<std::int32_t> codes_;
  std::uint64_t count_ = 0;
};

ReferenceNetwork::ReferenceNetwork(const Network& network, const RuleSet& rules, FrameSource& frames)
    : machine_(std::make_unique<Machine>(network, rules, frames)) {}

ReferenceNetwork::~ReferenceNetwork() = default;

bool ReferenceNetwork::next(FrameEvents& out) { return machine_->next(out); }

const StreamTraits& ReferenceNetwork::traits() const { return machine_->traits(); }

std::vector<std::int32_t> ReferenceNetwork::reconstructed(LayerId layer) const {
  const Shape& shape = machine_->shape(layer);
  const auto& sent = machine_->sent(layer);
  return planar(shape, [&](std::size_t p, std::uint32_t c) { return sent[p * shape.channels + c]; });
}

std::vector<std::int32_t> ReferenceNetwork::accumulators(LayerId layer, std::size_t branch) const {
  const BranchState& state = machine_->branch(layer, branch);
  return planar(machine_->shape(layer), [&](std::size_t p, std::uint32_t c) { return state.value(p, c); });
}

std::optional<std::uint32_t> ReferenceNetwork::label() const { return machine_->label(); }

}  // namespace deltasim::models
