// QuantizeLinear and DequantizeLinear of activations with a scale for each channel.
#include "models/carry_channels.hpp"
#include "onnx_builder.hpp"

#include <doctest/doctest.h>

using namespace deltasim::models;
using deltasim::test::layer;
using deltasim::test::OnnxBuilder;
using Type = OnnxBuilder::Type;
using Scales = std::vector<double>;

namespace {

/// Real input of 1 x 2 x 2 x 2 quantised to xf with steps 0.5 and 0.125; weights w (2 x 2 x 1 x 1) behind wf with steps
/// 0.25 and 0.5 per output, wr = wf over the inputs' relative steps 1 and 0.25; scales s3 of three channels.
OnnxBuilder channel_input() {
  OnnxBuilder model;
  model.input("x", {1, 2, 2, 2}).output("y");
  model.constant("s", {2}, {0.5, 0.125}).constant("z", {2}, {0, 0}, Type::uint8);
  model.constant("w", {2, 2, 1, 1}, {127, -60, 20, -127}, Type::int8).constant("ws", {2}, {0.25, 0.5});
  model.constant("relative", {1, 2, 1, 1}, {1, 0.25});
  model.constant("b", {2}, {3, -0.3});
  model.constant("os", {2}, {2, 0.25}).constant("oz", {2}, {0, 0}, Type::uint8);
  model.node("QuantizeLinear", {"x", "s", "z"}, {"xq"}, "quantise").set("axis", 1);
  model.node("DequantizeLinear", {"xq", "s", "z"}, {"xf"}, "dequantise").set("axis", 1);
  model.node("DequantizeLinear", {"w", "ws"}, {"wf"}).set("axis", 0);
  model.node("Div", {"wf", "relative"}, {"wr"});
  return model;
}

void requantise(OnnxBuilder& model, const std::string& from, const std::string& to) {
  model.node("QuantizeLinear", {from, "os", "oz"}, {from + "_q"}).set("axis", 1);
  model.node("DequantizeLinear", {from + "_q", "os", "oz"}, {to}).set("axis", 1);
}

}  // namespace

TEST_CASE("QDQ per channel: int8 weights over the inputs' relative steps are found again bit by bit") {
  OnnxBuilder model = channel_input();
  model.node("Conv", {"xf", "wr", "b"}, {"c"}, "conv");
  model.node("Relu", {"c"}, {"r"});
  requantise(model, "r", "rf");
  model.node("Conv", {"rf", "wf"}, {"y"}, "last");
  const Graph graph = model.import();
  CHECK(graph.quantised);
  CHECK(graph.layers[0].quant->channel_scale == Scales{0.5, 0.125});
  CHECK(graph.layers[0].quant->scale == 0.5);
  CHECK(layer(graph, "conv").quant->channel_scale == Scales{2, 0.25});
  CHECK(layer(graph, "conv").branches[0].stored_weights.empty());
  const Network network = quantise(graph, {});
  CHECK(network.layers[0].channel_steps == Scales{0.5, 0.125});
  const Branch& conv = network.layers[1].branches[0];
  CHECK(conv.weights == std::vector<std::int8_t>{127, 20, -60, -127});  // [input][output]
  CHECK(conv.weight_scale == Scales{0.25, 0.5});
  CHECK(conv.bias == std::vector<std::int32_t>{24, -1});  // units of 0.5 * 0.25 and 0.5 * 0.5
  CHECK(conv.multiplier == std::vector<std::int64_t>{1 << 20, 1 << 24});
  CHECK(network.layers[1].channel_steps == Scales{2, 0.25});
  CHECK(network.layers.back().output_scale.size() == 2);
}

TEST_CASE("QDQ per channel: equal scales are one scale") {
  OnnxBuilder model;
  model.input("x", {1, 2, 2, 2}).output("y").constant("alike", {2}, {0.5, 0.5});
  model.constant("w", {2, 2, 1, 1}, {127, -60, 20, -127}, Type::int8).constant("ws", {}, {0.25});
  model.node("QuantizeLinear", {"x", "alike"}, {"xq"});
  model.node("DequantizeLinear", {"xq", "alike"}, {"xf"});
  model.node("DequantizeLinear", {"w", "ws"}, {"wf"});
  model.node("Conv", {"xf", "wf"}, {"y"}, "conv");
  const Graph graph = model.import();
  CHECK(graph.layers[0].quant->scale == 0.5);
  CHECK(graph.layers[0].quant->channel_scale.empty());
  CHECK(layer(graph, "conv").branches[0].stored_weights == std::vector<std::int8_t>{127, 20, -60, -127});
}

TEST_CASE("QDQ per channel: pools inherit, concatenation and flattening carry the scales along") {
  OnnxBuilder model = channel_input();
  model.constant("m", {3, 16}, std::vector<double>(48, 1), Type::int8).constant("ms", {}, {0.1});
  model.node("Conv", {"xf", "wr"}, {"c"}, "conv");
  requantise(model, "c", "cf");
  model.node("Concat", {"cf", "xf"}, {"j"}, "join").set("axis", 1);
  model.node("MaxPool", {"j"}, {"p"}, "pool").list("kernel_shape", {1, 1});
  model.node("Flatten", {"p"}, {"f"});
  model.node("DequantizeLinear", {"m", "ms"}, {"mf"});
  model.node("Gemm", {"f", "mf"}, {"y"}, "dense").set("transB", 1);
  const Graph graph = model.import();
  CHECK(layer(graph, "pool").quant->channel_scale == Scales{2, 0.25, 0.5, 0.125});
  const Network network = quantise(graph, {});
  CHECK(network.layers[2].channel_steps == Scales{2, 0.25, 0.5, 0.125});
  CHECK(network.layers[2].branches[0].multiplier == std::vector<std::int64_t>{1 << 24});
  // weights of 0.1 each, in units of the largest input step
  const std::vector<std::int8_t>& w = network.layers[3].branches[0].weights;
  REQUIRE(w.size() == 48);
  for (std::size_t pixel = 0; pixel < 4; ++pixel)
    for (std::size_t o = 0; o < 3; ++o) {
      CHECK(w[(pixel * 4 + 0) * 3 + o] == 127);
      CHECK(w[(pixel * 4 + 1) * 3 + o] == 16);
      CHECK(w[(pixel * 4 + 2) * 3 + o] == 32);
      CHECK(w[(pixel * 4 + 3) * 3 + o] == 8);
    }
}

TEST_CASE("QDQ per channel: a quantiser behind a concatenation gives each tensor its part") {
  OnnxBuilder model = channel_input();
  model.constant("s4", {4}, {1, 2, 3, 4}).constant("z4", {4}, {0, 0, 0, 0}, Type::int8);
  model.constant("w4", {1, 4, 1, 1}, {1, 2, 3, 127}, Type::int8).constant("ws4", {}, {0.5});
  model.node("Conv", {"xf", "wf"}, {"c"}, "one");
  model.node("Conv", {"xf", "wr"}, {"d"}, "two");
  model.node("Concat", {"c", "d"}, {"j"}, "join").set("axis", 1);
  model.node("QuantizeLinear", {"j", "s4", "z4"}, {"jq"}).set("axis", 1);
  model.node("DequantizeLinear", {"jq", "s4", "z4"}, {"jf"}).set("axis", 1);
  model.node("DequantizeLinear", {"w4", "ws4"}, {"w4f"});
  model.node("Conv", {"jf", "w4f"}, {"y"}, "last");
  const Graph graph = model.import();
  CHECK(layer(graph, "one").quant->channel_scale == Scales{1, 2});
  CHECK(layer(graph, "two").quant->channel_scale == Scales{3, 4});
  CHECK(layer(graph, "two").quant->low == -128);
  const Network network = quantise(graph, {});
  // 1, 4, 9 and 508 over the largest, folded into weights that were stored for one scale: quantised again
  CHECK(network.layers[3].branches[0].weights == std::vector<std::int8_t>{0, 1, 2, 127});
}

TEST_CASE("QDQ per channel: behind a change of shape the scales belong to the new channels") {
  OnnxBuilder model = channel_input();
  model.constant("s4", {4}, {1, 2, 3, 4}).constant("z4", {4}, {0, 0, 0, 0}, Type::uint8);
  model.constant("shape", {4}, {1, 4, 1, 2}, Type::int64);
  model.constant("w4", {1, 4, 1, 1}, {1, 2, 3, 127}, Type::int8).constant("ws4", {}, {0.5});
  model.node("Relu", {"xf"}, {"r"}, "relu");
  model.node("Reshape", {"r", "shape"}, {"t"}, "shape");
  model.node("QuantizeLinear", {"t", "s4", "z4"}, {"tq"}, "again").set("axis", 1);
  model.node("DequantizeLinear", {"tq", "s4", "z4"}, {"tf"}).set("axis", 1);
  model.node("DequantizeLinear", {"w4", "ws4"}, {"w4f"});
  model.node("Conv", {"tf", "w4f"}, {"y"}, "last");
  const Graph graph = model.import();
  CHECK(layer(graph, "again").output == Shape{4, 1, 2});
  CHECK(layer(graph, "again").quant->channel_scale == Scales{1, 2, 3, 4});
  CHECK(graph.layers[0].quant->channel_scale == Scales{0.5, 0.125});
  const Network network = quantise(graph, {});
  // an identity from steps 0.5, 0.5, 0.125, 0.125 to 1, 2, 3, 4
  CHECK(network.layers[1].branches[0].multiplier == std::vector<std::int64_t>{1 << 23, 1 << 22, 699051, 1 << 19});
}

TEST_CASE("QDQ per channel: codes of integer inputs") {
  OnnxBuilder model;
  model.input("x", {1, 2, 1, 1}, Type::uint8).output("y");
  model.constant("s", {2}, {0.5, 0.125}).constant("z", {2}, {3, 3}, Type::uint8);
  model.constant("w", {1, 2, 1, 1}, {127, 127}, Type::int8).constant("ws", {}, {1});
  model.node("DequantizeLinear", {"x", "s", "z"}, {"xf"}).set("axis", 1);
  model.node("DequantizeLinear", {"w", "ws"}, {"wf"});
  model.node("Conv", {"xf", "wf"}, {"y"}, "conv");
  const Graph graph = model.import();
  CHECK(graph.integer_input);
  CHECK(FloatNetwork(graph).run({5, 11}) == std::vector<float>{127 * (2 * 0.5F + 8 * 0.125F)});
  const Network network = quantise(graph, {});
  CHECK(network.input.zero_point == 3);
  CHECK(network.layers[0].low == -3);
  CHECK(network.layers[1].branches[0].weights == std::vector<std::int8_t>{127, 32});
}

TEST_CASE("QDQ per channel: what has no meaning is refused with its node") {
  OnnxBuilder model = channel_input();
  std::string expected;
  SUBCASE("zero points that differ") {
    model.constant("z2", {2}, {0, 3}, Type::uint8);
    model.node("QuantizeLinear", {"xf", "os", "z2"}, {"y"}, "q");
    expected = "node 'q' (QuantizeLinear): zero points 0 and 3 in one tensor; one zero point for all channels";
  }
  SUBCASE("a number of scales that does not fit") {
    model.constant("s3", {3}, {1, 2, 3});
    model.node("QuantizeLinear", {"xf", "s3"}, {"y"}, "q");
    expected = "node 'q' (QuantizeLinear): 3 scales for 2 channels; one scale, or one for each channel";
  }
  SUBCASE("another axis") {
    model.node("QuantizeLinear", {"xf", "os"}, {"y"}, "q").set("axis", 2);
    expected =
        "node 'q' (QuantizeLinear): 2 scales along axis 2 of 1 x 2 x 2 x 2; one scale, or one for each channel "
        "(axis 1)";
  }
  SUBCASE("a scale for each neuron") {
    model.constant("s8", {8}, {1, 2, 3, 4, 5, 6, 7, 8});
    model.node("Flatten", {"xf"}, {"f"});
    model.node("QuantizeLinear", {"f", "s8"}, {"y"}, "q");
    expected =
        "node 'q' (QuantizeLinear): 8 scales for a flattened map of 2 channels; scales per channel before the map is "
        "flattened";
  }
  SUBCASE("a scale of 0") {
    model.constant("none", {2}, {1, 0});
    model.node("QuantizeLinear", {"xf", "none"}, {"y"}, "q");
    expected = "node 'q' (QuantizeLinear): a scale of 0; a positive number";
  }
  SUBCASE("other scales on the way back") {
    model.node("Relu", {"xf"}, {"r"}, "relu");
    model.node("QuantizeLinear", {"r", "os", "oz"}, {"rq"}, "q");
    model.node("DequantizeLinear", {"rq", "s", "oz"}, {"y"}, "back");
    expected =
        "node 'back' (DequantizeLinear): scales per channel that differ from the quantiser's; the same scales and zero "
        "point in both";
  }
  SUBCASE("the way back in another shape") {
    model.constant("s4", {4}, {1, 2, 3, 4}).constant("shape", {4}, {1, 4, 1, 2}, Type::int64);
    model.node("Relu", {"xf"}, {"r"}, "relu");
    model.node("QuantizeLinear", {"r", "os", "oz"}, {"rq"}, "q");
    model.node("Reshape", {"rq", "shape"}, {"t"}, "shape");
    model.node("DequantizeLinear", {"t", "s4"}, {"y"}, "back");
    expected =
        "node 'back' (DequantizeLinear): scales per channel of a re-indexed tensor; a DequantizeLinear before it";
  }
  CHECK(model.refusal() == "test.onnx: " + expected);
}

TEST_CASE("values of channels follow a view, a channel with two values is found") {
  std::vector<double> to(3, 0);
  const auto value = [](std::size_t c) { return static_cast<double>(c + 1); };
  CHECK(carry_channels({1, nullptr}, {2, 2, 2}, {3, 2, 2}, value, to));
  CHECK(to == Scales{0, 1, 2});
  CHECK_FALSE(carry_channels({0, nullptr}, {2, 2, 2}, {3, 2, 2}, value, to));  // channel 1: 2 beside 1
  const auto map =
      std::make_shared<const std::vector<std::uint32_t>>(std::vector<std::uint32_t>{2, View::nowhere, 0, 1});
  std::vector<double> flat(3, 0);
  CHECK(carry_channels({0, map}, {2, 1, 2}, {3, 1, 1}, value, flat));
  CHECK(flat == Scales{2, 2, 1});
}
