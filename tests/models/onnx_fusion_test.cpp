#include "onnx_builder.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim::models;
using deltasim::test::counting;
using deltasim::test::input_and_kernel;
using deltasim::test::layer;
using deltasim::test::OnnxBuilder;
using Type = OnnxBuilder::Type;

namespace {

void same_convolution(OnnxBuilder& model, const std::string& from, const std::string& to, const std::string& name) {
  model.node("Conv", {from, "w"}, {to}, name).list("pads", {1, 1, 1, 1});
}

}  // namespace

TEST_CASE("Relu and both forms of Clip become the layer's clip") {
  struct Case {
    const char* op;
    float low, high;
    bool inputs;
  };
  const float open = INFINITY;
  for (const Case& c : {Case{"Relu", 0, open, false}, Case{"Clip", 0, 6, false}, Case{"Clip", -1, 6, true}}) {
    OnnxBuilder model = input_and_kernel();
    model.constant("low", {}, {c.low}).constant("high", {}, {c.high == open ? 0 : c.high});
    same_convolution(model, "x", "a", "conv");
    const bool attributes = std::string(c.op) == "Clip" && !c.inputs;
    auto node = model.node(c.op, c.inputs ? OnnxBuilder::Names{"a", "low", "high"} : OnnxBuilder::Names{"a"}, {"b"});
    if (attributes) node.set("min", c.low).set("max", c.high);
    same_convolution(model, "b", "y", "last");
    const Graph graph = model.import();
    REQUIRE(graph.layers.size() == 3);
    CHECK(layer(graph, "conv").low == c.low);
    CHECK(layer(graph, "conv").high == c.high);
  }
}

TEST_CASE("a Clip with one bound leaves the other open, two clips are one") {
  OnnxBuilder model = input_and_kernel();
  model.constant("six", {}, {6});
  same_convolution(model, "x", "a", "conv");
  model.node("Clip", {"a", "", "six"}, {"b"});
  model.node("Relu", {"b"}, {"c"});
  same_convolution(model, "c", "y", "last");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  CHECK(layer(graph, "conv").low == 0.0F);
  CHECK(layer(graph, "conv").high == 6.0F);
}

TEST_CASE("a clip on a tensor that others see unclipped is a layer of its own") {
  OnnxBuilder model = input_and_kernel();
  same_convolution(model, "x", "a", "conv");
  model.node("Relu", {"a"}, {"b"}, "relu");
  model.node("Add", {"a", "b"}, {"y"}, "sum");
  const Graph graph = model.import();
  CHECK(std::isinf(layer(graph, "conv").low));
  CHECK(layer(graph, "relu").low == 0.0F);
  CHECK(layer(graph, "relu").branches.at(0).kind == BranchKind::identity);
  CHECK(layer(graph, "sum").branches.size() == 2);
}

TEST_CASE("a residual sum of a convolution and an activation is one layer with two branches") {
  OnnxBuilder model = input_and_kernel();
  model.node("Relu", {"x"}, {"r"}, "relu");
  same_convolution(model, "r", "c", "conv");
  model.node("Add", {"r", "c"}, {"a"}, "sum");
  model.node("Relu", {"a"}, {"b"});
  same_convolution(model, "b", "y", "last");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 4);
  const GraphLayer& sum = layer(graph, "conv");  // named after the branch that has weights
  REQUIRE(sum.branches.size() == 2);
  CHECK(sum.branches[0].kind == BranchKind::convolution);
  CHECK(sum.branches[1].kind == BranchKind::identity);
  CHECK(sum.branches[1].name == "sum");
  CHECK(graph.layers[sum.branches[1].sources.at(0).producer].name == "relu");
  CHECK(sum.low == 0.0F);
}

TEST_CASE("two convolutions, a pool and a constant that are added are one layer") {
  OnnxBuilder model = input_and_kernel();
  model.constant("shift", {1, 2, 1, 1}, {5, 6});
  same_convolution(model, "x", "a", "second");
  same_convolution(model, "x", "b", "first");
  model.node("AveragePool", {"x"}, {"p"}, "pool").list("kernel_shape", {3, 3}).list("pads", {1, 1, 1, 1});
  model.node("Add", {"b", "a"}, {"s"});
  model.node("Add", {"s", "p"}, {"t"});
  model.node("Add", {"t", "shift"}, {"u"});
  model.node("Relu", {"u"}, {"r"});
  same_convolution(model, "r", "y", "last");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  const GraphLayer& sum = graph.layers[1];
  CHECK(sum.name == "second");  // the file's order, not that of the sum
  REQUIRE(sum.branches.size() == 3);
  CHECK(sum.branches[0].name == "second");
  CHECK(sum.branches[1].name == "first");
  CHECK(sum.branches[2].kind == BranchKind::average_pool);
  CHECK(sum.branches[0].bias == std::vector<float>{5, 6});
}

TEST_CASE("a sum that others read is added through an identity") {
  OnnxBuilder model = input_and_kernel();
  same_convolution(model, "x", "a", "one");
  same_convolution(model, "a", "b", "two");
  model.node("Add", {"a", "b"}, {"y"}, "sum");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 4);  // input, one, two, and a raw copy of the sum
  const GraphLayer& sum = layer(graph, "two");
  REQUIRE(sum.branches.size() == 2);
  CHECK(graph.layers[sum.branches[1].sources.at(0).producer].name == "one");
}

TEST_CASE("concatenation over channels is a second source of the consumer") {
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y").constant("w", {3, 2, 1, 1}, counting(6));
  model.constant("v", {1, 5, 1, 1}, counting(5));
  model.node("Conv", {"x", "w"}, {"a"}, "conv");
  model.node("Concat", {"a", "x"}, {"c"}).set("axis", 1);
  model.node("Conv", {"c", "v"}, {"y"}, "last");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  const GraphBranch& branch = layer(graph, "last").branches[0];
  CHECK(branch.input == Shape{5, 4, 4});
  REQUIRE(branch.sources.size() == 2);
  CHECK(branch.sources[0].producer == 1);
  CHECK(branch.sources[0].view.channel_offset == 0);
  CHECK(branch.sources[1].producer == 0);
  CHECK(branch.sources[1].view.channel_offset == 3);
  CHECK_FALSE(bool(branch.sources[1].view.map));
}

TEST_CASE("Relu behind a concatenation clips the layers that were joined") {
  OnnxBuilder model = input_and_kernel();
  model.constant("v", {1, 4, 1, 1}, counting(4));
  same_convolution(model, "x", "a", "one");
  same_convolution(model, "x", "b", "two");
  model.node("Concat", {"a", "b"}, {"c"}).set("axis", -3);
  model.node("Relu", {"c"}, {"r"});
  model.node("Conv", {"r", "v"}, {"y"}, "last");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 4);
  CHECK(layer(graph, "one").low == 0.0F);
  CHECK(layer(graph, "two").low == 0.0F);
}

TEST_CASE("max pools are layers, with ceil_mode in their shape") {
  for (const int ceil : {0, 1}) {
    OnnxBuilder model;
    model.input("x", {1, 2, 6, 5}).output("y").constant("w", {1, 2, 1, 1}, counting(2));
    model.node("MaxPool", {"x"}, {"p"}, "pool")
        .list("kernel_shape", {3, 3})
        .list("strides", {2, 2})
        .list("pads", {0, 1, 0, 0})
        .set("ceil_mode", ceil);
    model.node("Relu", {"p"}, {"r"});
    model.node("Conv", {"r", "w"}, {"y"}, "last");
    const Graph graph = model.import();
    const GraphLayer& pool = layer(graph, "pool");
    CHECK(pool.branches.at(0).kind == BranchKind::max_pool);
    CHECK(pool.branches[0].window.pad_left == 1);
    CHECK(pool.low == 0.0F);
    // Rows: (6 - 3) / 2 + 1 = 2.5, columns: (6 - 3) / 2 + 1 = 2.5.
    CHECK(pool.output == Shape{2, ceil ? 3U : 2U, ceil ? 3U : 2U});
  }
}

TEST_CASE("a ceil_mode window that would start behind the input is left out") {
  OnnxBuilder model;
  model.input("x", {1, 1, 4, 4}).output("y");
  model.node("MaxPool", {"x"}, {"y"}, "pool")
      .list("kernel_shape", {1, 1})
      .list("strides", {3, 3})
      .list("pads", {0, 0, 2, 2})
      .set("ceil_mode", 1);
  CHECK(layer(model.import(), "pool").output == Shape{1, 2, 2});
}

TEST_CASE("the average's divisor: inside the input, or all of the window") {
  for (const int counted : {0, 1}) {
    OnnxBuilder model;
    model.input("x", {1, 2, 4, 4}).output("y");
    model.node("AveragePool", {"x"}, {"y"}, "pool")
        .list("kernel_shape", {2, 3})
        .list("pads", {0, 1, 0, 1})
        .set("count_include_pad", counted);
    const Graph graph = model.import();
    CHECK(layer(graph, "pool").branches.at(0).pool_divisor == (counted ? 6U : 0U));
    // Accumulators with several divisors have no common unit: the output is a copy.
    CHECK(layer(graph, "pool").raw_output == (counted == 1));
  }
}

TEST_CASE("global averages and means over rows and columns are one window") {
  for (const char* op : {"GlobalAveragePool", "ReduceMean"}) {
    OnnxBuilder model;
    model.input("x", {1, 3, 4, 5}).output("y");
    auto node = model.node(op, {"x"}, {"y"}, "mean");
    if (std::string(op) == "ReduceMean") node.list("axes", {-1, 2}).set("keepdims", 0);
    const Graph graph = model.import();
    const GraphLayer& mean = layer(graph, "mean");
    CHECK(mean.output == Shape{3, 1, 1});
    CHECK(mean.branches.at(0).window.kernel_h == 4);
    CHECK(mean.branches[0].window.kernel_w == 5);
    CHECK(graph.outputs[0].dims.size() == (std::string(op) == "ReduceMean" ? 1 : 3));
  }
}

TEST_CASE("Softmax and Sigmoid at an output are noted and left out, also in front of a reshape") {
  OnnxBuilder model = input_and_kernel();
  model.output("z").constant("shape", {2}, {1, 32}, Type::int64);
  same_convolution(model, "x", "a", "one");
  model.node("Softmax", {"a"}, {"s"}, "softmax");
  model.node("Reshape", {"s", "shape"}, {"y"});
  same_convolution(model, "x", "b", "two");
  model.node("Sigmoid", {"b"}, {"z"}, "sigmoid");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  CHECK(graph.output_activation == std::vector<OutputActivation>{OutputActivation::softmax, OutputActivation::sigmoid});
  CHECK(layer(graph, "one").raw_output);
  CHECK(graph.outputs[0].dims == std::vector<std::uint32_t>{32});
}

TEST_CASE("a layer that is read and given out, or clipped at the end, has a raw copy") {
  OnnxBuilder model = input_and_kernel();
  model.output("a");
  same_convolution(model, "x", "a", "one");
  same_convolution(model, "a", "b", "two");
  model.node("Relu", {"b"}, {"y"});
  const Graph graph = model.import();
  CHECK_FALSE(layer(graph, "one").raw_output);
  CHECK_FALSE(layer(graph, "two").raw_output);
  for (const Output& output : graph.outputs) {
    REQUIRE(output.sources.size() == 1);
    const GraphLayer& copy = graph.layers[output.sources[0].producer];
    CHECK(copy.raw_output);
    REQUIRE(copy.branches.size() == 1);
    CHECK(copy.branches[0].kind == BranchKind::identity);
  }
  CHECK(layer(graph, "one_output").branches[0].sources[0].producer == 1);
}

TEST_CASE("nodes that lead to no output cost nothing, equal names are told apart") {
  OnnxBuilder model = input_and_kernel();
  same_convolution(model, "x", "a", "conv");
  same_convolution(model, "x", "unused", "unused");
  same_convolution(model, "a", "y", "conv");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  CHECK(graph.layers[1].name == "conv");
  CHECK(graph.layers[2].name == "conv#2");
}

TEST_CASE("nodes without a name are called after their output, Identity, Dropout and casts disappear") {
  OnnxBuilder model = input_and_kernel();
  model.node("Identity", {"w"}, {"v"});
  model.node("Conv", {"x", "v"}, {"a"}).list("pads", {1, 1, 1, 1});
  model.node("Dropout", {"a"}, {"b"});
  model.node("Cast", {"b"}, {"c"}).set("to", 1);
  model.node("Relu", {"c"}, {"d"});
  same_convolution(model, "d", "y", "last");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  CHECK(graph.layers[1].name == "a");
  CHECK(graph.layers[1].low == 0.0F);
}

TEST_CASE("initialisers that are listed as inputs are no inputs") {
  OnnxBuilder model = input_and_kernel();
  model.input("w", {2, 2, 3, 3});
  same_convolution(model, "x", "y", "conv");
  CHECK(model.import().layers.size() == 2);
}
