#include "models/error.hpp"
#include "models/evaluate.hpp"
#include "models/graph.hpp"
#include "models/multipliers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace deltasim::models {
namespace {

constexpr std::int32_t code_min = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t code_max = std::numeric_limits<std::int32_t>::max();

/// A bias beyond this is not representable well: M is rounded to 2^-24 codes, so a sum of 2^23 is off by up to a
/// quarter of a code. Outputs have no M; there the rest of the 32 bits is left for the sum.
constexpr double largest_bias = 1 << 23;
constexpr double largest_raw_bias = 1 << 30;
/// Units of the bias of a channel without weights: fine enough, and M stays large.
constexpr double lone_bias = 1 << 12;

/// Half away from zero, saturated.
std::int32_t rounded(double value) {
  return static_cast<std::int32_t>(std::clamp(std::round(value), double{code_min}, double{code_max}));
}

bool is_pool(BranchKind kind) { return kind == BranchKind::average_pool || kind == BranchKind::max_pool; }

bool is_sole_pool(const GraphLayer& layer) { return layer.branches.size() == 1 && is_pool(layer.branches[0].kind); }

/// Layers that must share one step, as a disjoint-set forest.
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0); }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[root(a)] = root(b); }

 private:
  std::vector<std::size_t> parent_;
};

/// Raw outputs are sums, which no clip has seen: a clipped layer gets codes, and the output becomes a layer that
/// repeats them. It is appended, so that all other layers keep their number.
void separate_clipped_output(Network& network, LayerId id) {
  Layer output;
  output.name = network.layers[id].name + ":output";
  output.output = network.layers[id].output;
  output.raw_output = true;
  Branch repeat;
  repeat.kind = BranchKind::identity;
  repeat.name = output.name;
  repeat.sources = {{id, {}}};
  repeat.input = output.output;
  repeat.weight_scale = {1.0};
  output.branches.push_back(std::move(repeat));
  network.layers[id].raw_output = false;
  for (Output& result : network.outputs)
    for (Source& source : result.sources)
      if (source.producer == id) source.producer = static_cast<LayerId>(network.layers.size());
  network.layers.push_back(std::move(output));
}

/// Geometry and names, without numbers.
Network skeleton(const Graph& graph) {
  Network network;
  network.name = graph.name;
  network.outputs = graph.outputs;
  network.input.frames_are_codes = graph.integer_input;
  for (const GraphLayer& from : graph.layers) {
    Layer layer;
    layer.name = from.name;
    layer.output = from.output;
    layer.raw_output = from.raw_output;
    for (const GraphBranch& source : from.branches) {
      Branch branch;
      branch.kind = source.kind;
      branch.name = source.name;
      branch.sources = source.sources;
      branch.input = source.input;
      branch.window = source.window;
      branch.groups = source.groups;
      branch.pool_divisor = source.pool_divisor;
      layer.branches.push_back(std::move(branch));
    }
    network.layers.push_back(std::move(layer));
  }
  for (LayerId id = 0; id < graph.layers.size(); ++id)
    if (graph.layers[id].raw_output && (std::isfinite(graph.layers[id].low) || std::isfinite(graph.layers[id].high)))
      separate_clipped_output(network, id);
  for (Layer& layer : network.layers)
    if (layer.raw_output) layer.low = code_min, layer.high = code_max;
  return network;
}

class Quantiser {
 public:
  Quantiser(const Graph& graph, const Calibration& calibration)
      : graph_(graph), calibration_(calibration), network_(skeleton(graph)) {}

  Network quantise() {
    check();
    for (LayerId id = 0; id < graph_.layers.size(); ++id) {
      const GraphLayer& layer = graph_.layers[id];
      non_negative_.push_back(is_non_negative(layer, id));
      if (!graph_.quantised || network_.layers[id].raw_output) continue;
      if (layer.quant)
        take_file_step(id);
      else
        inherit_step(id);
    }
    if (!graph_.quantised) choose_steps();
    for (LayerId id = 0; id < graph_.layers.size(); ++id) {
      for (std::size_t b = 0; b < graph_.layers[id].branches.size(); ++b) set_weights(id, b);
    }
    derive_multipliers(network_);
    return std::move(network_);
  }

 private:
  [[noreturn]] void fail(const std::string& place, const std::string& problem, const std::string& remedy) const {
    throw InputError("", place, problem, remedy);
  }
  void check() const;
  bool is_non_negative(const GraphLayer& layer, LayerId id) const;
  void take_file_step(LayerId id);
  void inherit_step(LayerId id);
  void choose_steps();
  double own_step(LayerId id) const;
  void set_range(LayerId id, std::int32_t low, std::int32_t high);
  void check_scale(LayerId id, double scale) const;
  void set_weights(LayerId id, std::size_t b);
  bool take_stored(const GraphBranch& from, Branch& to, std::uint32_t outputs) const;
  void choose_weight_scale(const GraphBranch& from, Branch& to, std::uint32_t outputs, double bias_limit) const;
  void set_bias(const GraphBranch& from, Branch& to, std::uint32_t outputs) const;

  const Graph& graph_;
  const Calibration& calibration_;
  Network network_;
  std::vector<bool> non_negative_;  ///< by LayerId: no activation can be below 0
};

void Quantiser::check() const {
  if (graph_.weights_missing)
    fail("", "the file holds shapes, but no weights", "expected a network with weights; this one can only be mapped");
  for (const GraphLayer& layer : graph_.layers)
    for (const GraphBranch& branch : layer.branches)
      if (branch.weights_missing) fail(branch.name, "its weights are not in the file", "expected a complete network");
  if (graph_.quantised) return;
  if (calibration_.low.size() != graph_.layers.size() || calibration_.high.size() != graph_.layers.size())
    fail("", fmt::format("calibration of {} tensors for {} layers", calibration_.high.size(), graph_.layers.size()),
         "expected a calibration of this network");
  for (std::size_t i = 0; i < graph_.layers.size(); ++i)
    if (!std::isfinite(calibration_.low[i]) || !std::isfinite(calibration_.high[i]))
      fail(graph_.layers[i].name, "its activations are not finite on the calibration frames",
           "expected frames in the range that the network was trained on");
}

/// Activations that are never negative: after Relu, and what pools and joins of such layers make of them. A range that
/// merely happened to be positive on the calibration frames is no promise, except for the network's input.
bool Quantiser::is_non_negative(const GraphLayer& layer, LayerId id) const {
  if (id == 0) return !graph_.quantised && calibration_.low[0] >= 0;
  if (layer.low >= 0) return true;
  return std::all_of(layer.branches.begin(), layer.branches.end(), [&](const GraphBranch& branch) {
    return branch.kind != BranchKind::convolution &&
           std::all_of(branch.sources.begin(), branch.sources.end(),
                       [&](const Source& source) { return non_negative_[source.producer]; });
  });
}

/// The codes that both the storage and the layer's clip allow.
void Quantiser::set_range(LayerId id, std::int32_t low, std::int32_t high) {
  const GraphLayer& from = graph_.layers[id];
  Layer& layer = network_.layers[id];
  const auto range = [&](double step) {
    CodeRange r{low, high};
    if (std::isfinite(from.low)) r.low = std::max(low, rounded(from.low / step));
    if (std::isfinite(from.high)) r.high = std::min(high, rounded(from.high / step));
    r.low = std::min(r.low, r.high);
    return r;
  };
  CodeRange widest = range(channel_step(layer, 0));
  const CodeRange first = widest;
  bool alike = true;
  for (std::uint32_t c = 0; c < layer.channel_steps.size(); ++c) {
    layer.channel_ranges.push_back(range(layer.channel_steps[c]));
    const CodeRange& own = layer.channel_ranges.back();
    alike = alike && own.low == first.low && own.high == first.high;
    widest = {std::min(widest.low, own.low), std::max(widest.high, own.high)};
  }
  if (alike) layer.channel_ranges.clear();
  layer.low = widest.low;
  layer.high = widest.high;
}

void Quantiser::check_scale(LayerId id, double scale) const {
  if (!(scale > 0) || !std::isfinite(scale))
    fail(graph_.layers[id].name, fmt::format("activation scale {}", scale), "expected a positive number");
}

void Quantiser::take_file_step(LayerId id) {
  const ActivationQuant& quant = *graph_.layers[id].quant;
  Layer& layer = network_.layers[id];
  check_scale(id, quant.scale);
  for (const double scale : quant.channel_scale) check_scale(id, scale);
  if (!quant.channel_scale.empty() && quant.channel_scale.size() != layer.output.channels)
    fail(layer.name, fmt::format("{} scales for {} channels", quant.channel_scale.size(), layer.output.channels),
         "expected one for each channel");
  layer.step = quant.scale;
  layer.channel_steps = quant.channel_scale;
  set_range(id, quant.low - quant.zero_point, quant.high - quant.zero_point);
  if (id == 0) network_.input.zero_point = quant.zero_point;
}

/// Pools and re-indexed tensors without a quantiser of their own work on their input's codes.
void Quantiser::inherit_step(LayerId id) {
  const GraphLayer& layer = graph_.layers[id];
  const bool passes_codes = layer.branches.size() == 1 && layer.branches[0].kind != BranchKind::convolution &&
                            !layer.branches[0].sources.empty();
  if (!passes_codes)
    fail(layer.name, "its output has no quantisation in a network that is quantised",
         "expected QuantizeLinear after it");
  const std::vector<Source>& sources = layer.branches[0].sources;
  const Layer& first = network_.layers[sources[0].producer];
  std::int32_t low = first.low, high = first.high;
  for (const Source& source : sources) {
    const Layer& producer = network_.layers[source.producer];
    if (producer.step != first.step || !producer.channel_steps.empty())
      fail(layer.name, "joins tensors of different scales without a quantisation of its own",
           "expected QuantizeLinear after it");
    low = std::min(low, producer.low);
    high = std::max(high, producer.high);
  }
  network_.layers[id].step = first.step;
  set_range(id, low, high);
}

double Quantiser::own_step(LayerId id) const {
  const double low = calibration_.low[id], high = calibration_.high[id];
  const double step = non_negative_[id] ? high / 255 : std::max(std::abs(low), std::abs(high)) / 127;
  return step;
}

/// Steps from the calibration; tensors that are concatenated for one branch share one, pools keep their input's.
void Quantiser::choose_steps() {
  Groups groups(graph_.layers.size());
  for (LayerId id = 0; id < graph_.layers.size(); ++id) {
    const GraphLayer& layer = graph_.layers[id];
    for (const GraphBranch& branch : layer.branches) {
      if (branch.sources.empty()) continue;
      if (branch.kind != BranchKind::identity)
        for (const Source& source : branch.sources) groups.join(source.producer, branch.sources[0].producer);
      if (is_sole_pool(layer) && !network_.layers[id].raw_output) groups.join(id, branch.sources[0].producer);
    }
  }
  std::vector<double> step(graph_.layers.size(), 0);
  for (LayerId id = 0; id < graph_.layers.size(); ++id)
    if (!network_.layers[id].raw_output) step[groups.root(id)] = std::max(step[groups.root(id)], own_step(id));
  for (LayerId id = 0; id < graph_.layers.size(); ++id) {
    if (network_.layers[id].raw_output) continue;
    const double chosen = step[groups.root(id)];
    network_.layers[id].step = chosen > 0 ? chosen : 1.0;  // all zeros on the calibration frames
    if (non_negative_[id])
      set_range(id, 0, 255);
    else
      set_range(id, -128, 127);
  }
}

/// Stored weights stay as they are where a group's inputs share one step: the output's scale takes its ratio.
bool Quantiser::take_stored(const GraphBranch& from, Branch& to, std::uint32_t outputs) const {
  if (from.stored_weights.empty()) return false;
  const std::vector<double> ratios = step_ratios(network_, to);
  const std::uint32_t inputs = from.input.channels / from.groups;
  for (std::uint32_t c = 0; c < ratios.size() && ratios.size() > 1; ++c)
    if (ratios[c] != ratios[c / inputs * inputs]) return false;
  to.weights = from.stored_weights;
  to.weight_scale = from.weight_scale;
  for (const double scale : to.weight_scale)
    if (!(scale > 0) || !std::isfinite(scale))
      fail(from.name, fmt::format("weight scale {}", scale), "expected positive numbers");
  if (ratios.empty()) return true;
  to.weight_scale.clear();
  for (std::uint32_t o = 0; o < outputs; ++o)
    to.weight_scale.push_back(per_channel(from.weight_scale, o, 1.0) *
                              per_channel(ratios, o / (outputs / from.groups) * inputs, 1.0));
  return true;
}

/// s_w = largest |w| of the output channel / 127; larger where the bias would not fit its 32 bits otherwise.
void Quantiser::choose_weight_scale(const GraphBranch& from, Branch& to, std::uint32_t outputs,
                                    double bias_limit) const {
  const double step = reference_step(network_, to);
  const std::vector<double> ratios = step_ratios(network_, to);
  const std::uint32_t of_group = outputs / from.groups, inputs = from.input.channels / from.groups;
  const std::size_t taps = from.weights.size() / outputs;
  const auto at = [&](std::uint32_t o, std::size_t tap) {
    return (std::size_t{o / of_group} * taps + tap) * of_group + o % of_group;
  };
  // in units of the input's codes: an inner index runs over the group's input channels
  const auto weight = [&](std::uint32_t o, std::size_t tap) {
    return double{from.weights[at(o, tap)]} * per_channel(ratios, o / of_group * inputs + tap % inputs, 1.0);
  };
  to.weights.resize(from.weights.size());
  to.weight_scale.resize(outputs);
  for (std::uint32_t o = 0; o < outputs; ++o) {
    double largest = 0;
    for (std::size_t tap = 0; tap < taps; ++tap) largest = std::max(largest, std::abs(weight(o, tap)));
    const double bias = from.bias.empty() ? 0.0 : std::abs(double{from.bias[o]});
    double scale = largest / 127.0;
    if (largest == 0) scale = bias > 0 ? bias / (step * lone_bias) : 1.0;
    scale = std::max(scale, bias / (step * bias_limit));
    to.weight_scale[o] = scale;
    for (std::size_t tap = 0; tap < taps; ++tap)
      to.weights[at(o, tap)] = static_cast<std::int8_t>(rounded(weight(o, tap) / scale));
  }
}

void Quantiser::set_bias(const GraphBranch& from, Branch& to, std::uint32_t outputs) const {
  if (!from.stored_bias.empty() && step_ratios(network_, to).empty()) {
    to.bias = from.stored_bias;
  } else if (!from.bias.empty()) {
    const double step = reference_step(network_, to);
    for (std::uint32_t o = 0; o < outputs; ++o) {
      const double unit = step * (to.weight_scale.size() == 1 ? to.weight_scale[0] : to.weight_scale[o]);
      const double bias = std::round(from.bias[o] / unit);
      if (!(std::abs(bias) <= code_max))
        fail(from.name, fmt::format("bias {} of channel {} is {} units of its sum", from.bias[o], o, bias),
             "expected scales that let it fit 32 bits");
      to.bias.push_back(static_cast<std::int32_t>(bias));
    }
  }
}

void Quantiser::set_weights(LayerId id, std::size_t b) {
  const GraphBranch& from = graph_.layers[id].branches[b];
  Branch& to = network_.layers[id].branches[b];
  if (from.kind != BranchKind::convolution) {
    to.weight_scale = {1.0};
    return;
  }
  const std::uint32_t outputs = graph_.layers[id].output.channels;
  for (const std::vector<float>* values : {&from.weights, &from.bias})
    if (!std::all_of(values->begin(), values->end(), [](float v) { return std::isfinite(v); }))
      fail(from.name, "weights or biases that are not finite", "expected numbers");
  const std::size_t expected =
      std::size_t{from.window.kernel_h} * from.window.kernel_w * from.input.channels / from.groups * outputs;
  const bool real = from.stored_weights.empty();
  const std::size_t found = real ? from.weights.size() : from.stored_weights.size();
  if (found != expected)
    fail(from.name, fmt::format("{} weights", found), fmt::format("expected {} for its shape", expected));
  if (!take_stored(from, to, outputs))
    choose_weight_scale(from, to, outputs, network_.layers[id].raw_output ? largest_raw_bias : largest_bias);
  set_bias(from, to, outputs);
}

}  // namespace

Network quantise(const Graph& graph, const Calibration& calibration) {
  return Quantiser(graph, calibration).quantise();
}

Network shapes_only(const Graph& graph) { return skeleton(graph); }

}  // namespace deltasim::models
