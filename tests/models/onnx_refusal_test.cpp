#include "models/error.hpp"
#include "onnx_builder.hpp"
#include "tests/support/data.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim::models;
using deltasim::test::counting;
using deltasim::test::input_and_kernel;
using deltasim::test::OnnxBuilder;
using Type = OnnxBuilder::Type;

namespace {

std::string refusal(const std::string& bytes) {
  try {
    import_onnx_bytes(bytes, "net.onnx");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

bool starts_with(const std::string& text, const std::string& begin) { return text.rfind(begin, 0) == 0; }

}  // namespace

TEST_CASE("a file that is not there or no network is refused") {
  CHECK_THROWS_WITH_AS(import_onnx("no/such.onnx"), "no/such.onnx: cannot be read; an ONNX network that exists",
                       InputError);
  CHECK(
      refusal("") ==
      "net.onnx: no complete ONNX file: 0 bytes that hold no whole network; an ONNX network that was saved to its end");
  CHECK(starts_with(refusal("not protobuf at all"), "net.onnx: no complete ONNX file: 19 bytes"));
}

TEST_CASE("a file that is cut off anywhere is refused, never half read") {
  OnnxBuilder model = input_and_kernel();
  model.node("Conv", {"x", "w"}, {"y"}, "conv");
  const std::string whole = model.bytes();
  REQUIRE(refusal(whole).empty());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const std::string text = refusal(whole.substr(0, size));
    // Behind the graph only the list of opsets is left.
    const bool complete = text.empty() && size + 8 >= whole.size();
    CHECK((complete || starts_with(text, "net.onnx: no complete ONNX file: " + std::to_string(size) + " bytes")));
  }
}

TEST_CASE("operators that are not supported are named with their node") {
  OnnxBuilder model = input_and_kernel();
  model.node("Conv", {"x", "w"}, {"a"}, "conv");
  model.node("Elu", {"a"}, {"y"}, "act");
  CHECK(starts_with(model.refusal(),
                    "test.onnx: node 'act' (Elu): operator Elu is not supported; supported: Constant, Flatten, "));
  OnnxBuilder foreign = input_and_kernel();
  foreign.node("org.example.Conv", {"x", "w"}, {"y"}, "mine");
  CHECK(starts_with(foreign.refusal(), "test.onnx: node 'mine' (org.example.Conv): operator org.example.Conv is not"));
}

TEST_CASE("Sigmoid and Softmax in the middle are named with their reader") {
  OnnxBuilder model = input_and_kernel();
  model.node("Conv", {"x", "w"}, {"a"}, "conv");
  model.node("Sigmoid", {"a"}, {"s"}, "gate");
  model.node("Mul", {"a", "s"}, {"y"}, "silu");
  CHECK(model.refusal() ==
        "test.onnx: node 'gate' (Sigmoid): in the middle of the network: node 'silu' (Mul) reads it; "
        "Softmax and Sigmoid at the network's outputs only");
}

TEST_CASE("weights that are no numbers are named") {
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY)}) {
    OnnxBuilder model;
    model.input("x", {1, 1, 2, 2}).output("y").constant("kernel", {1, 1, 1, 2}, {1, bad});
    model.node("Identity", {"kernel"}, {"w"});
    model.node("Conv", {"x", "w"}, {"y"}, "conv");
    const std::string kind = std::isnan(bad) ? "NaN" : "infinite";
    CHECK(model.refusal() == "test.onnx: initialiser 'kernel': element 1 is " + kind + "; finite weights");
  }
}

TEST_CASE("shapes that do not fit are named with their node") {
  SUBCASE("weights and channels") {
    OnnxBuilder model = input_and_kernel();
    model.node("Conv", {"x", "w"}, {"y"}, "conv").set("group", 2);
    CHECK(model.refusal() ==
          "test.onnx: node 'conv' (Conv): weights of 2 x 2 x 3 x 3 with 2 groups on 2 channels; "
          "weights that fit the input's channels");
  }
  SUBCASE("window and map") {
    OnnxBuilder model = input_and_kernel();
    model.node("Conv", {"x", "w"}, {"y"}, "conv").list("dilations", {2, 1});
    CHECK(model.refusal() ==
          "test.onnx: node 'conv' (Conv): a window of 5 over 4 rows or columns; a window that fits into its padded "
          "input");
  }
  SUBCASE("sum") {
    OnnxBuilder model = input_and_kernel();
    model.node("Conv", {"x", "w"}, {"a"}, "conv");
    model.node("Add", {"a", "x"}, {"y"}, "sum");
    CHECK(model.refusal() ==
          "test.onnx: node 'sum' (Add): adds tensors of 1 x 2 x 2 x 2 and 1 x 2 x 4 x 4; equal shapes, or a constant");
  }
  SUBCASE("dense layer") {
    OnnxBuilder model;
    model.input("x", {1, 2, 4, 4}).output("y").constant("w", {31, 5}, counting(155));
    model.node("Flatten", {"x"}, {"f"});
    model.node("Gemm", {"f", "w"}, {"y"}, "dense");
    CHECK(model.refusal() ==
          "test.onnx: node 'dense' (Gemm): weights of 31 x 5 on an input of 1 x 32; weights that fit the input");
  }
  SUBCASE("reshape") {
    OnnxBuilder model = input_and_kernel();
    model.constant("shape", {2}, {1, 33}, Type::int64).node("Reshape", {"x", "shape"}, {"y"}, "view");
    CHECK(
        model.refusal() ==
        "test.onnx: node 'view' (Reshape): a tensor of 1 x 2 x 4 x 4 cannot become 1 x 33; as many elements as before");
  }
  SUBCASE("initialiser") {
    OnnxBuilder model;
    model.input("x", {1, 1, 2, 2}).output("y").constant("w", {1, 1, 2, 2}, {1, 2, 3});
    model.node("Conv", {"x", "w"}, {"y"}, "conv");
    CHECK(model.refusal() == "test.onnx: initialiser 'w': holds 3 values; its dimensions [1 x 1 x 2 x 2] ask for 4");
  }
}

TEST_CASE("sizes beyond reason are refused before anything is allocated") {
  OnnxBuilder weights;
  weights.input("x", {1, 1, 2, 2}).output("y").missing("w", {1 << 20, 1 << 20, 1 << 20, 1});
  weights.node("Conv", {"x", "w"}, {"y"}, "conv");
  CHECK(starts_with(weights.refusal(), "test.onnx: initialiser 'w': a tensor of 1048576 x 1048576 x 1048576 x 1"));
  OnnxBuilder filled = input_and_kernel();
  filled.constant("huge", {2}, {60000, 60000}, Type::int64).node("ConstantOfShape", {"huge"}, {"y"}, "fill");
  CHECK(starts_with(filled.refusal(), "test.onnx: node 'fill' (ConstantOfShape): a tensor of 60000 x 60000 elements"));
  OnnxBuilder input;
  input.input("x", {1, 60000, 60000, 3}).output("y").node("Relu", {"x"}, {"y"}, "relu");
  CHECK(starts_with(input.refusal(), "test.onnx: input 'x': makes a map of 60000 x 60000 x 3; at most"));
  OnnxBuilder padded = input_and_kernel();
  padded.node("MaxPool", {"x"}, {"y"}, "pool").list("kernel_shape", {70000, 1});
  CHECK(padded.refusal() == "test.onnx: node 'pool' (MaxPool): kernel_shape of 70000; 1 to 65535");
}

TEST_CASE("inputs that are no single frame are refused") {
  const auto refused = [](const OnnxBuilder::Dims& dims) {
    OnnxBuilder model;
    model.input("x", dims).output("y").node("Relu", {"x"}, {"y"});
    return model.refusal();
  };
  CHECK(refused({1, 784}) == "test.onnx: input 'x': 2 dimensions; 1 x channels x rows x columns");
  CHECK(refused({4, 3, 8, 8}) == "test.onnx: input 'x': a batch of 4; a batch of 1, or an open one");
  CHECK(refused({1, 3, -1, 8}) ==
        "test.onnx: input 'x': its channels, rows and columns are not all fixed in the file; give the frames' size");
  OnnxBuilder two;
  two.input("x", {1, 1, 2, 2}).input("state", {1, 1, 2, 2}).output("y").node("Add", {"x", "state"}, {"y"});
  CHECK(two.refusal() ==
        "test.onnx: input 'state': a network with 2 inputs; one input of 1 x channels x rows x columns");
}

TEST_CASE("tensors that nobody makes, and outputs that do not depend on the input, are refused") {
  OnnxBuilder early = input_and_kernel();
  early.node("Relu", {"later"}, {"y"}, "relu");
  early.node("Relu", {"x"}, {"later"});
  CHECK(early.refusal() ==
        "test.onnx: node 'relu' (Relu): input 0 'later' is made by no node before it; "
        "nodes in the order of their evaluation");
  OnnxBuilder constant = input_and_kernel();
  constant.node("Identity", {"w"}, {"y"});
  CHECK(constant.refusal() == "test.onnx: output 'y': does not depend on the input; a tensor that a node makes");
  OnnxBuilder product = input_and_kernel();
  product.node("Mul", {"x", "x"}, {"y"}, "square");
  CHECK(product.refusal() == "test.onnx: node 'square' (Mul): multiplies two activations; a constant factor");
}

TEST_CASE("resizing between pixels and padding with values are refused") {
  OnnxBuilder resize = input_and_kernel();
  resize.constant("f", {4}, {1, 1, 2, 2}).node("Resize", {"x", "", "f"}, {"y"}, "up").set("mode", "linear");
  CHECK(resize.refusal() == "test.onnx: node 'up' (Resize): interpolates; mode nearest with a whole factor");
  OnnxBuilder pad = input_and_kernel();
  pad.constant("p", {8}, {0, 0, 1, 1, 0, 0, 1, 1}, Type::int64).constant("v", {}, {7});
  pad.node("Pad", {"x", "p", "v"}, {"y"}, "frame");
  CHECK(pad.refusal() == "test.onnx: node 'frame' (Pad): pads with 7; zeros");
}
