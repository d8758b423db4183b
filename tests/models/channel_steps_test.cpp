// Steps per channel: the integer network against the real meaning of the quantised one, layer by layer.
#include "models/evaluate.hpp"
#include "models/reference.hpp"
#include "tests/models/channel_network.hpp"
#include "tests/models/graph_builder.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim;
using namespace deltasim::models;
using test::channel_frames;
using test::channel_network;
using test::ChannelNetwork;

namespace {

struct Deviation {
  std::size_t values = 0, rounded = 0, inside = 0;
};

/// `found` is `exact` rounded and saturated; another neighbour only where `exact` lies close to the middle.
void compare(const ChannelCode& range, double exact, std::int32_t found, Deviation& deviation) {
  const double expected = std::clamp(std::round(exact), double(range.low), double(range.high));
  ++deviation.values;
  if (found > range.low && found < range.high) ++deviation.inside;
  if (found == expected) return;
  ++deviation.rounded;
  CAPTURE(exact);
  CAPTURE(found);
  REQUIRE(std::abs(found - exact) < 0.52);
}

std::vector<std::vector<std::int32_t>> codes_of(const Network& network, const ReferenceNetwork& reference) {
  std::vector<std::vector<std::int32_t>> codes(network.layers.size());
  for (LayerId l = 0; l < network.layers.size(); ++l)
    if (!network.layers[l].raw_output) codes[l] = reference.reconstructed(l);
  return codes;
}

void compare_logits(const Network& network, const std::vector<double>& exact, const std::vector<std::int64_t>& sums) {
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double unit = per_channel(network.layers.back().output_scale, i, 1.0);
    CHECK(std::abs(static_cast<double>(sums[i]) * unit - exact[i]) < 1e-5 + unit);
  }
}

}  // namespace

TEST_CASE("steps per channel: codes are the rounded activations over their channel's step") {
  Deviation all;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    const ChannelNetwork made = channel_network(seed);
    const Network network = quantise(made.graph, {});
    for (LayerId l = 1; l < network.layers.size(); ++l) {
      CAPTURE(network.layers[l].name);
      CHECK(network.layers[l].branches[0].weights == made.weights[l]);  // bit by bit
      if (made.graph.layers[l].quant)
        CHECK(network.layers[l].channel_steps == made.graph.layers[l].quant->channel_scale);
    }
    RuleSet rules;
    rules.rule = Rule::delta;
    const auto frames = channel_frames(3, seed);
    test::FixedFrames source({3, 9, 8}, frames);
    ReferenceNetwork reference(network, rules, source);
    FrameEvents events;
    for (std::size_t t = 0; t < frames.size(); ++t) {
      REQUIRE(reference.next(events));
      const auto codes = codes_of(network, reference);
      for (std::size_t i = 0; i < frames[t].size(); ++i)
        compare(ChannelCode(network.layers[0], i / 72), frames[t][i] / network.layers[0].channel_steps[i / 72],
                codes[0][i], all);
      for (LayerId l = 1; l < network.layers.size(); ++l) {
        CAPTURE(network.layers[l].name);
        const std::vector<double> exact = test::real_codes(made.graph, l, codes);
        if (network.layers[l].raw_output) {
          compare_logits(network, exact, events.outputs);
          continue;
        }
        const std::size_t pixels = network.layers[l].output.pixels();
        for (std::size_t i = 0; i < exact.size(); ++i)
          compare(ChannelCode(network.layers[l], i / pixels), exact[i], codes[l][i], all);
      }
    }
  }
  CHECK(all.rounded * 500 < all.values);
  CHECK(all.inside * 4 > all.values);  // neither silent nor saturated
}

TEST_CASE("steps per channel: delta sends what changes in the channel's own codes, and equals dense execution") {
  const Network network = quantise(channel_network(3).graph, {});
  const auto frames = channel_frames(4, 3);
  RuleSet delta, dense;
  dense.rule = Rule::dense;
  test::FixedFrames a({3, 9, 8}, frames), b({3, 9, 8}, frames);
  ReferenceNetwork changes(network, delta, a), values(network, dense, b);
  FrameEvents sent, all;
  std::vector<std::vector<std::int32_t>> before;
  for (std::size_t t = 0; t < frames.size(); ++t) {
    REQUIRE(changes.next(sent));
    REQUIRE(values.next(all));
    CHECK(sent.outputs == all.outputs);
    const auto codes = codes_of(network, values);
    for (LayerId l = 0; l < network.layers.size(); ++l) {
      if (network.layers[l].raw_output) continue;
      std::size_t different = 0;
      for (std::size_t i = 0; i < codes[l].size(); ++i) different += codes[l][i] != (t == 0 ? 0 : before[l][i]);
      CHECK(sent.of_layer[l].size() == different);
    }
    before = codes;
  }
}

TEST_CASE("steps per channel: a clip ends at each channel's own code") {
  const ChannelNetwork made = channel_network(5);
  const Network network = quantise(made.graph, {});
  const Layer& layer = network.layers[1];
  REQUIRE(layer.channel_ranges.size() == 8);
  std::int32_t widest = 0;
  for (std::uint32_t c = 0; c < 8; ++c) {
    const double code = std::round(6 / layer.channel_steps[c]);
    CHECK(layer.channel_ranges[c].high == std::min(255.0, code));
    CHECK(ChannelCode(layer, c).high == layer.channel_ranges[c].high);
    widest = std::max(widest, layer.channel_ranges[c].high);
  }
  CHECK(layer.high == widest);
  CHECK(layer.step == *std::max_element(layer.channel_steps.begin(), layer.channel_steps.end()));
  CHECK(network.layers[3].channel_ranges.empty());  // ReLU: the type's ends for all
}

TEST_CASE("steps per channel: a threshold multiplies all of a layer's steps") {
  const Network network = quantise(channel_network(6).graph, {});
  RuleSet rules;
  rules.every.threshold = {2};
  const Network doubled = with_rule_steps(network, rules);
  for (LayerId l = 0; l + 1 < network.layers.size(); ++l) {
    CAPTURE(network.layers[l].name);
    for (std::size_t c = 0; c < network.layers[l].channel_steps.size(); ++c)
      CHECK(doubled.layers[l].channel_steps[c] == 2 * network.layers[l].channel_steps[c]);
    CHECK(doubled.layers[l].step == 2 * network.layers[l].step);
  }
  const CodeRange own = network.layers[1].channel_ranges[2], halved = doubled.layers[1].channel_ranges[2];
  CHECK(halved.high == static_cast<std::int32_t>(std::round(own.high / 2.0)));
  // per channel: the codes that are sent are multiples
  RuleSet each;
  each.layers["a"].threshold = {1, 2, 1, 1, 1, 1, 1, 4};
  const Network several = with_rule_steps(network, each);
  CHECK(several.layers[1].multiple == std::vector<std::int32_t>{1, 2, 1, 1, 1, 1, 1, 4});
  CHECK(several.layers[1].channel_steps == network.layers[1].channel_steps);
}

TEST_CASE("steps per channel belong to a network's identity, without them the identity is what it was") {
  const Network network = quantise(channel_network(7).graph, {});
  Network other = network;
  other.layers[0].channel_steps[1] *= 2;
  CHECK(other.hash() != network.hash());
  other = network;
  other.layers[1].channel_ranges[3].high -= 1;
  CHECK(other.hash() != network.hash());
  other = network;
  std::swap(other.layers[1].channel_ranges, other.layers[2].channel_ranges);
  CHECK(other.hash() != network.hash());
}

TEST_CASE("stored weights stay where a group reads one step, and are folded and quantised again elsewhere") {
  test::Graph graph = test::graph_with_input({2, 1, 1});
  graph.quantised = true;
  graph.layers[0].quant = ActivationQuant{0.5, 0, 0, 255, {0.5, 0.125}};
  for (const std::uint32_t groups : {2u, 1u}) {
    GraphBranch branch = test::branch_on(graph, BranchKind::convolution, {0});
    branch.groups = groups;
    branch.stored_weights =
        groups == 2 ? std::vector<std::int8_t>{100, -50} : std::vector<std::int8_t>{100, 3, -50, 40};
    branch.weight_scale = {0.25, 0.5};
    for (std::size_t i = 0; i < branch.stored_weights.size(); ++i)
      branch.weights.push_back(static_cast<float>(branch.stored_weights[i] * branch.weight_scale[i % 2]));
    const LayerId id = test::add_layer(graph, groups == 2 ? "depthwise" : "full", {2, 1, 1}, {branch});
    graph.layers[id].quant = ActivationQuant{1, 0, 0, 255};
  }
  const Network network = quantise(graph, {});
  CHECK(network.layers[1].branches[0].weights == std::vector<std::int8_t>{100, -50});
  CHECK(network.layers[1].branches[0].weight_scale == std::vector<double>{0.25, 0.125});  // 0.5 * 0.125 / 0.5
  CHECK(network.layers[1].branches[0].multiplier == std::vector<std::int64_t>{1 << 21, 1 << 20});
  // output 0: 100 * 0.25 * 1 and -50 * 0.25 / 4; output 1: 3 * 0.5 and 40 * 0.5 / 4
  CHECK(network.layers[2].branches[0].weights == std::vector<std::int8_t>{127, 38, -16, 127});
  CHECK(network.layers[2].branches[0].weight_scale[0] == doctest::Approx(25.0 / 127));
  CHECK(network.layers[2].branches[0].weight_scale[1] == doctest::Approx(5.0 / 127));
}
