#include "onnx_builder.hpp"

#include <doctest/doctest.h>

using namespace deltasim::models;
using deltasim::test::layer;
using deltasim::test::OnnxBuilder;
using Type = OnnxBuilder::Type;

namespace {

/// uint8 input of 1 x 2 x 2 x 2 with step 0.5 and zero point 3, weights w (2 x 2 x 1 x 1) with steps 0.25 and 0.125,
/// bias b.
OnnxBuilder quantised_input(Type type = Type::uint8, double zero_point = 3) {
  OnnxBuilder model;
  model.input("x", {1, 2, 2, 2}, type).output("y");
  model.constant("s", {}, {0.5}).constant("z", {}, {zero_point}, type);
  model.constant("w", {2, 2, 1, 1}, {-128, 2, 3, 127}, Type::int8).constant("ws", {2}, {0.25, 0.125});
  model.constant("wz", {2}, {0, 0}, Type::int8);
  model.constant("b", {2}, {40, -7}, Type::int32).constant("bs", {2}, {0.125, 0.0625});
  model.constant("os", {}, {2}).constant("oz", {}, {0}, Type::uint8);
  return model;
}

void dequantise_all(OnnxBuilder& model) {
  model.node("DequantizeLinear", {"x", "s", "z"}, {"xf"});
  model.node("DequantizeLinear", {"w", "ws", "wz"}, {"wf"}).set("axis", 0);
  model.node("DequantizeLinear", {"b", "bs"}, {"bf"}).set("axis", 0);
}

/// QuantizeLinear and DequantizeLinear with the output's step.
void requantise(OnnxBuilder& model, const std::string& from, const std::string& to) {
  model.node("QuantizeLinear", {from, "os", "oz"}, {from + "_q"});
  model.node("DequantizeLinear", {from + "_q", "os", "oz"}, {to});
}

}  // namespace

TEST_CASE("QDQ: integers and scales are taken as they are") {
  OnnxBuilder model = quantised_input();
  dequantise_all(model);
  model.node("Conv", {"xf", "wf", "bf"}, {"c"}, "conv");
  model.node("Relu", {"c"}, {"r"});
  requantise(model, "r", "rf");
  model.node("Conv", {"rf", "wf"}, {"y"}, "last");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  CHECK(graph.quantised);
  CHECK(graph.integer_input);
  CHECK(graph.layers[0].quant->scale == 0.5);
  CHECK(graph.layers[0].quant->zero_point == 3);
  const GraphLayer& conv = layer(graph, "conv");
  const GraphBranch& branch = conv.branches[0];
  CHECK(branch.stored_weights == std::vector<std::int8_t>{-128, 3, 2, 127});  // [input][output]
  CHECK(branch.weights == std::vector<float>{-32, 0.375F, 0.5F, 15.875F});
  CHECK(branch.weight_scale == std::vector<double>{0.25, 0.125});
  CHECK(branch.stored_bias == std::vector<std::int32_t>{40, -7});
  CHECK(branch.bias == std::vector<float>{5, -0.4375F});
  CHECK(conv.low == 0.0F);
  CHECK(conv.quant->scale == 2.0);
  CHECK(conv.quant->low == 0);
  CHECK(conv.quant->high == 255);
  CHECK_FALSE(layer(graph, "last").quant);
  CHECK(layer(graph, "last").raw_output);
}

TEST_CASE("QDQ: signed activations keep their zero point and range") {
  OnnxBuilder model = quantised_input(Type::int8, -128);
  dequantise_all(model);
  model.node("Conv", {"xf", "wf"}, {"y"}, "conv");
  const Graph graph = model.import();
  CHECK(graph.layers[0].quant->zero_point == -128);
  CHECK(graph.layers[0].quant->low == -128);
  CHECK(graph.layers[0].quant->high == 127);
}

TEST_CASE("QDQ: a bias in another unit or in real numbers is rounded to the accumulator's") {
  OnnxBuilder model = quantised_input();
  model.constant("coarse", {2}, {1, 2}, Type::int32).constant("cs", {}, {0.5}).constant("real", {2}, {1.25, -1.0});
  dequantise_all(model);
  model.node("DequantizeLinear", {"coarse", "cs"}, {"cf"});
  model.node("Conv", {"xf", "wf", "cf"}, {"a"}, "coarse_bias");
  model.node("Conv", {"xf", "wf", "real"}, {"c"}, "real_bias");
  requantise(model, "a", "af");
  requantise(model, "c", "cq");
  model.node("Add", {"af", "cq"}, {"t"}, "sum");
  requantise(model, "t", "y");
  const Graph graph = model.import();
  // Units of 0.5 * 0.25 and 0.5 * 0.125.
  CHECK(layer(graph, "coarse_bias").branches[0].stored_bias == std::vector<std::int32_t>{4, 16});
  CHECK(layer(graph, "real_bias").branches[0].stored_bias == std::vector<std::int32_t>{10, -16});
}

TEST_CASE("QDQ: pools without a quantiser keep their input's") {
  OnnxBuilder model = quantised_input();
  dequantise_all(model);
  model.node("MaxPool", {"xf"}, {"p"}, "pool").list("kernel_shape", {1, 2});
  model.node("GlobalAveragePool", {"p"}, {"g"}, "mean");
  model.node("Conv", {"g", "wf"}, {"y"}, "conv");
  const Graph graph = model.import();
  CHECK(layer(graph, "pool").quant->scale == 0.5);
  CHECK(layer(graph, "mean").quant->zero_point == 3);
}

TEST_CASE("QDQ: pools and flattens of codes need no step back to real numbers") {
  OnnxBuilder model = quantised_input();
  model.constant("m", {4, 1}, {1, 2, 3, 4}, Type::int8).constant("ms", {}, {1}).constant("mz", {}, {0}, Type::int8);
  model.node("MaxPool", {"x"}, {"p"}, "pool").list("kernel_shape", {1, 2});
  model.node("Flatten", {"p"}, {"f"});
  model.node("DequantizeLinear", {"f", "s", "z"}, {"ff"});
  model.node("DequantizeLinear", {"m", "ms", "mz"}, {"mf"});
  model.node("MatMul", {"ff", "mf"}, {"y"}, "dense");
  const Graph graph = model.import();
  CHECK(layer(graph, "pool").quant->scale == 0.5);
  CHECK(layer(graph, "dense").branches[0].input == Shape{2, 2, 1});
  CHECK(layer(graph, "dense").branches[0].stored_weights == std::vector<std::int8_t>{1, 3, 2, 4});
}

TEST_CASE("QDQ: a concatenation with its own quantiser is a layer, one with equal scales is none") {
  for (const bool equal : {true, false}) {
    CAPTURE(equal);
    OnnxBuilder model = quantised_input();
    model.constant("v", {1, 4, 1, 1}, {1, 2, 3, 4}, Type::int8)
        .constant("vs", {}, {1})
        .constant("vz", {}, {0}, Type::int8);
    dequantise_all(model);
    model.node("Conv", {"xf", "wf"}, {"a"}, "one");
    model.node("QuantizeLinear", {"a", equal ? "s" : "os", equal ? "z" : "oz"}, {"aq"});
    model.node("DequantizeLinear", {"aq", equal ? "s" : "os", equal ? "z" : "oz"}, {"af"});
    model.node("Concat", {"af", "xf"}, {"c"}, "joined").set("axis", 1);
    model.node("QuantizeLinear", {"c", "s", "z"}, {"cq"});
    model.node("DequantizeLinear", {"cq", "s", "z"}, {"cf"});
    model.node("DequantizeLinear", {"v", "vs", "vz"}, {"vf"});
    model.node("Conv", {"cf", "vf"}, {"y"}, "last");
    const Graph graph = model.import();
    CHECK(layer(graph, "last").branches[0].sources.size() == (equal ? 2 : 1));
    if (equal) continue;
    const GraphLayer& joined = layer(graph, "joined");
    CHECK(joined.quant->scale == 0.5);
    REQUIRE(joined.branches.size() == 1);
    CHECK(joined.branches[0].kind == BranchKind::identity);
    REQUIRE(joined.branches[0].sources.size() == 2);
    CHECK(joined.branches[0].sources[1].view.channel_offset == 2);
  }
}

TEST_CASE("QDQ: real inputs are quantised by the first node, real weights by the file's nodes") {
  OnnxBuilder model;
  model.input("x", {1, 1, 2, 2}).output("y").constant("s", {}, {0.5}).constant("z", {}, {0}, Type::uint8);
  model.constant("w", {1, 1, 1, 2}, {0.74, -3.0}).constant("ws", {}, {0.5}).constant("wz", {}, {0}, Type::int8);
  model.node("QuantizeLinear", {"x", "s", "z"}, {"q"});
  model.node("DequantizeLinear", {"q", "s", "z"}, {"xf"});
  model.node("QuantizeLinear", {"w", "ws", "wz"}, {"wq"});
  model.node("DequantizeLinear", {"wq", "ws", "wz"}, {"wf"});
  model.node("Conv", {"xf", "wf"}, {"y"}, "conv");
  const Graph graph = model.import();
  CHECK_FALSE(graph.integer_input);
  CHECK(graph.layers[0].quant->scale == 0.5);
  CHECK(layer(graph, "conv").branches[0].stored_weights == std::vector<std::int8_t>{1, -6});
}

TEST_CASE("a quantised output becomes codes and a raw copy") {
  OnnxBuilder model = quantised_input();
  dequantise_all(model);
  model.node("Conv", {"xf", "wf"}, {"c"}, "conv");
  requantise(model, "c", "y");
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 3);
  CHECK(layer(graph, "conv").quant->scale == 2.0);
  CHECK(graph.layers[2].raw_output);
}

TEST_CASE("QLinearConv, QLinearAdd and QLinearMatMul say the same as QDQ") {
  OnnxBuilder model = quantised_input();
  model.constant("flat", {2}, {1, 8}, Type::int64);
  model.constant("m", {8, 1}, {1, 2, 3, 4, 5, 6, 7, 8}, Type::int8).constant("ms", {}, {0.5});
  model.constant("mz", {}, {0}, Type::int8);
  model.node("QLinearConv", {"x", "s", "z", "w", "ws", "wz", "os", "oz", "b"}, {"c"}, "conv");
  model.node("com.microsoft.QLinearAdd", {"c", "os", "oz", "x", "s", "z", "os", "oz"}, {"a"}, "sum");
  model.node("Reshape", {"a", "flat"}, {"f"});
  model.node("QLinearMatMul", {"f", "os", "oz", "m", "ms", "mz", "s", "z"}, {"q"}, "dense");
  model.node("DequantizeLinear", {"q", "s", "z"}, {"y"});
  const Graph graph = model.import();
  REQUIRE(graph.layers.size() == 5);
  const GraphBranch& conv = layer(graph, "conv").branches[0];
  CHECK(conv.stored_weights == std::vector<std::int8_t>{-128, 3, 2, 127});
  CHECK(conv.stored_bias == std::vector<std::int32_t>{40, -7});
  CHECK(conv.bias == std::vector<float>{5, -0.4375F});
  CHECK(layer(graph, "conv").quant->scale == 2.0);
  CHECK(layer(graph, "sum").branches.size() == 2);
  CHECK(layer(graph, "dense").branches[0].input == Shape{2, 2, 2});
  CHECK(layer(graph, "dense").branches[0].weight_scale == std::vector<double>{0.5});
  CHECK(layer(graph, "dense").quant->zero_point == 3);
}

TEST_CASE("unsigned weights around 128 are signed weights") {
  OnnxBuilder model = quantised_input();
  model.constant("u", {1, 2, 1, 1}, {0, 255}, Type::uint8)
      .constant("us", {}, {1})
      .constant("uz", {}, {128}, Type::uint8);
  dequantise_all(model);
  model.node("DequantizeLinear", {"u", "us", "uz"}, {"uf"});
  model.node("Conv", {"xf", "uf"}, {"y"}, "conv");
  CHECK(layer(model.import(), "conv").branches[0].stored_weights == std::vector<std::int8_t>{-128, 127});
}

TEST_CASE("what a quantised network may not leave open is refused with its node") {
  SUBCASE("weights with a zero point") {
    OnnxBuilder model = quantised_input();
    model.constant("five", {}, {5}, Type::int8).constant("one", {}, {1});
    model.node("DequantizeLinear", {"x", "s", "z"}, {"xf"});
    model.node("DequantizeLinear", {"w", "one", "five"}, {"wf"}, "weights");
    model.node("Conv", {"xf", "wf"}, {"y"}, "conv");
    CHECK(model.refusal() ==
          "test.onnx: node 'weights' (DequantizeLinear): weights 'w' with zero point 5; weights with zero point 0");
  }
  SUBCASE("no quantiser behind a layer") {
    OnnxBuilder model = quantised_input();
    dequantise_all(model);
    model.node("Conv", {"xf", "wf"}, {"a"}, "open");
    model.node("Relu", {"a"}, {"r"});
    model.node("Conv", {"r", "wf"}, {"y"}, "last");
    CHECK(
        model.refusal() ==
        "test.onnx: node 'open' (Conv): no QuantizeLinear behind it in a quantised network; one scale per activation");
  }
  SUBCASE("real weights") {
    OnnxBuilder model = quantised_input();
    model.constant("real", {1, 2, 1, 1}, {1, 2});
    dequantise_all(model);
    model.node("Conv", {"xf", "real"}, {"y"}, "conv");
    CHECK(model.refusal() ==
          "test.onnx: node 'conv' (Conv): real weights in a quantised network; weights behind a DequantizeLinear");
  }
  SUBCASE("scales that contradict each other") {
    OnnxBuilder model = quantised_input();
    dequantise_all(model);
    model.node("DequantizeLinear", {"x", "os", "oz"}, {"again"}, "other");
    model.node("Add", {"xf", "again"}, {"y"}, "sum");
    CHECK(model.refusal() ==
          "test.onnx: node 'other' (DequantizeLinear): scale 2 and zero point 0; the quantiser's 0.5 and 3");
  }
}
