#include "models/sending.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models {
namespace {

std::string sender_names(const Network& network) {
  std::string names;
  for (const Layer& layer : network.layers)
    if (!layer.raw_output) names += (names.empty() ? "" : ", ") + layer.name;
  return names;
}

void check_names(const Network& network, const RuleSet& rules) {
  for (const auto& [name, rule] : rules.layers) {
    const auto named = [&n = name](const Layer& layer) { return layer.name == n && !layer.raw_output; };
    if (std::none_of(network.layers.begin(), network.layers.end(), named))
      throw InputError("", "/delta/layers/" + name,
                       fmt::format("no layer of the network sends under the name '{}'", name),
                       "layers that send: " + sender_names(network));
  }
}

void check_rule_set(const RuleSet& rules) {
  if (rules.payload_bits < 2 || rules.payload_bits > 32)
    throw InputError("", "/delta/payload_bits",
                     fmt::format("{} bits cannot carry an event's value", rules.payload_bits), "2 to 32 bits, signed");
}

void check_threshold(const Layer& layer, const std::string& place, Rule rule, const std::vector<double>& threshold) {
  if (threshold.size() > 1 && threshold.size() != layer.output.channels)
    throw InputError(
        "", place,
        fmt::format("{} values, but layer '{}' has {} channels", threshold.size(), layer.name, layer.output.channels),
        fmt::format("one value, or {}", layer.output.channels));
  for (const double t : threshold) {
    if (rule == Rule::delta && !(std::isfinite(t) && t > 0))
      throw InputError("", place, fmt::format("{} is not a multiple of a quantisation step", t),
                       "a number above 0; 1 keeps the network's own step");
    if (!(std::isfinite(t) && t >= 0))
      throw InputError("", place, fmt::format("{} is not a threshold", t), "a number of codes, 0 or more");
  }
}

std::vector<double> neutral(const Network& network, LayerId layer, Rule rule) {
  if (rule == Rule::delta) return {1.0};
  if (rule == Rule::sigma_delta && layer < network.sigma_delta.threshold.size())
    return {static_cast<double>(network.sigma_delta.threshold[layer])};
  return {0.0};
}

SendingRule sending_rule(const Network& network, LayerId l, const RuleSet& rules) {
  const Layer& layer = network.layers[l];
  const auto own = rules.layers.find(layer.name);
  const bool named = own != rules.layers.end() && !layer.raw_output;
  const Mode mode = named ? own->second.mode : rules.every.mode;
  SendingRule result;
  result.rule = mode == Mode::normal && !is_absolute(rules.rule) ? Rule::spatial : rules.rule;
  if (is_absolute(result.rule)) {
    result.threshold = {0.0};
    return result;
  }
  const bool from_own = named && !own->second.threshold.empty();
  result.threshold = from_own ? own->second.threshold : rules.every.threshold;
  if (result.threshold.empty() || layer.raw_output) result.threshold = neutral(network, l, rules.rule);
  const std::string place = from_own ? "/delta/layers/" + layer.name + "/threshold" : "/delta/threshold";
  check_threshold(layer, place, rules.rule, result.threshold);
  return result;
}

}  // namespace

RuleSet with_layer_names(const Network& network, RuleSet rules) {
  const auto same = [](const LayerRule& a, const LayerRule& b) {
    return a.mode == b.mode && a.threshold == b.threshold;
  };
  for (const Layer& layer : network.layers)
    for (const Branch& branch : layer.branches) {
      const auto alias = rules.layers.find(branch.name);
      if (branch.name == layer.name || layer.raw_output || alias == rules.layers.end()) continue;
      const LayerRule rule = alias->second;
      rules.layers.erase(alias);
      if (!same(rules.layers.emplace(layer.name, rule).first->second, rule))
        throw InputError("", "/delta/layers/" + branch.name,
                         fmt::format("'{}' and '{}' are one layer with two rules", branch.name, layer.name),
                         "one rule, under either name");
    }
  return rules;
}

std::vector<SendingRule> sending_rules(const Network& network, const RuleSet& rules) {
  check_names(network, rules);
  check_rule_set(rules);
  std::vector<SendingRule> result;
  for (LayerId l = 0; l < network.layers.size(); ++l) result.push_back(sending_rule(network, l, rules));
  return result;
}

std::vector<std::uint8_t> absolute_layers(const std::vector<SendingRule>& sending) {
  std::vector<std::uint8_t> result;
  result.reserve(sending.size());
  for (const SendingRule& layer : sending) result.push_back(is_absolute(layer.rule) ? 1 : 0);
  return result;
}

}  // namespace deltasim::models
