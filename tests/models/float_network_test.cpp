#include "models/error.hpp"
#include "tests/models/graph_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace deltasim::test;

namespace {

/// What a branch computes for one output element, straight from its definition, on row-major C, H, W input.
double expected(const GraphBranch& b, const Shape& out, const std::vector<float>& in, std::uint32_t o, std::uint32_t y,
                std::uint32_t x) {
  const std::uint32_t ic = b.input.channels / b.groups, oc = out.channels / b.groups;
  double sum = 0, largest = -1e30;
  int inside = 0;
  for (std::uint32_t ky = 0; ky < b.window.kernel_h; ++ky)
    for (std::uint32_t kx = 0; kx < b.window.kernel_w; ++kx) {
      const std::int64_t iy =
          std::int64_t{y} * b.window.stride_h - b.window.pad_top + std::int64_t{ky} * b.window.dilation_h;
      const std::int64_t ix =
          std::int64_t{x} * b.window.stride_w - b.window.pad_left + std::int64_t{kx} * b.window.dilation_w;
      if (iy < 0 || ix < 0 || iy >= b.input.height || ix >= b.input.width) continue;
      const auto value = [&](std::size_t c) { return double{in[(c * b.input.height + iy) * b.input.width + ix]}; };
      ++inside;
      if (b.kind == BranchKind::convolution) {
        for (std::uint32_t i = 0; i < ic; ++i) {
          const std::size_t tap = ((std::size_t{o / oc} * b.window.kernel_h + ky) * b.window.kernel_w + kx) * ic + i;
          sum += value(std::size_t{o / oc} * ic + i) * b.weights[tap * oc + o % oc];
        }
      } else {
        sum += value(o);
        largest = std::max(largest, value(o));
      }
    }
  if (b.kind == BranchKind::max_pool) return largest;
  if (b.kind == BranchKind::average_pool) return sum / (b.pool_divisor != 0 ? b.pool_divisor : inside);
  return sum + (b.bias.empty() ? 0.0 : double{b.bias[o]});
}

double largest_deviation(const GraphBranch& branch, const Shape& out, const std::vector<float>& in,
                         const std::vector<float>& found) {
  double worst = 0;
  for (std::uint32_t o = 0; o < out.channels; ++o)
    for (std::uint32_t y = 0; y < out.height; ++y)
      for (std::uint32_t x = 0; x < out.width; ++x)
        worst = std::max(worst, std::fabs(expected(branch, out, in, o, y, x) -
                                          found[(std::size_t{o} * out.height + y) * out.width + x]));
  return worst;
}

struct Case {
  BranchKind kind;
  Shape input, output;
  Window window;
  std::uint32_t groups, divisor;
};

}  // namespace

TEST_CASE("float: every kind of window equals its definition") {
  const BranchKind conv = BranchKind::convolution;
  const std::vector<Case> cases = {
      {conv, {3, 7, 9}, {5, 7, 9}, {3, 3, 1, 1, 1, 1, 1, 1}, 1, 0},
      {conv, {6, 8, 7}, {4, 4, 3}, {3, 2, 2, 3, 1, 1, 1, 0}, 2, 0},        // groups, unequal strides, one-sided padding
      {conv, {6, 9, 9}, {6, 9, 9}, {3, 3, 1, 1, 2, 2, 2, 2}, 6, 0},        // depthwise, dilated
      {conv, {4, 6, 6}, {8, 3, 3}, {3, 3, 2, 2, 1, 1, 0, 0}, 4, 0},        // depth multiplier 2
      {conv, {4, 5, 6}, {7, 1, 1}, {5, 6, 1, 1, 1, 1, 0, 0}, 1, 0},        // dense
      {conv, {64, 40, 40}, {16, 40, 40}, {3, 3, 1, 1, 1, 1, 1, 1}, 1, 0},  // several blocks
      {BranchKind::max_pool, {5, 7, 7}, {5, 4, 4}, {3, 3, 2, 2, 1, 1, 1, 1}, 1, 0},
      {BranchKind::average_pool, {5, 7, 7}, {5, 4, 4}, {3, 3, 2, 2, 1, 1, 1, 1}, 1, 0},
      {BranchKind::average_pool, {5, 7, 7}, {5, 4, 4}, {3, 3, 2, 2, 1, 1, 1, 1}, 1, 9},
  };
  unsigned seed = 1;
  for (const Case& c : cases) {
    CAPTURE(seed);
    Graph graph = graph_with_input(c.input);
    GraphBranch branch = branch_on(graph, c.kind, {0});
    branch.window = c.window;
    branch.groups = c.groups;
    branch.pool_divisor = c.divisor;
    if (c.kind == conv) {
      const std::size_t taps = std::size_t{c.window.kernel_h} * c.window.kernel_w * c.input.channels / c.groups;
      branch.weights = random_values(taps * c.output.channels, -1, 1, seed);
      branch.bias = random_values(c.output.channels, -1, 1, seed + 100);
    }
    set_output(graph, add_layer(graph, "layer", c.output, {branch}));
    const std::vector<float> in = random_values(c.input.size(), -1, 1, seed + 200);
    FloatNetwork network(graph);
    const std::vector<float> out = network.run(in);
    CHECK(largest_deviation(branch, c.output, in, out) < 1e-4);
    CHECK(network.activations(1) == out);
    ++seed;
  }
}

TEST_CASE("float: branches are added, then clipped, sources are stacked, maps re-index") {
  Graph graph = graph_with_input({2, 1, 3});
  const LayerId a = add_relu(graph, "a", {1, 1, 3}, {pointwise(graph, {0}, {1, -1}, {0.5f})});
  GraphBranch joined = branch_on(graph, BranchKind::identity, {0, a});
  const LayerId b = add_layer(graph, "b", {3, 1, 3}, {joined, joined});
  graph.layers[b].high = 6;
  // flatten in (H, W, C) order
  GraphBranch dense = branch_on(graph, BranchKind::convolution, {b});
  dense.input = {9, 1, 1};
  std::vector<std::uint32_t> map(9);
  for (std::uint32_t c = 0; c < 3; ++c)
    for (std::uint32_t x = 0; x < 3; ++x) map[c * 3 + x] = x * 3 + c;
  dense.sources[0].view.map = std::make_shared<const std::vector<std::uint32_t>>(map);
  dense.weights = {1, 10, 100, 1000, 1e4f, 1e5f, 0, 0, 1};
  set_output(graph, add_layer(graph, "dense", {1, 1, 1}, {dense}));
  FloatNetwork network(graph);
  network.run({1, 2, 4, 0, 3, 4});
  CHECK(network.activations(a) == std::vector<float>{1.5f, 0, 0.5f});
  CHECK(network.activations(b) == std::vector<float>{2, 4, 6, 0, 6, 6, 3, 0, 1});
  CHECK(network.run({1, 2, 4, 0, 3, 4}).at(0) == 2 + 0 + 300 + 4000 + 6e4f + 0 + 0 + 0 + 1);
}

TEST_CASE("float: stored weights of a quantised file count with their scales") {
  Graph graph = graph_with_input({1, 1, 1});
  graph.quantised = graph.integer_input = true;
  graph.layers[0].quant = ActivationQuant{0.5, 10, 0, 255};
  GraphBranch branch = branch_on(graph, BranchKind::convolution, {0});
  branch.stored_weights = {4, -2};
  branch.weight_scale = {0.25, 0.5};
  branch.stored_bias = {8, 4};
  set_output(graph, add_layer(graph, "layer", {2, 1, 1}, {branch}));
  FloatNetwork network(graph);
  // code 14 is (14 - 10) * 0.5 = 2; bias unit is 0.5 * weight scale
  CHECK(network.run({14}) == std::vector<float>{2 * 1.0f + 1.0f, 2 * -1.0f + 1.0f});
}

TEST_CASE("float: calibration finds each tensor's range and refuses what is not finite") {
  Graph graph = graph_with_input({1, 1, 2});
  add_relu(graph, "relu", {1, 1, 2}, {pointwise(graph, {0}, {2})});
  set_output(graph, add_layer(graph, "out", {1, 1, 2}, {pointwise(graph, {1}, {-1})}));
  FixedFrames frames({1, 1, 2}, {{0.5f, -1}, {3, 1}, {100, 100}});
  const Calibration ranges = calibrate(graph, frames, 2);
  CHECK(ranges.low == std::vector<float>{-1, 0, -6});
  CHECK(ranges.high == std::vector<float>{3, 6, 0});

  FixedFrames none({1, 1, 2}, {});
  CHECK_THROWS_WITH_AS(calibrate(graph, none, 8), "hand-made: no frames to calibrate on; expected at least one",
                       InputError);
  FixedFrames bad({1, 1, 2}, {{1, 1}, {1, std::nanf("")}});
  CHECK_THROWS_WITH_AS(calibrate(graph, bad, 8),
                       "hand-made: input: activation nan on calibration frame 1; expected finite activations: are the "
                       "input's mean and scale those of the training?",
                       InputError);
  FixedFrames wrong({1, 1, 2}, {{1, 1, 1}});
  CHECK_THROWS_WITH_AS(calibrate(graph, wrong, 8), "hand-made: input: a frame of 3 values; expected 1 x 1 x 2",
                       InputError);
}

TEST_CASE("float: a network without weights says why it cannot run") {
  Graph graph = graph_with_input({1, 1, 1});
  GraphBranch branch = branch_on(graph, BranchKind::convolution, {0});
  branch.weights_missing = true;
  add_layer(graph, "conv1", {1, 1, 1}, {branch});
  CHECK_THROWS_WITH_AS(
      FloatNetwork{graph},
      "hand-made: conv1: its weights are not in the file; expected a network with weights; this one can "
      "only be counted and mapped",
      InputError);
}
