#include "sim/tune/knobs.hpp"

#include "models/error.hpp"
#include "models/sending.hpp"
#include "sim/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace deltasim::sim {
namespace {

std::vector<double> scale_of(models::Rule rule) {
  if (rule == models::Rule::delta)
    return {1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64};
  return {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128};
}

void require_thresholds(const models::Network& network, models::Rule rule) {
  const std::string name = split_names(names_of(rule)).at(static_cast<std::size_t>(rule));
  if (models::is_absolute(rule))
    throw models::InputError("", "/delta/rule", "is " + name + ", which has no thresholds to tune",
                             "delta, send_on_delta, pixel or previous_frame");
  if (rule == models::Rule::sigma_delta)
    throw models::InputError("", "/delta/rule",
                             "is sigma_delta: network '" + network.name + "' was trained with its thresholds",
                             "delta, send_on_delta, pixel or previous_frame");
}

/// By LayerId: the smallest layer whose events meet these in one accumulator.
std::vector<models::LayerId> tied(const models::Network& network) {
  std::vector<models::LayerId> root(network.layers.size());
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&](models::LayerId l) {
    while (root[l] != l) l = root[l];
    return l;
  };
  for (const auto& layer : network.layers)
    for (const auto& branch : layer.branches)
      for (const auto& source : branch.sources) {
        const auto a = find(branch.sources.front().producer), b = find(source.producer);
        root[std::max(a, b)] = std::min(a, b);
      }
  for (models::LayerId l = 0; l < root.size(); ++l) root[l] = find(l);
  return root;
}

}  // namespace

Knobs::Knobs(const models::Network& network, const models::RuleSet& base) : base_(base), scale_(scale_of(base.rule)) {
  require_thresholds(network, base.rule);
  const auto absolute = models::absolute_layers(models::sending_rules(network, base));
  const auto root = tied(network);
  std::map<models::LayerId, std::size_t> knob_of;
  for (models::LayerId l = 0; l < network.layers.size(); ++l) {
    if (network.layers[l].raw_output || absolute[l] != 0) continue;
    const models::LayerId shared = base.rule == models::Rule::delta ? root[l] : l;
    const auto [knob, is_new] = knob_of.emplace(shared, layers_.size());
    if (is_new) layers_.emplace_back();
    layers_[knob->second].push_back(network.layers[l].name);
  }
  if (layers_.empty())
    throw models::InputError("", "/delta/layers", "all layers are in mode normal: there is no threshold to tune",
                             "mode delta for some of them");
}

models::RuleSet Knobs::rules(const Setting& setting) const {
  models::RuleSet rules = base_;
  for (std::size_t k = 0; k < size(); ++k)
    for (const auto& name : layers_[k]) {
      auto& rule = rules.layers[name];
      rule.mode = models::Mode::delta;
      rule.threshold = {threshold(setting, k)};
    }
  return rules;
}

}  // namespace deltasim::sim
