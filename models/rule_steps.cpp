#include "models/error.hpp"
#include "models/evaluate.hpp"
#include "models/multipliers.hpp"
#include "models/reference.hpp"
#include "models/sending.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <numeric>
#include <set>

namespace deltasim::models {
namespace {

constexpr double channel_grain = 16.0;  // thresholds that differ within one accumulator are multiples of 1/16

/// A layer's new step in units of its old one, and the multiples of it that its channels send.
struct StepScale {
  double unit = 1.0;
  std::vector<std::int32_t> multiple;
  bool neutral() const { return unit == 1.0 && multiple.empty(); }
};

/// Layers whose events meet in one accumulator need one unit: by LayerId, the smallest layer they are tied to.
std::vector<LayerId> tied_layers(const Network& network) {
  std::vector<LayerId> root(network.layers.size());
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&](LayerId l) {
    while (root[l] != l) l = root[l];
    return l;
  };
  for (const Layer& layer : network.layers)
    for (const Branch& branch : layer.branches)
      for (const Source& source : branch.sources) {
        const LayerId a = find(branch.sources.front().producer), b = find(source.producer);
        root[std::max(a, b)] = std::min(a, b);
      }
  for (LayerId l = 0; l < root.size(); ++l) root[l] = find(l);
  return root;
}

double common_unit(const Network& network, LayerId first, const std::set<double>& thresholds) {
  if (thresholds.size() == 1) return *thresholds.begin();
  std::int64_t unit = 0;
  for (const double k : thresholds) {
    const double grains = k * channel_grain;
    if (grains != std::floor(grains) || grains > 1e9)
      throw InputError("", "/delta/layers/" + network.layers[first].name + "/threshold",
                       fmt::format("{} beside {}: thresholds that differ between channels, or between layers that are "
                                   "concatenated, need a common unit",
                                   k, *thresholds.begin() == k ? *thresholds.rbegin() : *thresholds.begin()),
                       "one value for all, or multiples of 1/16");
    unit = std::gcd(unit, static_cast<std::int64_t>(grains));
  }
  return static_cast<double>(unit) / channel_grain;
}

std::vector<StepScale> step_scales(const Network& network, const std::vector<SendingRule>& sending) {
  const std::vector<LayerId> root = tied_layers(network);
  std::vector<std::set<double>> thresholds(network.layers.size());
  const auto of = [&](LayerId l) {
    return sending[l].rule == Rule::delta ? sending[l].threshold : std::vector<double>{1.0};
  };
  for (LayerId l = 0; l < root.size(); ++l)
    for (const double k : of(l)) thresholds[root[l]].insert(k);
  std::vector<StepScale> scales(network.layers.size());
  for (LayerId l = 0; l < root.size(); ++l) {
    scales[l].unit = common_unit(network, root[l], thresholds[root[l]]);
    if (thresholds[root[l]].size() == 1) continue;
    for (std::uint32_t c = 0; c < network.layers[l].output.channels; ++c)
      scales[l].multiple.push_back(static_cast<std::int32_t>(std::lround(per_channel(of(l), c, 1.0) / scales[l].unit)));
  }
  return scales;
}

std::int32_t saturated(double value) {
  constexpr double low = std::numeric_limits<std::int32_t>::min(), high = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>(std::fmin(high, std::fmax(low, std::round(value))));
}

/// Clamps move to the nearest code, so that the layer saturates at the same real value.
void scale_output(Layer& layer, const StepScale& scale) {
  layer.step *= scale.unit;
  layer.low = saturated(layer.low / scale.unit);
  layer.high = saturated(layer.high / scale.unit);
  for (double& step : layer.channel_steps) step *= scale.unit;
  for (CodeRange& range : layer.channel_ranges)
    range = {saturated(range.low / scale.unit), saturated(range.high / scale.unit)};
  layer.multiple = scale.multiple;
  for (std::uint32_t c = 0; c < layer.output.channels; ++c) {
    const ChannelCode code(layer, c);
    if (code.high > 0 || code.low < 0) continue;
    const CodeRange range = per_channel(layer.channel_ranges, c, CodeRange{layer.low, layer.high});
    throw InputError("", "/delta/layers/" + layer.name + "/threshold",
                     fmt::format("a step of {} times the network's own leaves no code but 0 to layer '{}'",
                                 scale.unit * code.multiple, layer.name),
                     fmt::format("at most {}", 2 * scale.unit * std::max(std::abs(range.low), std::abs(range.high))));
  }
}

/// M before rounding, where the scales tell it; a network that was given M alone keeps it as it is.
std::vector<double> exact_multipliers(const Network& network, const Layer& layer, const Branch& branch) {
  std::vector<double> units;
  if (!branch.weight_scale.empty() && !layer.raw_output) units = accumulator_scale(network, branch);
  std::vector<double> result;
  for (std::uint32_t c = 0; c < layer.output.channels; ++c) {
    const auto given = static_cast<double>(per_channel(branch.multiplier, c, unit_multiplier));
    const double exact = per_channel(units, c, 0.0) / channel_step(layer, c) * static_cast<double>(unit_multiplier);
    result.push_back(std::fabs(exact - given) <= 1.0 ? exact : given);
  }
  return result;
}

void scale_branch(const Network& before, LayerId l, std::size_t b, const std::vector<StepScale>& scales,
                  Branch& after) {
  const Layer& layer = before.layers[l];
  const double input = scales[layer.branches[b].sources.front().producer].unit;
  const StepScale& output = scales[l];
  if (input == 1.0 && output.neutral()) return;
  for (std::int32_t& bias : after.bias) bias = saturated(bias / input);
  if (layer.raw_output && layer.branches.size() == 1) return;  // bare sums: nothing is multiplied
  after.multiplier = {};
  const std::vector<double> exact = exact_multipliers(before, layer, layer.branches[b]);
  for (std::uint32_t c = 0; c < layer.output.channels; ++c)
    after.multiplier.push_back(
        std::llround(exact[c] * input / (output.unit * per_channel(output.multiple, c, std::int32_t{1}))));
}

/// Raw outputs of one branch are its bare sums, whose unit is the input's step; of several, terms in the layer's step.
void scale_raw_output(const Layer& before, const std::vector<StepScale>& scales, Layer& after) {
  if (before.branches.size() != 1) return;
  for (double& scale : after.output_scale) scale *= scales[before.branches[0].sources.front().producer].unit;
}

}  // namespace

Network with_rule_steps(const Network& network, const RuleSet& rules) {
  const std::vector<SendingRule> sending = sending_rules(network, rules);
  Network result = network;
  if (rules.rule != Rule::delta) return result;
  const std::vector<StepScale> scales = step_scales(network, sending);
  for (LayerId l = 0; l < network.layers.size(); ++l) {
    assert(network.layers[l].multiple.empty());
    Layer& layer = result.layers[l];
    if (layer.raw_output) scale_raw_output(network.layers[l], scales, layer);
    if (!layer.raw_output && !scales[l].neutral()) scale_output(layer, scales[l]);
    for (std::size_t b = 0; b < layer.branches.size(); ++b) scale_branch(network, l, b, scales, layer.branches[b]);
  }
  result.input.value_step *= scales[0].unit;
  return result;
}

}  // namespace deltasim::models
