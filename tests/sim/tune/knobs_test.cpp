#include "sim/tune/knobs.hpp"
#include "models/error.hpp"
#include "models/reference.hpp"
#include "models/sending.hpp"
#include "tests/sim/shapes.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::sim;
using deltasim::test::Shapes;

namespace {

models::RuleSet rules_of(models::Rule rule) {
  models::RuleSet rules;
  rules.rule = rule;
  return rules;
}

/// input -> layer1 (3 channels), layer2 (4 channels) -> layer3 takes both, one after the other.
models::Network concatenated() {
  Shapes s(2, 6, 6);
  s.convolution(3, 3, 1).convolution(4, 3, 1).convolution(5, 1, 1).dense(2);
  s.network.layers.back().raw_output = true;
  auto& branch = s.network.layers[3].branches[0];
  branch.input.channels = 7;
  branch.sources = {{1, {}}, {2, {3, nullptr}}};
  return s.network;
}

std::string refusal(const models::Network& network, const models::RuleSet& rules) {
  try {
    const Knobs knobs(network, rules);
    return "";
  } catch (const models::InputError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("a knob for each layer that sends, layers whose events meet in one sum share a step") {
  const models::Network network = concatenated();
  const Knobs codes(network, rules_of(models::Rule::send_on_delta));
  CHECK(codes.size() == 4);
  const Knobs steps(network, rules_of(models::Rule::delta));
  REQUIRE(steps.size() == 3);
  CHECK(steps.layers(1) == std::vector<std::string>{"layer1", "layer2"});
  CHECK(steps.layers(2) == std::vector<std::string>{"layer3"});
}

TEST_CASE("scales start at the rule's neutral threshold and rise") {
  const models::Network network = concatenated();
  for (const auto rule : {models::Rule::delta, models::Rule::send_on_delta, models::Rule::pixel}) {
    const Knobs knobs(network, rules_of(rule));
    CHECK(knobs.scale().front() == (rule == models::Rule::delta ? 1.0 : 0.0));
    for (std::size_t i = 1; i < knobs.scale().size(); ++i) CHECK(knobs.scale()[i] > knobs.scale()[i - 1]);
  }
}

TEST_CASE("a setting becomes rules for every layer of a knob, the rest of the rules stays") {
  models::RuleSet base = rules_of(models::Rule::delta);
  base.payload_bits = 9;
  base.layers["layer3"].mode = models::Mode::normal;
  const Knobs knobs(concatenated(), base);
  REQUIRE(knobs.size() == 2);
  const models::RuleSet rules = knobs.rules({0, 4});
  CHECK(rules.payload_bits == 9);
  CHECK(rules.layers.at("input").threshold == std::vector<double>{1.0});
  CHECK(rules.layers.at("layer1").threshold == std::vector<double>{2.0});
  CHECK(rules.layers.at("layer2").threshold == std::vector<double>{2.0});
  CHECK(rules.layers.at("layer3").mode == models::Mode::normal);
}

TEST_CASE("rules without a threshold to choose are refused with what would be right") {
  const models::Network network = concatenated();
  const std::string remedy = "; delta, send_on_delta, pixel or previous_frame";
  CHECK(refusal(network, rules_of(models::Rule::spatial)) ==
        "/delta/rule: is spatial, which has no thresholds to tune" + remedy);
  CHECK(refusal(network, rules_of(models::Rule::sigma_delta)) ==
        "/delta/rule: is sigma_delta: network 'shapes' was trained with its thresholds" + remedy);
  models::RuleSet normal = rules_of(models::Rule::delta);
  normal.every.mode = models::Mode::normal;
  CHECK(refusal(network, normal) ==
        "/delta/layers: all layers are in mode normal: there is no threshold to tune; mode delta for some of them");
}
