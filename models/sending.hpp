#pragma once

#include "models/network.hpp"
#include "models/rules.hpp"

namespace deltasim::models {

/// What one layer does under a rule set, after names, modes and defaults are resolved.
struct SendingRule {
  Rule rule = Rule::delta;        ///< `spatial` for layers in mode normal
  std::vector<double> threshold;  ///< one, or one per channel
};

/// The same rules with every entry under the name of the layer that sends: a branch that was fused into a layer (one
/// side of an addition) stands for it. Errors: InputError where two names of one layer have different rules.
RuleSet with_layer_names(const Network& network, RuleSet rules);

/// By LayerId. Layers in mode normal keep their own quantisation step.
/// Errors: InputError with the JSON pointer of the run file's `delta` section.
std::vector<SendingRule> sending_rules(const Network& network, const RuleSet& rules);

/// By LayerId: 1 where the layer's events carry values.
std::vector<std::uint8_t> absolute_layers(const std::vector<SendingRule>& sending);

}  // namespace deltasim::models
