#include "models/error.hpp"
#include "models/reference.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim;
using namespace deltasim::models;

namespace {

/// Sets weight scales that explain the multipliers exactly, so that steps can be derived anew.
void explain(Network& network) {
  for (Layer& layer : network.layers)
    for (Branch& b : layer.branches) {
      b.weight_scale.clear();
      if (layer.raw_output || b.kind != BranchKind::convolution) continue;
      for (const std::int64_t m : b.multiplier) b.weight_scale.push_back(static_cast<double>(m) / (1 << 24));
    }
}

RuleSet delta(double threshold) {
  RuleSet rules;
  rules.every.threshold = {threshold};
  return rules;
}

}  // namespace

TEST_CASE("threshold 1 and other rules leave the network as it is, bit for bit") {
  const Network network = test::random_network(2);
  CHECK(with_rule_steps(network, delta(1)).hash() == network.hash());
  CHECK(with_rule_steps(network, {}).hash() == network.hash());
  RuleSet rules = delta(3);
  CHECK(with_rule_steps(network, rules).hash() != network.hash());
  rules.rule = Rule::send_on_delta;
  CHECK(with_rule_steps(network, rules).hash() == network.hash());
  rules = delta(3);
  rules.every.mode = Mode::normal;
  CHECK(with_rule_steps(network, rules).hash() == network.hash());
}

TEST_CASE("a step twice as large: half the bias, half the clamp, the multiplier between equal steps stays") {
  Network network;
  network.layers.push_back(test::input_layer({1, 1, 1}));
  network.layers.push_back(test::convolution_layer("first", 0, {1, 1, 1}, {2, 1, 1}, {}));
  network.layers.push_back(test::convolution_layer("last", 1, {2, 1, 1}, {1, 1, 1}, {}));
  network.layers[0].step = 0.25;
  network.layers[1].step = 0.5;
  network.layers[1].low = -128;
  network.layers[2].raw_output = true;
  network.layers[2].output_scale = {0.125};
  Branch& b = network.layers[1].branches[0];
  b.bias = {1001, -7};
  b.weight_scale = {0.01, 0.03};
  for (const double s : b.weight_scale) b.multiplier.push_back(std::llround(0.25 * s / 0.5 * (1 << 24)));
  RuleSet rules;
  rules.layers["first"].threshold = {2};
  const Network half = with_rule_steps(network, rules);
  CHECK(half.layers[1].step == 1.0);
  CHECK(half.layers[1].low == -64);
  CHECK(half.layers[1].high == 128);                 // 127.5: the nearest code
  CHECK(half.layers[1].branches[0].bias == b.bias);  // the input's step has not changed
  CHECK(half.layers[1].branches[0].multiplier[0] == std::llround(0.25 * 0.01 / 1.0 * (1 << 24)));
  CHECK(half.layers[1].branches[0].multiplier[1] == std::llround(0.25 * 0.03 / 1.0 * (1 << 24)));
  CHECK(half.layers[2].output_scale[0] == 0.25);
  const Network both = with_rule_steps(network, delta(2));
  CHECK(both.layers[1].branches[0].bias == std::vector<std::int32_t>{501, -4});  // half away from zero
  CHECK(both.layers[1].branches[0].multiplier == b.multiplier);
  CHECK(both.layers[0].step == 0.5);
  CHECK(both.input.value_step == 2.0);
}

TEST_CASE("delta equals the dense network quantised with the same steps, at any threshold") {
  for (const double k : {0.5, 1.75, 3.0}) {
    CAPTURE(k);
    Network network = test::random_network(31);
    explain(network);
    const Network stepped = with_rule_steps(network, delta(k));
    test::StoredFrames a = test::random_frames(network.layers[0].output, 5, 0.1, 31), b = a;
    RuleSet dense;
    dense.rule = Rule::dense;
    ReferenceNetwork by_delta(stepped, delta(k), a), by_dense(stepped, dense, b);
    FrameEvents x, y;
    while (by_delta.next(x)) {
      REQUIRE(by_dense.next(y));
      REQUIRE(x.outputs == y.outputs);
      for (LayerId l = 0; l < stepped.layers.size(); ++l)
        REQUIRE(by_delta.reconstructed(l) == by_dense.reconstructed(l));
    }
  }
}

TEST_CASE("thresholds per channel send multiples of a common unit and clamp each channel at the same real value") {
  Network network;
  network.layers.push_back(test::input_layer({3, 1, 1}));
  network.input.frames_are_codes = true;
  RuleSet rules;
  rules.layers["input"].threshold = {1.5, 1, 4};
  const Network stepped = with_rule_steps(network, rules);
  CHECK(stepped.layers[0].step == 0.5);
  CHECK(stepped.layers[0].multiple == std::vector<std::int32_t>{3, 2, 8});
  test::StoredFrames frames({3, 1, 1}, {{20, 20, 20}, {255, 255, 255}, {21, 20, 21}});
  ReferenceNetwork reference(stepped, rules, frames);
  FrameEvents events;
  const std::vector<std::vector<std::int32_t>> expected = {
      {13 * 3, 20 * 2, 5 * 8}, {170 * 3, 255 * 2, 64 * 8}, {14 * 3, 20 * 2, 5 * 8}};
  for (const auto& codes : expected) {
    REQUIRE(reference.next(events));
    CHECK(reference.reconstructed(0) == codes);
  }
}

TEST_CASE("thresholds per channel behind a convolution: each channel's multiplier reaches its own step") {
  Network network;
  network.layers.push_back(test::input_layer({1, 1, 1}));
  network.layers.push_back(test::convolution_layer("first", 0, {1, 1, 1}, {3, 1, 1}, {}));
  network.layers[1].branches[0].weights = {10, 10, 10};
  network.layers[1].branches[0].multiplier = {1 << 23};  // half a code per unit of the sum
  network.input.frames_are_codes = true;
  RuleSet rules;
  rules.layers["first"].threshold = {2, 1, 5};
  const Network stepped = with_rule_steps(network, rules);
  CHECK(stepped.layers[1].step == 1.0);
  CHECK(stepped.layers[1].branches[0].multiplier == std::vector<std::int64_t>{1 << 22, 1 << 23, 1677722});
  test::StoredFrames frames({1, 1, 1}, {{7}, {51}});  // sums 70, 510; real outputs 35, 255
  ReferenceNetwork reference(stepped, rules, frames);
  FrameEvents events;
  REQUIRE(reference.next(events));
  CHECK(reference.reconstructed(1) == std::vector<std::int32_t>{36, 35, 35});
  REQUIRE(reference.next(events));
  CHECK(reference.reconstructed(1) == std::vector<std::int32_t>{256, 255, 255});
}

TEST_CASE("layers that meet in one accumulator get one unit, consumers see the same real values") {
  Network network = test::random_network(33);
  explain(network);
  RuleSet rules;
  rules.layers["conv1"].threshold = {2};  // concatenated with layers whose threshold is 1
  const Network stepped = with_rule_steps(network, rules);
  CHECK(stepped.layers[1].multiple == std::vector<std::int32_t>(stepped.layers[1].output.channels, 2));
  test::StoredFrames frames = test::random_frames(network.layers[0].output, 4, 0.1, 33);
  ReferenceNetwork reference(stepped, rules, frames);
  FrameEvents events;
  for (const auto& frame : frames.all()) {
    REQUIRE(reference.next(events));
    const test::Codes expected = test::evaluate(stepped, frame);
    for (LayerId l = 0; l < stepped.layers.size(); ++l) {
      if (stepped.layers[l].raw_output) continue;
      const auto held = reference.reconstructed(l);
      REQUIRE(std::vector<std::int64_t>(held.begin(), held.end()) == expected[l]);
    }
  }
  rules.layers["conv1"].threshold = {2.01};
  CHECK_THROWS_WITH_AS(with_rule_steps(network, rules), doctest::Contains("one value for all, or multiples of 1/16"),
                       InputError);
}

TEST_CASE("the hash tells what decides the streams and nothing else") {
  const Network network = test::random_network(4);
  const std::string hash = network.hash();
  CHECK(hash.size() == 36);
  CHECK(test::random_network(4).hash() == hash);
  const auto changed = [&](auto change) {
    Network other = test::random_network(4);
    change(other);
    return other.hash() != hash;
  };
  CHECK_FALSE(changed([](Network& n) { n.layers[1].name = "another"; }));
  CHECK(changed([](Network& n) { n.layers[1].branches[0].weights[0] ^= 1; }));
  CHECK(changed([](Network& n) { n.layers[1].branches[0].bias[0] += 1; }));
  CHECK(changed([](Network& n) { n.layers[1].branches[0].multiplier[0] += 1; }));
  CHECK(changed([](Network& n) { n.layers[1].branches[0].window.pad_left += 1; }));
  CHECK(changed([](Network& n) { n.layers[1].step *= 2; }));
  CHECK(changed([](Network& n) { n.input.frames_are_codes = false; }));
  CHECK(changed([](Network& n) { n.sigma_delta.threshold = {1}; }));
  CHECK(changed([](Network& n) { n.outputs[0].sources[0].view.map = nullptr; }));
}
