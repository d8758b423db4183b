#include "onnx_builder.hpp"

#include <doctest/doctest.h>

using namespace deltasim::models;
using deltasim::test::counting;
using deltasim::test::layer;
using deltasim::test::OnnxBuilder;
using Type = OnnxBuilder::Type;
using Dims = OnnxBuilder::Dims;

namespace {

/// Input x of 1 x 2 x 2 x 3 with elements 0 .. 11, output y.
OnnxBuilder twelve() {
  OnnxBuilder model;
  model.input("x", {1, 2, 2, 3}).output("y");
  return model;
}

OnnxBuilder& integers(OnnxBuilder& model, const std::string& name, const std::vector<double>& values) {
  return model.constant(name, {static_cast<std::int64_t>(values.size())}, values, Type::int64);
}

/// What the network makes of 0, 1, 2, ...: element i of the result is where it came from.
std::vector<float> run(const OnnxBuilder& model, std::size_t size = 12) {
  const Graph graph = model.import();
  FloatNetwork network(graph);
  std::vector<float> frame(size);
  for (std::size_t i = 0; i < size; ++i) frame[i] = static_cast<float>(i);
  return network.run(frame);
}

}  // namespace

TEST_CASE("Transpose, Slice, Gather, Split and Reshape move elements as the standard says") {
  OnnxBuilder transposed = twelve();
  transposed.node("Transpose", {"x"}, {"y"}).list("perm", {0, 2, 3, 1});
  CHECK(run(transposed) == std::vector<float>{0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11});

  OnnxBuilder sliced = twelve();
  integers(integers(integers(integers(sliced, "s", {-1, 1}), "e", {-99, 9}), "a", {3, 1}), "t", {-2, 1});
  sliced.node("Slice", {"x", "s", "e", "a", "t"}, {"y"});
  CHECK(run(sliced) == std::vector<float>{8, 6, 11, 9});

  OnnxBuilder older(9);
  older.input("x", {1, 2, 2, 3}).output("y");
  older.node("Slice", {"x"}, {"y"}).list("starts", {1}).list("ends", {2}).list("axes", {2});
  CHECK(run(older) == std::vector<float>{3, 4, 5, 9, 10, 11});

  OnnxBuilder gathered = twelve();
  gathered.constant("i", {}, {-1}, Type::int64).node("Gather", {"x", "i"}, {"y"}).set("axis", 2);
  CHECK(run(gathered) == std::vector<float>{3, 4, 5, 9, 10, 11});
  CHECK(gathered.import().outputs[0].dims == std::vector<std::uint32_t>{2, 3});

  OnnxBuilder split = twelve();
  integers(split, "sizes", {1, 2}).node("Split", {"x", "sizes"}, {"a", "y"}).set("axis", 3);
  CHECK(run(split) == std::vector<float>{1, 2, 4, 5, 7, 8, 10, 11});
}

TEST_CASE("a channel shuffle is one index map") {
  OnnxBuilder model;
  model.input("x", {1, 4, 1, 2}).output("y").constant("w", {4, 1, 1, 1}, {1, 1, 1, 1});
  integers(integers(model, "five", {0, 2, 2, 1, 2}), "four", {1, 4, 1, 2});
  model.node("Reshape", {"x", "five"}, {"a"});
  model.node("Transpose", {"a"}, {"b"}).list("perm", {0, 2, 1, 3, 4});
  model.node("Reshape", {"b", "four"}, {"c"});
  model.node("Conv", {"c", "w"}, {"y"}, "conv").set("group", 4);
  const GraphBranch branch = layer(model.import(), "conv").branches[0];
  REQUIRE(branch.sources.size() == 1);
  REQUIRE(bool(branch.sources[0].view.map));
  CHECK(*branch.sources[0].view.map == std::vector<std::uint32_t>{0, 1, 4, 5, 2, 3, 6, 7});
  CHECK(run(model, 8) == std::vector<float>{0, 1, 4, 5, 2, 3, 6, 7});
}

TEST_CASE("transposes that cancel each other leave no map, and a Relu between them no layer") {
  OnnxBuilder model = twelve();
  model.constant("w", {1, 2, 1, 1}, {1, 1}).constant("v", {2, 2, 1, 1}, counting(4));
  model.node("Conv", {"x", "v"}, {"u"}, "first");
  model.node("Transpose", {"u"}, {"a"}).list("perm", {0, 2, 3, 1});
  model.node("Relu", {"a"}, {"b"}, "relu");
  model.node("Transpose", {"b"}, {"c"}).list("perm", {0, 3, 1, 2});
  model.node("Conv", {"c", "w"}, {"y"}, "conv");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  CHECK(layer(graph, "first").low == 0.0F);
  CHECK_FALSE(bool(layer(graph, "conv").branches[0].sources.at(0).view.map));
}

TEST_CASE("channels of zeros behind a slice are places of the map that nothing reaches") {
  OnnxBuilder model = twelve();
  integers(integers(integers(integers(model, "s", {0}), "e", {2}), "a", {3}), "p", {0, 1, 0, 0, 0, 1, 0, 0});
  model.constant("w", {4, 1, 1, 1}, {1, 1, 1, 1});
  model.node("Slice", {"x", "s", "e", "a"}, {"b"});
  model.node("Pad", {"b", "p"}, {"c"});
  model.node("Conv", {"c", "w"}, {"y"}, "conv").set("group", 4);
  const std::uint32_t no = View::nowhere;
  const GraphBranch branch = layer(model.import(), "conv").branches[0];
  CHECK(*branch.sources.at(0).view.map == std::vector<std::uint32_t>{4, 5, no, 6, 7, no, 8, 9, no, 10, 11, no});
  CHECK(run(model) == std::vector<float>{0, 0, 0, 0, 0, 1, 3, 4, 6, 7, 9, 10, 0, 0, 0, 0});
}

TEST_CASE("enlarging by nearest neighbours reads an element several times") {
  OnnxBuilder model;
  model.input("x", {1, 1, 1, 2}).output("y").constant("f", {4}, {1, 1, 2, 2});
  model.node("Resize", {"x", "", "f"}, {"y"}).set("mode", "nearest");
  CHECK(run(model, 2) == std::vector<float>{0, 0, 1, 1, 0, 0, 1, 1});
}

TEST_CASE("shape arithmetic folds to constants") {
  OnnxBuilder model = twelve();
  model.constant("zero", {}, {0}, Type::int64).constant("one", {}, {1}, Type::int64);
  integers(integers(model, "axes", {0}), "minus", {-1});
  model.node("Transpose", {"x"}, {"t"}).list("perm", {0, 2, 3, 1});
  model.node("Shape", {"t"}, {"shape"});
  model.node("Gather", {"shape", "zero"}, {"batch"});
  model.node("Unsqueeze", {"batch", "axes"}, {"first"});
  model.node("Gather", {"shape", "one"}, {"rows"});
  model.node("Mul", {"rows", "rows"}, {"squared"});
  model.node("Div", {"squared", "rows"}, {"same"});
  model.node("Cast", {"same"}, {"cast"}).set("to", 7);
  model.node("Unsqueeze", {"cast", "axes"}, {"second"});
  model.node("Concat", {"first", "second", "minus"}, {"new"}).set("axis", 0);
  model.node("Reshape", {"t", "new"}, {"y"});
  CHECK(model.import().outputs[0].dims == std::vector<std::uint32_t>{2, 6});
  CHECK(run(model) == std::vector<float>{0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11});
}

TEST_CASE("concatenation along rows, of flattened maps and at the output are index maps") {
  OnnxBuilder model;
  model.input("x", {1, 2, 1, 2}).output("y");
  integers(model, "flat", {1, -1});
  model.node("Concat", {"x", "x"}, {"rows"}).set("axis", 2);
  model.node("Reshape", {"rows", "flat"}, {"a"});
  model.node("Flatten", {"x"}, {"b"});
  model.node("Concat", {"a", "b"}, {"y"}).set("axis", 1);
  CHECK(run(model, 4) == std::vector<float>{0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 2, 3});
}

TEST_CASE("frames are channels, rows, columns also where the file stores channels last") {
  OnnxBuilder model;
  model.input("x", {1, 2, 3, 2}).output("y").constant("w", {1, 2, 1, 1}, {1, 100});
  model.node("Transpose", {"x"}, {"t"}).list("perm", {0, 3, 1, 2});
  model.node("Conv", {"t", "w"}, {"y"}, "conv");
  const Graph graph = model.import();
  CHECK(graph.layers[0].output == Shape{2, 2, 3});
  CHECK_FALSE(bool(layer(graph, "conv").branches[0].sources[0].view.map));
  CHECK(run(model) == std::vector<float>{600, 701, 802, 903, 1004, 1105});
}

TEST_CASE("the frames' size stands in for open rows and columns, a missing batch is 1") {
  for (const std::int64_t batch : {-1, -2, 0, 1}) {
    OnnxBuilder model;
    model.input("x", {batch, 3, -1, -2}).output("y").constant("w", {1, 3, 1, 1}, counting(3));
    model.node("Conv", {"x", "w"}, {"y"}, "conv");
    CHECK(model.import(Shape{0, 5, 6}).layers[1].output == Shape{1, 5, 6});
  }
}
