#include "models/error.hpp"
#include "onnx_builder.hpp"
#include "tests/support/data.hpp"

#include <doctest/doctest.h>

using namespace deltasim::models;
using deltasim::test::layer;

namespace {

struct Macs {
  double inside = 0, padded = 0;  ///< millions, without and with those on padding
};

Macs dense(const Graph& graph) {
  Macs macs;
  for (const GraphLayer& l : graph.layers)
    for (const GraphBranch& b : l.branches) {
      if (b.kind != BranchKind::convolution) continue;
      Branch geometry;
      geometry.input = b.input;
      geometry.window = b.window;
      geometry.groups = b.groups;
      macs.inside += static_cast<double>(dense_macs(geometry, l.output)) * 1e-6;
      const std::uint64_t fan_in = std::uint64_t{b.window.kernel_h} * b.window.kernel_w * (b.input.channels / b.groups);
      macs.padded += static_cast<double>(l.output.size() * fan_in) * 1e-6;
    }
  return macs;
}

}  // namespace

TEST_CASE("trained networks have the layers and the work that is known of them") {
  struct Known {
    const char* name;
    std::size_t layers;
    double inside, padded;  ///< 0: not stated
    bool quantised;
  };
  const Known known[] = {{"resnet8_cifar10", 10, 11.57, 12.5, false},
                         {"resnet8_int8_qdq", 10, 11.57, 12.5, true},
                         {"vww96_mobilenetv1_025", 30, 7.40, 7.49, false},
                         {"vww96_int8_qdq", 30, 7.40, 7.49, true},
                         {"ultraface_version-RFB-320_simplified", 52, 0, 100, false},
                         {"ultraface_version-RFB-320_without_postprocessing", 52, 0, 100, false},
                         {"SqueezeNet_fp16", 31, 0, 349, false},
                         {"mnist_8", 6, 0, 0.78, false},
                         {"resnet20_cifar10", 22, 0, 40.6, false},
                         {"pfld", 48, 0, 153, false},
                         {"yunet_n_320_320", 66, 0, 136, false},
                         {"streaming_wakeword_tcn", 10, 0, 0.83, false},
                         {"super_resolution_10", 5, 0, 2985, false},
                         {"zigzag_resnet18_noweights", 21, 0, 1814, false},
                         {"zigzag_mobilenetv2_noweights", 55, 0, 300, false}};
  for (const Known& k : known) {
    CAPTURE(k.name);
    const auto file = deltasim::test::data_file(std::string("networks/") + k.name + ".onnx");
    if (!file) {
      MESSAGE("skipped: " << k.name << " is not there");
      continue;
    }
    const Graph graph = import_onnx(*file);
    CHECK(graph.layers.size() == k.layers);
    CHECK(graph.name == k.name);
    CHECK(graph.quantised == k.quantised);
    CHECK(graph.integer_input == k.quantised);
    CHECK(graph.weights_missing == (std::string(k.name).find("noweights") != std::string::npos));
    const Macs macs = dense(graph);
    if (k.inside > 0) CHECK(macs.inside == doctest::Approx(k.inside).epsilon(0.001));
    CHECK(macs.padded == doctest::Approx(k.padded).epsilon(0.01));
  }
}

TEST_CASE("networks that cannot be simulated are refused with node and operator") {
  struct Known {
    const char *name, *text;
  };
  const Known known[] = {{"yolox_nano", "node 'Sigmoid_42' (Sigmoid): in the middle of the network: "},
                         {"pilotnet_udacity", "node 'convolution2d_1_act' (Elu): operator Elu is not supported"},
                         {"qonnx_TFC_2W2A", "node 'Quant_13' (onnx.brevitas.Quant): operator onnx.brevitas.Quant is"},
                         {"portrait_deeplab_dm05_513_nchw", "node 'ResizeBilinear' (Upsample): interpolates"},
                         {"dtln_model_1", "input 'input_3': a network with 2 inputs"}};
  for (const Known& k : known) {
    CAPTURE(k.name);
    const auto file = deltasim::test::data_file(std::string("networks/") + k.name + ".onnx");
    if (!file) {
      MESSAGE("skipped: " << k.name << " is not there");
      continue;
    }
    std::string text;
    try {
      import_onnx(*file);
    } catch (const InputError& error) {
      text = error.what();
    }
    CHECK(text.rfind(*file + ": " + k.text, 0) == 0);
  }
}

TEST_CASE("resnet8: residual sums without a quantiser between them are one layer with two convolutions") {
  for (const char* name : {"networks/resnet8_cifar10.onnx", "networks/resnet8_int8_qdq.onnx"}) {
    const auto file = deltasim::test::data_file(name);
    if (!file) {
      MESSAGE("skipped: " << name << " is not there");
      return;
    }
    const Graph graph = import_onnx(*file);
    const GraphLayer& sum = layer(graph, "conv2d_4");
    REQUIRE(sum.branches.size() == 2);
    CHECK(sum.branches[0].name == "conv2d_4");
    CHECK(sum.branches[1].name == "conv2d_5");
    CHECK(graph.layers[sum.branches[1].sources.at(0).producer].name == "conv2d_2");
    CHECK(layer(graph, "conv2d_2").branches.at(1).kind == BranchKind::identity);
  }
}

TEST_CASE("UltraFace: outputs join four heads, each element once") {
  const auto file = deltasim::test::data_file("networks/ultraface_version-RFB-320_without_postprocessing.onnx");
  if (!file) {
    MESSAGE("skipped: UltraFace is not there");
    return;
  }
  const Graph graph = import_onnx(*file);
  REQUIRE(graph.outputs.size() == 2);
  CHECK(graph.output_activation[0] == OutputActivation::softmax);
  CHECK(graph.output_activation[1] == OutputActivation::none);
  for (const Output& output : graph.outputs) {
    REQUIRE(output.sources.size() == 4);
    std::vector<int> seen(4420 * output.dims.at(1), 0);
    for (const Source& source : output.sources) {
      CHECK(graph.layers[source.producer].raw_output);
      REQUIRE(bool(source.view.map));
      for (const std::uint32_t to : *source.view.map) ++seen.at(to);
    }
    CHECK(seen == std::vector<int>(seen.size(), 1));
  }
}
