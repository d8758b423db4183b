// Thresholded rules: equivalent forms from the literature, error bounds, messages to the user.
#include "models/error.hpp"
#include "models/reference.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim;
using namespace deltasim::models;

namespace {

/// The input's own stream is all that these tests look at.
Network input_only(Shape shape, std::int32_t low = 0, std::int32_t high = 255) {
  Network network;
  network.name = "input only";
  network.layers.push_back(test::input_layer(shape));
  network.layers[0].low = low;
  network.layers[0].high = high;
  network.input.frames_are_codes = true;
  return network;
}

/// Slow random walk of `n` elements.
test::StoredFrames walk(std::uint32_t n, std::size_t count, double step, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> move(0.0, step);
  std::vector<double> at(n, 128.0);
  std::vector<std::vector<float>> frames;
  for (std::size_t t = 0; t < count; ++t) {
    std::vector<float> frame;
    for (double& v : at) {
      v = std::min(250.0, std::max(5.0, v + move(random)));
      frame.push_back(static_cast<float>(std::round(v)));
    }
    frames.push_back(frame);
  }
  return {{n, 1, 1}, frames};
}

RuleSet rule(Rule r, double threshold, Comparison comparison = Comparison::greater) {
  RuleSet rules;
  rules.rule = r;
  rules.every.threshold = {threshold};
  rules.comparison = comparison;
  return rules;
}

std::vector<std::vector<DeltaEvent>> input_stream(const Network& network, const RuleSet& rules, FrameSource& frames) {
  frames.rewind();
  ReferenceNetwork reference(network, rules, frames);
  FrameEvents events;
  std::vector<std::vector<DeltaEvent>> stream;
  while (reference.next(events)) stream.push_back(events.of_layer[0]);
  return stream;
}

std::string error_of(const Network& network, const RuleSet& rules) {
  try {
    test::StoredFrames frames(network.layers[0].output, {});
    const Network stepped = with_rule_steps(network, rules);
    ReferenceNetwork reference(stepped, rules, frames);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("send_on_delta sends what exceeds theta, strictly, and greater_equal what reaches it") {
  const Network network = input_only({1, 1, 1});
  test::StoredFrames frames({1, 1, 1}, {{4.0f}, {8.0f}, {9.0f}, {5.0f}});
  const auto strict = input_stream(network, rule(Rule::send_on_delta, 4), frames);
  CHECK(strict[0].empty());  // 4 against the power-up reference 0
  REQUIRE(strict[1].size() == 1);
  CHECK(strict[1][0].value == 8);
  CHECK(strict[2].empty());
  CHECK(strict[3].empty());  // |5 - 8| = 3
  const auto reached = input_stream(network, rule(Rule::send_on_delta, 4, Comparison::greater_equal), frames);
  REQUIRE(reached[0].size() == 1);
  CHECK(reached[0][0].value == 4);
  REQUIRE(reached[1].size() == 1);
  CHECK(reached[1][0].value == 4);
  CHECK(reached[2].empty());
  CHECK(reached[3].empty());
}

TEST_CASE("the residue form of sigma-delta gives the stream of send_on_delta") {
  const Network network = input_only({40, 1, 1});
  test::StoredFrames frames = walk(40, 60, 3.0, 1);
  for (const double theta : {1.0, 3.0, 8.0})
    CHECK(input_stream(network, rule(Rule::sigma_delta, theta, Comparison::greater_equal), frames) ==
          input_stream(network, rule(Rule::send_on_delta, theta, Comparison::greater_equal), frames));
}

TEST_CASE("herding, diff(round(cumsum(k d))), gives the stream of delta with the step 1 / k") {
  const Network network = input_only({40, 1, 1});
  test::StoredFrames frames = walk(40, 60, 3.0, 2);
  for (const double q : {2.0, 3.0, 6.4}) {
    const RuleSet rules = rule(Rule::delta, q);
    const auto stream = input_stream(with_rule_steps(network, rules), rules, frames);
    std::vector<double> sum(40), rounded(40), previous(40);
    for (std::size_t t = 0; t < stream.size(); ++t) {
      std::vector<DeltaEvent> expected;
      for (std::uint32_t c = 0; c < 40; ++c) {
        sum[c] += frames.all()[t][c] - previous[c];
        previous[c] = frames.all()[t][c];
        const double now = std::nearbyint(sum[c] / q);
        if (now != rounded[c]) expected.push_back({c, 0, 0, static_cast<std::int32_t>(now - rounded[c])});
        rounded[c] = now;
      }
      REQUIRE(stream[t] == expected);
    }
  }
}

TEST_CASE("send_on_delta keeps every error within theta, previous_frame drifts about ten times as far") {
  const std::uint32_t n = 200;
  const Network network = input_only({n, 1, 1});
  test::StoredFrames frames = walk(n, 400, 2.0, 3);
  const auto rms = [&](Rule r, double& largest) {
    frames.rewind();
    ReferenceNetwork reference(network, rule(r, 4), frames);
    FrameEvents events;
    double squares = 0;
    for (std::size_t t = 0; reference.next(events); ++t) {
      const auto held = reference.reconstructed(0);
      for (std::uint32_t c = 0; c < n; ++c) {
        const double error = held[c] - frames.all()[t][c];
        squares += error * error;
        largest = std::max(largest, std::fabs(error));
      }
    }
    return std::sqrt(squares / (400.0 * n));
  };
  double bound = 0, drifted = 0;
  const double with_reference = rms(Rule::send_on_delta, bound);
  const double without = rms(Rule::previous_frame, drifted);
  CHECK(bound <= 4);
  CHECK(without > 6 * with_reference);
  CHECK(without < 20 * with_reference);
}

TEST_CASE("pixel sends all channels of an active pixel and nothing of the others") {
  const Network network = input_only({3, 1, 2});
  // Channel-first: pixel 0 = (10, 0, 2), pixel 1 = (4, 4, 4); then pixel 1 moves by 4 and by 5.
  test::StoredFrames frames({3, 1, 2}, {{10, 4, 0, 4, 2, 4}, {10, 4, 0, 8, 2, 4}, {10, 4, 0, 9, 2, 4}});
  const auto stream = input_stream(network, rule(Rule::pixel, 4), frames);
  CHECK(stream[0] == std::vector<DeltaEvent>{{0, 0, 0, 10}, {1, 0, 0, 0}, {2, 0, 0, 2}});
  CHECK(stream[1] == std::vector<DeltaEvent>{{0, 0, 1, 4}, {1, 0, 1, 8}, {2, 0, 1, 4}});
  CHECK(stream[2].empty());
}

TEST_CASE("thresholds per channel and per layer") {
  const Network network = input_only({2, 1, 1});
  test::StoredFrames frames({2, 1, 1}, {{5, 5}, {8, 8}});
  RuleSet rules = rule(Rule::send_on_delta, 100);
  rules.layers["input"].threshold = {2, 3};
  const auto stream = input_stream(network, rules, frames);
  CHECK(stream[0].size() == 2);
  CHECK(stream[1] == std::vector<DeltaEvent>{{0, 0, 0, 3}});
}

TEST_CASE("payloads: the largest value of each sign travels whole, one more is split") {
  const Network network = input_only({1, 1, 1}, -1000, 1000);
  const auto values = [&](float code) {
    test::StoredFrames frames({1, 1, 1}, {{code}});
    RuleSet rules = rule(Rule::delta, 1);
    rules.payload_bits = 8;
    std::vector<std::int32_t> result;
    const auto stream = input_stream(network, rules, frames);
    for (const DeltaEvent& e : stream[0]) result.push_back(e.value);
    return result;
  };
  CHECK(values(127) == std::vector<std::int32_t>{127});
  CHECK(values(128) == std::vector<std::int32_t>{127, 1});
  CHECK(values(-128) == std::vector<std::int32_t>{-128});
  CHECK(values(-129) == std::vector<std::int32_t>{-128, -1});
  CHECK(values(300) == std::vector<std::int32_t>{127, 127, 46});
}

TEST_CASE("sigma-delta messages lose their shifted bits, and zero messages are no events") {
  Network network = input_only({1, 1, 1}, -4096, 4095);
  network.sigma_delta = {true, 3, {0}};
  test::StoredFrames frames({1, 1, 1}, {{7}, {16}, {10}});
  RuleSet rules;
  rules.rule = Rule::sigma_delta;
  const auto stream = input_stream(network, rules, frames);
  CHECK(stream[0].empty());  // 7 >> 3 = 0
  REQUIRE(stream[1].size() == 1);
  CHECK(stream[1][0].value == 1);  // 9 >> 3
  REQUIRE(stream[2].size() == 1);
  CHECK(stream[2][0].value == -1);                                                   // -6 >> 3, arithmetic
  const auto changes = input_stream(network, rule(Rule::send_on_delta, 0), frames);  // codes 0, 2, 1
  CHECK(changes[0].empty());
  CHECK(changes[1][0].value == 2);
  CHECK(changes[2][0].value == -1);
}

TEST_CASE("key frames start from power-up") {
  const Network network = input_only({1, 1, 1});
  test::StoredFrames frames({1, 1, 1}, {{9}, {9}, {9}, {9}, {9}});
  RuleSet rules = rule(Rule::send_on_delta, 0);
  rules.key_frame_period = 2;
  ReferenceNetwork reference(network, rules, frames);
  FrameEvents events;
  for (std::size_t t = 0; reference.next(events); ++t) {
    CHECK(events.frame == t);
    CHECK(events.key == (t % 2 == 0));
    CHECK(events.of_layer[0].size() == (t % 2 == 0 ? 1 : 0));
  }
}

TEST_CASE("input coding: rounding modes, shift, clamp") {
  Network network = input_only({6, 1, 1}, -100, 100);
  network.input.frames_are_codes = false;
  network.layers[0].step = 0.5;
  const auto codes = [&] {
    test::StoredFrames frames({6, 1, 1}, {{0.25f, 0.75f, -0.25f, 1.25f, -0.99f, 77.0f}});
    ReferenceNetwork reference(network, rule(Rule::dense, 0), frames);
    FrameEvents events;
    reference.next(events);
    return reference.reconstructed(0);
  };
  CHECK(codes() == std::vector<std::int32_t>{0, 2, 0, 2, -2, 100});
  network.input.rounding = InputCoding::Rounding::half_away;
  CHECK(codes() == std::vector<std::int32_t>{1, 2, -1, 3, -2, 100});
  network.input.rounding = InputCoding::Rounding::truncate;
  CHECK(codes() == std::vector<std::int32_t>{0, 1, 0, 2, -1, 100});
  network.input.shift = 2;  // values in units of 1
  CHECK(codes() == std::vector<std::int32_t>{0, 0, 0, 4, 0, 100});
}

TEST_CASE("stored codes lose their zero point") {
  Network network = input_only({2, 1, 1}, -128, 127);
  network.input.zero_point = 100;
  test::StoredFrames frames({2, 1, 1}, {{90, 250}});
  ReferenceNetwork reference(network, rule(Rule::dense, 0), frames);
  FrameEvents events;
  reference.next(events);
  CHECK(reference.reconstructed(0) == std::vector<std::int32_t>{-10, 127});
}

TEST_CASE("rules at fault are named with their place and what would be right") {
  Network network = test::random_network(1);
  RuleSet rules = rule(Rule::send_on_delta, 0);
  rules.layers["konv"].threshold = {1};
  const std::string unknown = error_of(network, rules);
  CHECK(unknown.find("/delta/layers/konv: no layer of the network sends under the name 'konv'") != std::string::npos);
  CHECK(unknown.find("layers that send: input, conv1, ") != std::string::npos);
  rules.layers = {{"input", {Mode::delta, std::vector<double>(7, 1.0)}}};
  CHECK(error_of(network, rules).find("/delta/layers/input/threshold: 7 values, but layer 'input' has ") !=
        std::string::npos);
  CHECK(error_of(network, rule(Rule::send_on_delta, -1))
            .find("/delta/threshold: -1 is not a threshold; a number of codes") != std::string::npos);
  CHECK(error_of(network, rule(Rule::delta, 0)).find("0 is not a multiple of a quantisation step; a number above 0") !=
        std::string::npos);
  CHECK(error_of(network, rule(Rule::delta, std::nan(""))).find("/delta/threshold: nan is not a multiple") !=
        std::string::npos);
  rules = rule(Rule::delta, 1);
  rules.payload_bits = 1;
  CHECK(error_of(network, rules) == "/delta/payload_bits: 1 bits cannot carry an event's value; 2 to 32 bits, signed");
  rules = rule(Rule::delta, 1);
  rules.layers["conv1"].mode = Mode::normal;
  const std::string mixed = error_of(network, rules);
  CHECK(mixed.find("adds up values of 'conv1' and changes of 'conv") != std::string::npos);
  CHECK(error_of(network, rule(Rule::delta, 1000)).find("leaves no code but 0 to layer 'input'; at most ") !=
        std::string::npos);
}

TEST_CASE("frames and weights at fault are named") {
  Network network = test::random_network(1);
  test::StoredFrames wrong({1, 1, 1}, {{1.0f}});
  ReferenceNetwork reference(network, rule(Rule::delta, 1), wrong);
  FrameEvents events;
  CHECK_THROWS_WITH_AS(reference.next(events), doctest::Contains("frame 0: 1 values; the network's input has "),
                       InputError);
  Network nan = input_only({1, 1, 1});
  test::StoredFrames bad({1, 1, 1}, {{std::nanf("")}});
  ReferenceNetwork second(nan, rule(Rule::delta, 1), bad);
  CHECK_THROWS_WITH_AS(second.next(events), doctest::Contains("frame 0, element 0: not a number"), InputError);
  network.layers[1].branches[0].weights.clear();
  CHECK(error_of(network, rule(Rule::delta, 1)).find("conv1: the network cannot run: 0 of ") != std::string::npos);
}
