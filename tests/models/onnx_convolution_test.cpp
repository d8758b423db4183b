#include "onnx_builder.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

using namespace deltasim::models;
using deltasim::test::counting;
using deltasim::test::layer;
using deltasim::test::OnnxBuilder;
using Type = OnnxBuilder::Type;

namespace {

/// Input of 1 x `channels` x 7 x 9, weights with a value that tells where they were: 1000 m + 100 c + 10 ky + kx.
OnnxBuilder convolution(std::int64_t channels, std::int64_t outputs, std::int64_t group, std::int64_t rows,
                        std::int64_t columns) {
  OnnxBuilder model;
  model.input("x", {1, channels, 7, 9}).output("y");
  std::vector<double> weights;
  for (std::int64_t m = 0; m < outputs; ++m)
    for (std::int64_t c = 0; c < channels / group; ++c)
      for (std::int64_t ky = 0; ky < rows; ++ky)
        for (std::int64_t kx = 0; kx < columns; ++kx)
          weights.push_back(static_cast<double>(1000 * m + 100 * c + 10 * ky + kx));
  model.constant("w", {outputs, channels / group, rows, columns}, weights);
  return model;
}

Shape shape(std::uint32_t c, std::uint32_t h, std::uint32_t w) { return {c, h, w}; }

}  // namespace

TEST_CASE("weights are stored by group, tap, input channel and output channel") {
  OnnxBuilder model = convolution(4, 6, 2, 2, 3);
  model.node("Conv", {"x", "w"}, {"y"}, "conv").set("group", 2);
  const GraphBranch branch = layer(model.import(), "conv").branches.at(0);
  REQUIRE(branch.weights.size() == 6 * 2 * 2 * 3);
  CHECK(branch.groups == 2);
  std::size_t i = 0;
  for (int g = 0; g < 2; ++g)
    for (int ky = 0; ky < 2; ++ky)
      for (int kx = 0; kx < 3; ++kx)
        for (int c = 0; c < 2; ++c)
          for (int m = 0; m < 3; ++m, ++i)
            CHECK(branch.weights[i] == doctest::Approx(1000 * (3 * g + m) + 100 * c + 10 * ky + kx));
}

TEST_CASE("asymmetric pads, strides and dilations give the shape of the closed formula") {
  OnnxBuilder model = convolution(1, 1, 1, 3, 2);
  model.node("Conv", {"x", "w"}, {"y"}, "conv")
      .list("pads", {2, 0, 1, 3})
      .list("strides", {2, 3})
      .list("dilations", {2, 4});
  const GraphLayer made = layer(model.import(), "conv");
  CHECK(made.output == shape(1, (7 + 2 + 1 - 5) / 2 + 1, (9 + 0 + 3 - 5) / 3 + 1));
  const Window& window = made.branches[0].window;
  CHECK(window.pad_top == 2);
  CHECK(window.pad_left == 0);
  CHECK(window.stride_w == 3);
  CHECK(window.dilation_w == 4);
  CHECK(window.kernel_h == 3);
}

TEST_CASE("auto_pad puts the odd row and column behind (upper) or in front (lower)") {
  const auto pads = [](const char* mode) {
    OnnxBuilder model = convolution(1, 1, 1, 4, 2);
    model.node("Conv", {"x", "w"}, {"y"}, "conv").set("auto_pad", mode).list("strides", {2, 1});
    return layer(model.import(), "conv");
  };
  const GraphLayer upper = pads("SAME_UPPER"), lower = pads("SAME_LOWER"), valid = pads("VALID");
  CHECK(upper.output == shape(1, 4, 9));
  CHECK(lower.output == shape(1, 4, 9));
  CHECK(valid.output == shape(1, 2, 8));
  CHECK(upper.branches[0].window.pad_top == 1);  // 3 rows are missing: 1 in front, 2 behind
  CHECK(lower.branches[0].window.pad_top == 2);
  CHECK(upper.branches[0].window.pad_left == 0);
  CHECK(lower.branches[0].window.pad_left == 1);
}

TEST_CASE("one-dimensional convolutions run along the columns") {
  OnnxBuilder model;
  model.input("x", {1, 3, 1, 10}).output("y").constant("w", {2, 3, 4}, counting(24));
  model.constant("axes", {1}, {2}, Type::int64);
  model.node("Squeeze", {"x", "axes"}, {"s"});
  model.node("Conv", {"s", "w"}, {"y"}, "conv").list("pads", {1, 2});
  const Graph graph = model.import();
  CHECK(layer(graph, "conv").output == shape(2, 1, 10));
  CHECK(layer(graph, "conv").branches[0].window.kernel_w == 4);
  CHECK(layer(graph, "conv").branches[0].window.pad_left == 1);
  CHECK(graph.outputs[0].dims == std::vector<std::uint32_t>{2, 10});
}

TEST_CASE("zero rows around the input become the convolution's padding") {
  OnnxBuilder model = convolution(1, 1, 1, 3, 3);
  model.constant("pads", {8}, {0, 0, 1, 2, 0, 0, 3, 4}, Type::int64);
  model.node("Pad", {"x", "pads"}, {"p"});
  model.node("Conv", {"p", "w"}, {"y"}, "conv").list("pads", {1, 0, 0, 0});
  const GraphLayer made = layer(model.import(), "conv");
  CHECK(made.branches[0].input == shape(1, 7, 9));
  CHECK(made.branches[0].window.pad_top == 2);
  CHECK(made.branches[0].window.pad_left == 2);
  CHECK(made.output == shape(1, 7 + 5 - 2, 9 + 6 - 2));
}

TEST_CASE("batch normalisation is folded into weights and bias") {
  OnnxBuilder model = convolution(1, 2, 1, 1, 1);
  model.constant("b", {2}, {3, -1}).constant("gamma", {2}, {2, 0.5}).constant("beta", {2}, {0.25, -4});
  model.constant("mean", {2}, {1, 7}).constant("variance", {2}, {4, 9});
  model.node("Conv", {"x", "w", "b"}, {"c"}, "conv");
  model.node("BatchNormalization", {"c", "gamma", "beta", "mean", "variance"}, {"y"}).set("epsilon", 0.001F);
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 2);
  const GraphBranch& branch = layer(graph, "conv").branches[0];
  const double first = 2 / std::sqrt(4.001), second = 0.5 / std::sqrt(9.001);
  CHECK(branch.weights[0] == doctest::Approx(0 * first));
  CHECK(branch.weights[1] == doctest::Approx(1000 * second));
  CHECK(branch.bias[0] == doctest::Approx((3 - 1) * first + 0.25));
  CHECK(branch.bias[1] == doctest::Approx((-1 - 7) * second - 4));
}

TEST_CASE("constants added and multiplied behind a convolution end in its weights") {
  OnnxBuilder model = convolution(1, 2, 1, 1, 1);
  model.constant("shift", {2, 1, 1}, {5, 6}).constant("factor", {1, 2, 1, 1}, {2, -3}).constant("less", {}, {1});
  model.node("Conv", {"x", "w"}, {"a"}, "conv");
  model.node("Add", {"a", "shift"}, {"b"});
  model.node("Mul", {"factor", "b"}, {"c"});
  model.node("Sub", {"c", "less"}, {"y"});
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 2);
  const GraphBranch& branch = layer(graph, "conv").branches[0];
  CHECK(branch.weights == std::vector<float>{0, -3000});
  CHECK(branch.bias == std::vector<float>{5 * 2 - 1, 6 * -3 - 1});
}

TEST_CASE("arithmetic with constants elsewhere is a depthwise convolution") {
  OnnxBuilder model;
  model.input("x", {1, 2, 3, 3}).output("y").constant("mean", {1, 2, 1, 1}, {10, 20}).constant("range", {}, {4});
  model.node("Sub", {"x", "mean"}, {"a"}, "centred");
  model.node("Div", {"a", "range"}, {"y"}, "scaled");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 2);
  const GraphBranch& branch = layer(graph, "centred").branches[0];
  CHECK(branch.groups == 2);
  CHECK(branch.weights == std::vector<float>{0.25F, 0.25F});
  CHECK(branch.bias == std::vector<float>{-2.5F, -5.0F});
}

TEST_CASE("a dense layer behind a flatten is a convolution over the whole map") {
  for (const bool transposed : {false, true}) {
    CAPTURE(transposed);
    OnnxBuilder model;
    model.input("x", {1, 2, 3, 2}).output("y");
    std::vector<double> matrix(12 * 2);
    for (std::size_t row = 0; row < 12; ++row)
      for (std::size_t m = 0; m < 2; ++m)
        matrix[transposed ? m * 12 + row : row * 2 + m] = static_cast<double>(row + 100 * m);
    model.constant("w", transposed ? OnnxBuilder::Dims{2, 12} : OnnxBuilder::Dims{12, 2}, matrix);
    model.constant("b", {1, 2}, {7, 8});
    model.node("Flatten", {"x"}, {"f"});
    model.node("Gemm", {"f", "w", "b"}, {"y"}, "dense")
        .set("transB", transposed ? 1 : 0)
        .set("alpha", 2.0F)
        .set("beta", 3.0F);
    const GraphLayer made = layer(model.import(), "dense");
    const GraphBranch& branch = made.branches[0];
    CHECK(made.output == shape(2, 1, 1));
    CHECK(branch.input == shape(2, 3, 2));
    CHECK(branch.window.kernel_h == 3);
    CHECK(branch.window.kernel_w == 2);
    CHECK_FALSE(bool(branch.sources[0].view.map));
    std::size_t i = 0;
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 2; ++x)
        for (int c = 0; c < 2; ++c)
          for (int m = 0; m < 2; ++m, ++i)
            CHECK(branch.weights[i] == doctest::Approx(2 * (c * 6 + y * 2 + x + 100 * m)));
    CHECK(branch.bias == std::vector<float>{21, 24});
  }
}

TEST_CASE("a dense layer behind a transposed map has its weights in the map's order") {
  OnnxBuilder model;
  model.input("x", {1, 2, 3, 2}).output("y").constant("w", {12, 1}, counting(12));
  model.constant("shape", {2}, {1, -1}, Type::int64);
  model.node("Transpose", {"x"}, {"t"}).list("perm", {0, 2, 3, 1});
  model.node("Reshape", {"t", "shape"}, {"f"});
  model.node("MatMul", {"f", "w"}, {"y"}, "dense");
  const GraphBranch branch = layer(model.import(), "dense").branches[0];
  CHECK(branch.input == shape(2, 3, 2));
  CHECK_FALSE(bool(branch.sources[0].view.map));
  std::vector<float> expected(12);  // rows x columns x channels is both the flat order and that of the weights
  for (std::size_t i = 0; i < 12; ++i) expected[i] = static_cast<float>(i);
  CHECK(branch.weights == expected);
}

TEST_CASE("a matrix product over several rows is a 1 x 1 convolution") {
  OnnxBuilder model;
  model.input("x", {1, 1, 3, 2}).output("y").constant("w", {2, 2}, {1, 2, 3, 4});
  model.node("MatMul", {"x", "w"}, {"y"}, "tokens");
  const Graph graph = model.import();
  CHECK(layer(graph, "tokens").output == shape(2, 1, 3));
  FloatNetwork network(graph);
  // Rows (1, 10), (2, 20), (3, 30) times the matrix.
  CHECK(network.run({1, 10, 2, 20, 3, 30}) == std::vector<float>{31, 42, 62, 84, 93, 126});
}

TEST_CASE("weights of all element types, as bytes or as numbers, have the same values") {
  for (const Type type : {Type::float32, Type::float16, Type::float64})
    for (const bool raw : {true, false}) {
      CAPTURE(raw);
      OnnxBuilder model;
      model.input("x", {1, 1, 2, 2}).output("y").constant("w", {1, 1, 1, 2}, {-1.5, 0.25}, type, raw);
      model.node("Conv", {"x", "w"}, {"y"}, "conv");
      CHECK(layer(model.import(), "conv").branches[0].weights == std::vector<float>{-1.5F, 0.25F});
    }
}

TEST_CASE("weights that are stored elsewhere leave the shapes") {
  OnnxBuilder model;
  model.input("x", {1, 3, 8, 8}).output("y").missing("w", {4, 3, 3, 3}).missing("b", {4});
  model.missing("gamma", {4}).missing("beta", {4}).missing("mean", {4}).missing("variance", {4});
  model.node("Conv", {"x", "w", "b"}, {"c"}, "conv");
  model.node("BatchNormalization", {"c", "gamma", "beta", "mean", "variance"}, {"y"});
  const Graph graph = model.import();
  CHECK(graph.weights_missing);
  CHECK(layer(graph, "conv").branches[0].weights_missing);
  CHECK(layer(graph, "conv").output == shape(4, 6, 6));
}

TEST_CASE("weights in a second file are read where it lies beside the network") {
  const auto folder = std::filesystem::temp_directory_path() / ("deltasim_onnx_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  OnnxBuilder model;
  model.input("x", {1, 1, 2, 2}).output("y").missing("w", {1, 1, 1, 2});
  model.node("Conv", {"x", "w"}, {"y"}, "conv");
  std::ofstream(folder / "net.onnx", std::ios::binary) << model.bytes();
  CHECK(import_onnx((folder / "net.onnx").string()).weights_missing);
  const float weights[] = {1.5F, -2.5F};
  std::ofstream(folder / "weights.bin", std::ios::binary).write(reinterpret_cast<const char*>(weights), sizeof weights);
  const Graph graph = import_onnx((folder / "net.onnx").string());
  std::filesystem::remove_all(folder);
  CHECK_FALSE(graph.weights_missing);
  CHECK(layer(graph, "conv").branches[0].weights == std::vector<float>{1.5F, -2.5F});
}
