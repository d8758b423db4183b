#include "models/error.hpp"
#include "models/multipliers.hpp"
#include "models/reference.hpp"
#include "tests/models/graph_builder.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim::test;

namespace {

constexpr std::int64_t unit = 1 << 24;

/// A layer of a quantised file: stored weights [input][output] of a 1 x 1 convolution.
GraphBranch stored(const Graph& graph, LayerId from, std::vector<std::int8_t> weights, std::vector<double> scale,
                   std::vector<std::int32_t> bias) {
  GraphBranch branch = branch_on(graph, BranchKind::convolution, {from});
  branch.stored_weights = std::move(weights);
  branch.weight_scale = std::move(scale);
  branch.stored_bias = std::move(bias);
  return branch;
}

Calibration ranges(std::vector<float> low, std::vector<float> high) { return {std::move(low), std::move(high)}; }

}  // namespace

TEST_CASE("quantise: a quantised file keeps its weights, biases and scales") {
  Graph graph = graph_with_input({2, 1, 1});
  graph.quantised = graph.integer_input = true;
  graph.layers[0].quant = ActivationQuant{0.5, 128, 0, 255};
  const LayerId a =
      add_relu(graph, "a", {3, 1, 1}, {stored(graph, 0, {1, -2, 3, 4, -5, 6}, {0.1, 0.2, 0.3}, {7, -8, 9})});
  graph.layers[a].quant = ActivationQuant{0.25, -128, -128, 127};
  graph.layers[a].high = 6;
  set_output(graph, add_layer(graph, "out", {1, 1, 1}, {stored(graph, a, {1, 1, 1}, {0.01}, {-3})}));

  const Network network = quantise(graph, {});
  CHECK(network.input.frames_are_codes);
  CHECK(network.input.zero_point == 128);
  CHECK(network.layers[0].low == -128);
  CHECK(network.layers[0].high == 127);
  CHECK(network.layers[0].step == 0.5);
  const Layer& layer = network.layers[a];
  CHECK(layer.step == 0.25);
  CHECK(layer.low == 0);    // Relu; the storage would allow 0 as well: -128 - -128
  CHECK(layer.high == 24);  // 6 / 0.25, below the storage's 255
  CHECK(layer.branches[0].weights == std::vector<std::int8_t>{1, -2, 3, 4, -5, 6});
  CHECK(layer.branches[0].bias == std::vector<std::int32_t>{7, -8, 9});
  for (int c = 0; c < 3; ++c) CHECK(layer.branches[0].multiplier[c] == std::llround(0.5 * (c + 1) * 0.1 / 0.25 * unit));
  const Layer& out = network.layers[2];
  CHECK(out.raw_output);
  CHECK(out.branches[0].multiplier == std::vector<std::int64_t>{unit});
  CHECK(out.branches[0].bias == std::vector<std::int32_t>{-3});
  CHECK(out.output_scale.at(0) == doctest::Approx(0.0025));
}

TEST_CASE("quantise: a signed storage clips at its own ends") {
  Graph graph = graph_with_input({1, 1, 1});
  graph.quantised = true;
  graph.layers[0].quant = ActivationQuant{1.0, 3, -128, 127};
  const Network network = quantise(graph, {});
  CHECK(network.layers[0].low == -131);
  CHECK(network.layers[0].high == 124);
}

TEST_CASE("quantise: pools of a quantised file without a scale of their own work on their input's codes") {
  Graph graph = graph_with_input({2, 4, 4});
  graph.quantised = true;
  graph.layers[0].quant = ActivationQuant{0.5, 0, 0, 200};
  GraphBranch pool = branch_on(graph, BranchKind::max_pool, {0});
  pool.window = {2, 2, 2, 2, 1, 1, 0, 0};
  add_layer(graph, "pool", {2, 2, 2}, {pool});
  const Network network = quantise(graph, {});
  CHECK(network.layers[1].step == 0.5);
  CHECK(network.layers[1].high == 200);
  CHECK(network.layers[1].branches[0].multiplier == std::vector<std::int64_t>{unit});

  add_layer(graph, "conv", {1, 2, 2}, {stored(graph, 1, {1, 1}, {1.0}, {})});
  CHECK_THROWS_WITH_AS(quantise(graph, {}),
                       "conv: its output has no quantisation in a network that is quantised; expected "
                       "QuantizeLinear after it",
                       InputError);
}

TEST_CASE("quantise: float steps are maximum / 255 after Relu, largest magnitude / 127 where signed") {
  Graph graph = graph_with_input({1, 1, 1});
  add_relu(graph, "relu", {1, 1, 1}, {pointwise(graph, {0}, {1})});
  add_layer(graph, "signed", {1, 1, 1}, {pointwise(graph, {1}, {-1})});
  add_layer(graph, "lucky", {1, 1, 1}, {pointwise(graph, {2}, {-1})});  // happened to be positive: no promise
  add_relu(graph, "relu6", {1, 1, 1}, {pointwise(graph, {3}, {1})});
  graph.layers[4].high = 6;
  const Network network = quantise(graph, ranges({0, 0, -2, 0.5f, 0}, {1, 5.1f, 1, 2, 12.75f}));
  CHECK(network.layers[0].step == doctest::Approx(1.0 / 255));
  CHECK(network.layers[0].low == 0);
  CHECK(network.layers[1].step == doctest::Approx(5.1 / 255));
  CHECK(network.layers[1].high == 255);
  CHECK(network.layers[2].step == doctest::Approx(2.0 / 127));
  CHECK(network.layers[2].low == -128);
  CHECK(network.layers[2].high == 127);
  CHECK(network.layers[3].step == doctest::Approx(2.0 / 127));
  CHECK(network.layers[4].high == 120);  // 6 / 0.05

  const Network signed_input = quantise(graph, ranges({-0.5f, 0, -2, 0.5f, 0}, {1, 5.1f, 1, 2, 12.75f}));
  CHECK(signed_input.layers[0].step == doctest::Approx(1.0 / 127));
  CHECK(signed_input.layers[0].low == -128);
}

TEST_CASE("quantise: weights are scaled per output channel, half away from zero") {
  Graph graph = graph_with_input({2, 1, 1});
  // channels: largest 127 (scale 1), largest 1.27 (0.01), none, none but with a bias
  set_output(graph, add_layer(graph, "out", {4, 1, 1},
                              {pointwise(graph, {0}, {127, 1.27f, 0, 0, -2.5f, -0.5f, 0, 0}, {10, -1, 0, 2})}));
  const Network network = quantise(graph, ranges({0, 0}, {255, 0}));  // input step 1
  const Branch& branch = network.layers[1].branches[0];
  CHECK(branch.weights == std::vector<std::int8_t>{127, 127, 0, 0, -3, -50, 0, 0});
  CHECK(branch.weight_scale[0] == doctest::Approx(1));
  CHECK(branch.weight_scale[1] == doctest::Approx(0.01));
  CHECK(branch.weight_scale[2] == 1);
  CHECK(branch.bias[0] == 10);
  CHECK(branch.bias[1] == -100);
  CHECK(branch.bias[2] == 0);
  CHECK(branch.bias[3] * network.layers[1].output_scale[3] == doctest::Approx(2));
}

TEST_CASE("quantise: a bias that would not fit makes its channel's weights coarser") {
  Graph graph = graph_with_input({1, 1, 1});
  set_output(graph, add_layer(graph, "out", {2, 1, 1}, {pointwise(graph, {0}, {1e-6f, 1}, {1e4f, 1})}));
  const Network network = quantise(graph, ranges({0, 0}, {1, 1}));
  const Branch& branch = network.layers[1].branches[0];
  CHECK(branch.bias[0] == 1 << 30);
  CHECK(branch.bias[0] * network.layers[1].output_scale[0] == doctest::Approx(1e4));
  CHECK(std::abs(branch.weights[0]) < 127);
  CHECK(branch.weights[1] == 127);
}

TEST_CASE("quantise: what one convolution joins shares a step, over pools and transitively") {
  Graph graph = graph_with_input({1, 2, 2});
  const LayerId a = add_relu(graph, "a", {1, 2, 2}, {pointwise(graph, {0}, {1})});
  const LayerId b = add_relu(graph, "b", {1, 2, 2}, {pointwise(graph, {0}, {2})});
  const LayerId c = add_relu(graph, "c", {1, 2, 2}, {pointwise(graph, {0}, {3})});
  GraphBranch pool = branch_on(graph, BranchKind::max_pool, {b, c});
  const LayerId d = add_layer(graph, "pool", {2, 2, 2}, {pool});
  set_output(graph, add_layer(graph, "out", {1, 2, 2}, {pointwise(graph, {a, d}, {1, 1, 1})}));
  const Network network = quantise(graph, ranges({0, 0, 0, 0, 0, 0}, {1, 10, 51, 20, 51, 99}));
  for (const LayerId id : {a, b, c, d}) CHECK(network.layers[id].step == doctest::Approx(0.2));
  CHECK(network.layers[d].high == 255);  // nothing negative reaches the pool
  CHECK(network.layers[d].branches[0].multiplier == std::vector<std::int64_t>{unit});
}

TEST_CASE("quantise: concatenation by an identity layer may join different steps: a multiplier per channel") {
  Graph graph = graph_with_input({1, 1, 1});
  const LayerId a = add_relu(graph, "a", {1, 1, 1}, {pointwise(graph, {0}, {1})});
  const LayerId b = add_relu(graph, "b", {2, 1, 1}, {pointwise(graph, {0}, {2, 2})});
  const LayerId joined = add_layer(graph, "join", {3, 1, 1}, {branch_on(graph, BranchKind::identity, {a, b})});
  const Network network = quantise(graph, ranges({0, 0, 0, 0}, {1, 51, 102, 102}));
  CHECK(network.layers[joined].branches[0].multiplier == std::vector<std::int64_t>{unit / 2, unit, unit});
}

TEST_CASE("quantise: outputs of one branch are sums, of several a sum in their finest unit") {
  Graph graph = graph_with_input({1, 2, 2});
  const LayerId a = add_relu(graph, "a", {1, 2, 2}, {pointwise(graph, {0}, {1})});
  GraphBranch pool = branch_on(graph, BranchKind::average_pool, {a});
  pool.window.kernel_h = pool.window.kernel_w = 2;
  const LayerId mean = add_layer(graph, "mean", {1, 1, 1}, {pool});
  graph.layers[mean].raw_output = true;
  const LayerId sum = add_layer(graph, "sum", {1, 2, 2},
                                {pointwise(graph, {a}, {127}), branch_on(graph, BranchKind::identity, {a}),
                                 pointwise(graph, {a}, {127 * 65536.0f})});
  graph.layers[sum].raw_output = true;
  const Network network = quantise(graph, ranges({0, 0, 0, 0}, {1, 255, 0, 0}));  // step of a: 1
  CHECK(network.layers[mean].output_scale == std::vector<double>{0.25});
  const Layer& layer = network.layers[sum];
  // units 1, 1 and 65536: the finest is kept to 2^-12 of the coarsest, 16
  CHECK(layer.output_scale.at(0) == doctest::Approx(16.0 / unit));
  CHECK(layer.branches[0].multiplier == std::vector<std::int64_t>{unit / 16});
  CHECK(layer.branches[1].multiplier == std::vector<std::int64_t>{unit / 16});
  CHECK(layer.branches[2].multiplier == std::vector<std::int64_t>{unit * 4096});
}

TEST_CASE("quantise: a clipped output becomes codes, and a layer that repeats them") {
  Graph graph = graph_with_input({1, 1, 1});
  set_output(graph, add_relu(graph, "relu", {1, 1, 1}, {pointwise(graph, {0}, {1})}));
  const Network network = quantise(graph, ranges({0, 0}, {1, 255}));
  REQUIRE(network.layers.size() == 3);
  CHECK_FALSE(network.layers[1].raw_output);
  CHECK(network.layers[2].raw_output);
  CHECK(network.layers[2].output_scale == std::vector<double>{1});
  CHECK(network.outputs[0].sources[0].producer == 2);
}

TEST_CASE("quantise: what it refuses") {
  Graph graph = graph_with_input({1, 1, 1});
  add_relu(graph, "relu", {1, 1, 1}, {pointwise(graph, {0}, {1})});
  CHECK_THROWS_WITH_AS(quantise(graph, ranges({0}, {1})),
                       "calibration of 1 tensors for 2 layers; expected a calibration of this network", InputError);
  CHECK_THROWS_WITH_AS(quantise(graph, ranges({0, 0}, {1, INFINITY})),
                       "relu: its activations are not finite on the calibration frames; expected frames in the "
                       "range that the network was trained on",
                       InputError);
  Graph nan = graph;
  nan.layers[1].branches[0].weights[0] = std::nanf("");
  CHECK_THROWS_WITH_AS(quantise(nan, ranges({0, 0}, {1, 1})),
                       "relu: weights or biases that are not finite; expected numbers", InputError);
  Graph few = graph;
  few.layers[1].branches[0].weights = {1, 2};
  CHECK_THROWS_WITH_AS(quantise(few, ranges({0, 0}, {1, 1})), "relu: 2 weights; expected 1 for its shape", InputError);
  Graph shapes = graph;
  shapes.weights_missing = true;
  CHECK_THROWS_WITH_AS(quantise(shapes, ranges({0, 0}, {1, 1})),
                       "the file holds shapes, but no weights; expected a network with weights; this one can "
                       "only be mapped",
                       InputError);
  CHECK(shapes_only(shapes).layers[1].name == "relu");
  Graph joined = graph;
  joined.quantised = true;
  joined.layers[0].quant = ActivationQuant{1, 0, 0, 255};
  joined.layers[1].quant = ActivationQuant{2, 0, 0, 255};
  joined.layers[1].branches[0] = stored(joined, 0, {1}, {1.0}, {});
  joined.layers[1].branches[0].name = "relu";
  add_layer(joined, "cat", {1, 1, 1}, {pointwise(joined, {0, 1}, {1, 1})});
  joined.layers[2].quant = ActivationQuant{2, 0, 0, 255};
  CHECK_THROWS_WITH_AS(
      quantise(joined, {}),
      "hand-made: cat: its concatenated inputs have different steps; expected one quantisation step for all "
      "tensors that a layer joins",
      InputError);
}

TEST_CASE("quantise: the integer network stays close to the float network") {
  // convolution, depthwise, residual add, concatenation, both pools, dense: what real networks are made of
  Graph graph = graph_with_input({3, 16, 16});
  const auto windowed = [&](BranchKind kind, const std::vector<LayerId>& from, std::uint32_t kernel,
                            std::uint32_t stride, std::uint32_t outputs, std::uint32_t groups, unsigned seed) {
    GraphBranch branch = branch_on(graph, kind, from);
    const std::int32_t pad = kernel == branch.input.height ? 0 : static_cast<std::int32_t>(kernel / 2);
    branch.window = {kernel, kernel, stride, stride, 1, 1, pad, pad};
    branch.groups = groups;
    if (kind == BranchKind::convolution) {
      const std::size_t taps = std::size_t{kernel} * kernel * branch.input.channels / groups;
      const float reach = 1.5f / std::sqrt(static_cast<float>(taps));
      branch.weights = random_values(taps * outputs, -reach, reach, seed);
      branch.bias = random_values(outputs, -0.2f, 0.2f, seed + 50);
    }
    return branch;
  };
  const BranchKind conv = BranchKind::convolution;
  const LayerId a = add_relu(graph, "a", {16, 16, 16}, {windowed(conv, {0}, 3, 1, 16, 1, 1)});
  const LayerId b = add_relu(graph, "b", {16, 16, 16}, {windowed(conv, {a}, 3, 1, 16, 16, 2)});
  const LayerId c = add_relu(graph, "c", {16, 16, 16},
                             {windowed(conv, {b}, 1, 1, 16, 1, 3), branch_on(graph, BranchKind::identity, {a})});
  const LayerId d = add_layer(graph, "d", {32, 8, 8}, {windowed(BranchKind::max_pool, {b, c}, 3, 2, 0, 1, 4)});
  const LayerId e = add_layer(graph, "e", {16, 8, 8}, {windowed(conv, {d}, 1, 1, 16, 1, 5)});  // signed
  const LayerId f = add_layer(graph, "f", {16, 1, 1}, {windowed(BranchKind::average_pool, {e}, 8, 1, 0, 1, 6)});
  set_output(graph, add_layer(graph, "g", {10, 1, 1}, {pointwise(graph, {f}, random_values(160, -1, 1, 7))}));

  std::vector<std::vector<float>> images;
  for (unsigned i = 0; i < 6; ++i) images.push_back(random_values(3 * 16 * 16, 0, 1, 90 + i));
  FixedFrames frames({3, 16, 16}, images);
  const Network network = quantise(graph, calibrate(graph, frames, 4));
  RuleSet rules;
  rules.rule = Rule::dense;
  frames.rewind();
  ReferenceNetwork integer(network, rules, frames);
  FloatNetwork real(graph);
  FrameEvents events;
  double error = 0, power = 0;
  for (const std::vector<float>& image : images) {
    REQUIRE(integer.next(events));
    const std::vector<float>& out = real.run(image);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto& scale = network.layers.back().output_scale;
      const double found = static_cast<double>(events.outputs[i]) * (scale.size() == 1 ? scale[0] : scale[i]);
      error += (found - out[i]) * (found - out[i]);
      power += double{out[i]} * out[i];
    }
  }
  MESSAGE("relative L2 of the integer network against float: " << std::sqrt(error / power));
  CHECK(std::sqrt(error / power) < 0.03);
}

TEST_CASE(
    "quantise: real values of outputs hold where branches meet in one, where it is clipped, and under coarser steps") {
  Graph graph = graph_with_input({4, 5, 5});
  const LayerId a = add_relu(graph, "a", {8, 5, 5}, {pointwise(graph, {0}, random_values(32, -1, 1, 1))});
  GraphBranch wide = pointwise(graph, {a}, random_values(64, -1, 1, 2), random_values(8, -1, 1, 3));
  const LayerId b = add_layer(graph, "b", {8, 5, 5}, {wide, branch_on(graph, BranchKind::identity, {a})});
  set_output(graph, b);
  for (const float high : {INFINITY, 1.0f})
    for (const double threshold : {1.0, 2.0}) {
      CAPTURE(high);
      CAPTURE(threshold);
      graph.layers[b].low = std::isinf(high) ? -INFINITY : 0.0f;
      graph.layers[b].high = high;
      FixedFrames frames({4, 5, 5}, {random_values(100, 0, 1, 4), random_values(100, 0, 1, 5)});
      RuleSet rules;
      rules.every.threshold = {threshold};
      const Network network = with_rule_steps(quantise(graph, calibrate(graph, frames, 2)), rules);
      frames.rewind();
      ReferenceNetwork integer(network, rules, frames);
      FloatNetwork real(graph);
      FrameEvents events;
      const std::vector<double>& scale = network.layers.back().output_scale;
      for (unsigned seed : {4u, 5u}) {
        REQUIRE(integer.next(events));
        const std::vector<float>& out = real.run(random_values(100, 0, 1, seed));
        double worst = 0;
        for (std::size_t i = 0; i < out.size(); ++i)
          worst = std::max(
              worst, std::fabs(static_cast<double>(events.outputs[i]) * (scale.size() == 1 ? scale[0] : scale[i / 25]) -
                               out[i]));
        CHECK(worst < 0.05 * threshold);
      }
    }
}
