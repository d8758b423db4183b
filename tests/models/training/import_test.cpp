#include "models/error.hpp"
#include "models/training/trained_network.hpp"
#include "tests/models/onnx_builder.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace deltasim::models;
using namespace deltasim::models::training;
using deltasim::test::counting;
using deltasim::test::OnnxBuilder;

namespace {

TrainedNetwork imported(const OnnxBuilder& model, double pixel_scale = 1.0) {
  const deltasim::test::TemporaryFolder folder;
  return import_trained(folder.write("n.onnx", model.bytes()), pixel_scale);
}

std::string refusal(const OnnxBuilder& model) {
  try {
    imported(model);
  } catch (const InputError& error) {
    const std::string text = error.what();
    return text.substr(text.find("n.onnx: ") + 8);
  }
  return "";
}

/// x of 1 x 2 x 4 x 4, weights w of a convolution 2 -> 3 with a kernel of 3 and d of a dense layer to 2 logits, y.
OnnxBuilder parts(std::int64_t features) {
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y");
  model.constant("w", {3, 2, 3, 3}, counting(54)).constant("b", {3}, {1, 2, 3});
  model.constant("d", {2, features}, counting(static_cast<std::size_t>(2 * features)));
  return model;
}

void end(OnnxBuilder& model, const std::string& from) {
  model.node("Flatten", {from}, {"flat"});
  model.node("Gemm", {"flat", "d"}, {"y"}, "logits").set("transB", 1);
}

}  // namespace

TEST_CASE("a trained network becomes a description with its weights") {
  OnnxBuilder model = parts(12);
  model.node("Conv", {"x", "w", "b"}, {"c"}, "conv").list("pads", {1, 1, 1, 1});
  model.node("Relu", {"c"}, {"r"});
  model.node("MaxPool", {"r"}, {"p"}, "pool").list("kernel_shape", {2, 2}).list("strides", {2, 2});
  end(model, "p");
  const TrainedNetwork network = imported(model, 0.5);
  const auto& layers = network.description.layers;
  REQUIRE(layers.size() == 2);
  CHECK(layers[0].name == "conv");
  CHECK(layers[0].activation == Activation::relu);
  REQUIRE(layers[0].max_pool);  // the pool is part of the layer before
  CHECK(layers[0].max_pool->kernel == 2);
  CHECK(layers[0].delta);
  CHECK_FALSE(layers[1].delta);
  CHECK(layers[1].terms[0].kind == TermKind::dense);
  CHECK(layers[1].terms[0].from == "conv");
  const auto& weight = network.layers[0].terms[0].weight;
  REQUIRE(weight.size() == 54);
  for (std::size_t i = 0; i < weight.size(); ++i) CHECK(weight[i] == doctest::Approx(double(i) * 255 * 0.5));
  CHECK(network.layers[0].terms[0].bias == std::vector<float>{1, 2, 3});  // not of the input's unit
  std::vector<float> dense(24);
  std::iota(dense.begin(), dense.end(), 0.0F);
  CHECK(network.layers[1].terms[0].weight == dense);  // columns in the order C, H, W
}

TEST_CASE("a max pool whose input others read, too, is a layer of its own") {
  OnnxBuilder model = parts(12);
  model.node("Conv", {"x", "w", "b"}, {"c"}, "conv").list("pads", {1, 1, 1, 1});
  model.node("Relu", {"c"}, {"r"});
  model.node("MaxPool", {"r"}, {"p"}, "pool").list("kernel_shape", {2, 2}).list("strides", {2, 2});
  model.node("AveragePool", {"r"}, {"a"}, "average").list("kernel_shape", {2, 2}).list("strides", {2, 2});
  model.node("Add", {"p", "a"}, {"s"}, "sum");
  end(model, "s");
  const auto& layers = imported(model).description.layers;
  const auto pool = std::find_if(layers.begin(), layers.end(), [](const auto& l) { return l.max_pool.has_value(); });
  REQUIRE(pool != layers.end());
  CHECK(pool->terms[0].kind == TermKind::identity);
  CHECK(pool->terms[0].from == "conv");
}

TEST_CASE("what a description cannot say is refused") {
  const auto convolution = [](const auto& change) {
    OnnxBuilder model = parts(3);
    auto node = model.node("Conv", {"x", "w", "b"}, {"c"}, "conv");
    change(node);
    model.node("Relu", {"c"}, {"r"});
    model.node("GlobalAveragePool", {"r"}, {"g"});
    end(model, "g");
    return refusal(model);
  };
  CHECK(convolution([](auto&) {}).empty());
  CHECK(convolution([](auto& node) {
          node.list("dilations", {1, 1}).list("strides", {1, 2});
        }) ==
        "conv: a window of 3 x 3, strides 1 and 2, dilation 1 and 1, padding 0 and 0; expected the same in both "
        "directions, and no dilation");
  CHECK(convolution([](auto& node) {
          node.list("pads", {1, 1, 0, 1});
        }) == "conv: different padding below and at the right; expected the same");

  OnnxBuilder clipped = parts(3);
  clipped.constant("low", {}, {0}).constant("high", {}, {20});
  clipped.node("Conv", {"x", "w", "b"}, {"c"}, "conv");
  clipped.node("Clip", {"c", "low", "high"}, {"r"});
  clipped.node("GlobalAveragePool", {"r"}, {"g"});
  end(clipped, "g");
  CHECK(refusal(clipped) == "conv: clipped to 0 .. 20; expected ReLU or ReLU6");

  OnnxBuilder first_pool = parts(3);
  first_pool.node("AveragePool", {"x"}, {"a"}, "average").list("kernel_shape", {3, 3}).list("pads", {1, 1, 1, 1});
  first_pool.node("Conv", {"a", "w", "b"}, {"c"}, "conv");
  first_pool.node("Relu", {"c"}, {"r"});
  first_pool.node("GlobalAveragePool", {"r"}, {"g"});
  end(first_pool, "g");
  CHECK(refusal(first_pool) ==
        "average: it pools or copies the image; expected a convolution or a dense layer on the image");

  OnnxBuilder two = parts(6);
  two.node("Conv", {"x", "w", "b"}, {"c"}, "conv");
  two.node("Relu", {"c"}, {"r"});
  two.node("GlobalAveragePool", {"r"}, {"g"}, "average");
  two.node("GlobalMaxPool", {"r"}, {"m"}, "largest");
  two.node("Concat", {"g", "m"}, {"both"}, "both").set("axis", 1);
  end(two, "both");
  CHECK(refusal(two) == "logits: it reads 2 tensors as one; expected networks without concatenation and cuts");
}

TEST_CASE("fan-outs and MACs of a description are those of the integer network") {
  const auto vww = deltasim::test::data_file("networks/vww96_mobilenetv1_025.onnx");
  if (!vww) MESSAGE("vww96 skipped: no shared data");
  std::vector<std::string> paths{std::string(DELTASIM_SOURCE_DIR) + "/configs/networks/objects.onnx"};
  if (vww) paths.push_back(*vww);
  for (const std::string& path : paths) {
    const Network network = shapes_only(import_onnx(path));
    const NetworkDescription description = import_trained(path).description;
    std::uint64_t macs = 0, expected = 0;
    for (const auto& layer : geometry(description)) macs += layer.macs;
    const auto input = fan_out_map(description, TermGeometry::from_input);
    for (const Layer& layer : network.layers)
      for (const Branch& branch : layer.branches) {
        if (branch.kind != BranchKind::convolution) continue;
        expected += dense_macs(branch, layer.output);
        if (branch.sources[0].producer != 0) continue;
        for (std::uint32_t y = 0; y < branch.input.height; ++y)
          for (std::uint32_t x = 0; x < branch.input.width; ++x)
            REQUIRE(input[y * branch.input.width + x] == double(fan_out(branch, layer.output, y, x)));
      }
    CHECK(macs == expected);
  }
}
