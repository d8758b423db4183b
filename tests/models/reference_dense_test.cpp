// Every rule that sends every change must compute exactly what the dense network computes: each layer, each frame.
#include "models/reference.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::models;
using deltasim::test::Codes;

namespace {

std::vector<std::int64_t> widened(const std::vector<std::int32_t>& values) { return {values.begin(), values.end()}; }

void check_layers(const Network& network, const ReferenceNetwork& reference, const Codes& expected) {
  for (LayerId l = 0; l < network.layers.size(); ++l) {
    if (network.layers[l].raw_output) continue;
    CAPTURE(network.layers[l].name);
    REQUIRE(widened(reference.reconstructed(l)) == expected[l]);
  }
}

void check_against_dense(std::uint32_t seed, const RuleSet& rules) {
  CAPTURE(seed);
  const Network network = test::random_network(seed);
  test::StoredFrames frames = test::random_frames(network.layers[0].output, 6, 0.1, seed);
  ReferenceNetwork reference(network, rules, frames);
  FrameEvents events;
  for (std::size_t t = 0; t < frames.all().size(); ++t) {
    CAPTURE(t);
    REQUIRE(reference.next(events));
    const Codes expected = test::evaluate(network, frames.all()[t]);
    check_layers(network, reference, expected);
    REQUIRE(events.outputs == test::outputs(network, expected));
  }
  CHECK_FALSE(reference.next(events));
}

RuleSet rule(Rule r) {
  RuleSet rules;
  rules.rule = r;
  return rules;
}

constexpr Rule all_rules[] = {Rule::dense,          Rule::spatial, Rule::delta,      Rule::send_on_delta,
                              Rule::previous_frame, Rule::pixel,   Rule::sigma_delta};

}  // namespace

TEST_CASE("the random networks use their codes") {
  const Network network = test::random_network(3);
  test::StoredFrames frames = test::random_frames(network.layers[0].output, 1, 0.1, 3);
  const Codes codes = test::evaluate(network, frames.all()[0]);
  for (LayerId l = 0; l < network.layers.size(); ++l) {
    CAPTURE(network.layers[l].name);
    std::size_t inside = 0;
    for (const auto v : codes[l]) inside += v != 0 && v != network.layers[l].low && v != network.layers[l].high;
    CHECK(inside * 10 > codes[l].size());  // neither silent nor saturated
  }
}

TEST_CASE("at threshold 0 every rule equals dense evaluation on random networks") {
  for (const Rule r : all_rules)
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
      CAPTURE(static_cast<int>(r));
      check_against_dense(seed, rule(r));
    }
}

TEST_CASE("key frames change the streams, not the values") {
  for (const Rule r : all_rules) {
    RuleSet rules = rule(r);
    rules.key_frame_period = 3;
    CAPTURE(static_cast<int>(r));
    check_against_dense(11, rules);
  }
}

TEST_CASE("narrow payloads split values, which does not change results") {
  RuleSet rules = rule(Rule::delta);
  rules.payload_bits = 5;
  check_against_dense(12, rules);
}

TEST_CASE("layers in mode normal send values amid delta layers") {
  for (const std::uint32_t seed : {21u, 22u}) {
    const Network network = test::random_network(seed);
    RuleSet rules = rule(Rule::send_on_delta);
    rules.layers["dense"].mode = Mode::normal;
    rules.layers["input"].mode = Mode::normal;
    check_against_dense(seed, rules);
  }
  RuleSet rules = rule(Rule::delta);
  rules.every.mode = Mode::normal;  // then it is `spatial`
  check_against_dense(23, rules);
}

TEST_CASE("accumulators are the convolutions' sums") {
  const Network network = test::random_network(5);
  test::StoredFrames frames = test::random_frames(network.layers[0].output, 3, 0.2, 5);
  ReferenceNetwork reference(network, rule(Rule::delta), frames);
  FrameEvents events;
  while (reference.next(events)) {
  }
  Network bare = network;  // the first layer alone, its sums as the result
  bare.layers.resize(2);
  bare.layers[1].raw_output = true;
  bare.outputs.clear();
  const Codes expected = test::evaluate(bare, frames.all().back());
  CHECK(widened(reference.accumulators(1, 0)) == expected[1]);
}

TEST_CASE("layer_delay: a layer integrates in frame t what its producers sent in frame t - 1") {
  const Network network = test::random_network(7);
  for (const auto& [r, period] : {std::pair{Rule::dense, 0u}, {Rule::delta, 0u}, {Rule::delta, 5u}}) {
    test::StoredFrames frames = test::random_frames(network.layers[0].output, 8, 0.1, 7);
    RuleSet rules = rule(r);
    rules.layer_delay = true;
    rules.key_frame_period = period;
    ReferenceNetwork reference(network, rules, frames);
    FrameEvents events;
    Codes nothing(network.layers.size());
    for (LayerId l = 0; l < network.layers.size(); ++l) nothing[l].resize(network.layers[l].output.size());
    Codes before = nothing;
    for (const auto& frame : frames.all()) {
      REQUIRE(reference.next(events));
      if (events.key) before = nothing;  // as at power-up: what was on its way is dropped
      Codes now(network.layers.size());
      now[0].assign(frame.begin(), frame.end());
      for (LayerId l = 1; l < network.layers.size(); ++l) now[l] = test::evaluate_layer(network, l, before);
      check_layers(network, reference, now);
      REQUIRE(events.outputs == test::outputs(network, now));
      before = now;
    }
  }
}

TEST_CASE("a still scene costs nothing after the first frame") {
  const Network network = test::random_network(8);
  test::StoredFrames frames = test::random_frames(network.layers[0].output, 3, 0.0, 8);
  ReferenceNetwork reference(network, rule(Rule::delta), frames);
  FrameEvents events;
  for (std::size_t t = 0; reference.next(events); ++t)
    for (const auto& sent : events.of_layer) CHECK((t == 0 || sent.empty()));
}

TEST_CASE("sums wrap at the layer's width") {
  for (const std::int32_t bias : {(1 << 23) - 256, (1 << 23) - 255}) {  // both sides of the limit
    Network network;
    network.layers.push_back(test::input_layer({1, 1, 1}));
    network.layers.push_back(test::convolution_layer("wide", 0, {1, 1, 1}, {1, 1, 1}, {}));
    network.layers[1].branches[0].weights = {1};
    network.layers[1].branches[0].bias = {bias};
    network.layers[1].accumulator_bits = 24;
    network.layers[1].raw_output = true;
    network.outputs = {{"out", {1}, {{1, {}}}}};
    network.input.frames_are_codes = true;
    test::StoredFrames frames({1, 1, 1}, {{255.0f}});
    ReferenceNetwork reference(network, rule(Rule::delta), frames);
    FrameEvents events;
    REQUIRE(reference.next(events));
    CHECK(events.outputs[0] == (bias + 255 < (1 << 23) ? (1 << 23) - 1 : -(1 << 23)));
  }
}
