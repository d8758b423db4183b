#pragma once

#include "models/network.hpp"
#include "models/rules.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A level on the scale of thresholds, for each knob.
using Setting = std::vector<std::uint32_t>;

/// What `deltasim tune` turns: one threshold for each layer that sends under the run's rule (layers in mode normal keep
/// it). Layers whose events meet in one accumulator share a step under rule `delta`, so they share a knob.
class Knobs {
 public:
  /// `base`: the run's rules under layer names (models::with_layer_names). Errors: InputError for rules without
  /// thresholds to choose.
  Knobs(const models::Network& network, const models::RuleSet& base);

  std::size_t size() const { return layers_.size(); }
  const std::vector<std::string>& layers(std::size_t knob) const { return layers_[knob]; }
  /// Thresholds from the rule's neutral one upwards, about four an octave.
  const std::vector<double>& scale() const { return scale_; }
  double threshold(const Setting& setting, std::size_t knob) const { return scale_[setting[knob]]; }
  models::RuleSet rules(const Setting& setting) const;
  Setting uniform(std::uint32_t level) const { return Setting(size(), level); }

 private:
  models::RuleSet base_;
  std::vector<std::vector<std::string>> layers_;
  std::vector<double> scale_;
};

}  // namespace deltasim::sim
