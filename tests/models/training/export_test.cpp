// What export_onnx writes, read by the simulator's own importer.
#include "models/error.hpp"
#include "models/graph.hpp"
#include "models/training/export_weights.hpp"
#include "tests/models/training/trained_networks.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

using namespace deltasim;
using namespace deltasim::models;
using namespace deltasim::models::training;
using test::mobile_description;
using test::random_trained;
using test::residual_description;

namespace {

Graph exported(const TrainedNetwork& network, const ExportOptions& options = {}) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "network.onnx";
  export_onnx(network, options, path);
  return import_onnx(path);
}

ExportOptions real_weights(bool fold) {
  ExportOptions options;
  options.quantised = false;
  options.fold_batch_norm = fold;
  return options;
}

std::vector<std::string> names(const Graph& graph) {
  std::vector<std::string> result;
  for (const GraphLayer& layer : graph.layers) result.push_back(layer.name);
  return result;
}

/// Index of a row-major [outputs][inputs of the group][ky][kx] weight for an index in the network's order.
std::size_t row_major(const Branch& b, std::uint32_t outputs, std::size_t at) {
  const std::size_t of_group = outputs / b.groups, inputs = b.input.channels / b.groups;
  const std::size_t area = std::size_t{b.window.kernel_h} * b.window.kernel_w;
  const std::size_t o = at % of_group, i = at / of_group % inputs, tap = at / of_group / inputs % area;
  const std::size_t group = at / of_group / inputs / area;
  return ((group * of_group + o) * inputs + i) * area + tap;
}

const Layer& layer_named(const Network& network, const std::string& name) {
  for (const Layer& layer : network.layers)
    if (layer.name == name) return layer;
  FAIL("no layer '" << name << "'");
  return network.layers.front();
}

std::vector<float> input_steps_of(const TrainedNetwork& network, std::size_t producer) {
  return producer == TermGeometry::from_input ? network.input_steps : network.layers[producer].steps;
}

void check_weights(const TrainedNetwork& trained, const Network& network) {
  const auto geometry = training::geometry(trained.description);
  for (std::size_t l = 0; l < geometry.size(); ++l) {
    const LayerDescription& layer = trained.description.layers[l];
    const Layer& found = layer_named(network, layer.name);
    CAPTURE(layer.name);
    const std::uint32_t outputs = geometry[l].sum.channels;
    if (!trained.layers[l].steps.empty()) {
      const std::vector<float>& steps = trained.layers[l].steps;
      for (std::uint32_t c = 0; c < outputs; ++c)
        CHECK((found.channel_steps.empty() ? found.step : found.channel_steps[c]) == steps[steps.size() == 1 ? 0 : c]);
    }
    REQUIRE(found.branches.size() == layer.terms.size());
    for (std::size_t t = 0; t < layer.terms.size(); ++t) {
      const Branch& branch = found.branches[t];
      if (branch.kind != BranchKind::convolution) continue;
      const StoredTerm stored =
          store(fold_batch_norm(trained.layers[l].terms[t], outputs), outputs, geometry[l].terms[t],
                input_steps_of(trained, geometry[l].terms[t].from), l + 1 == geometry.size());
      REQUIRE(branch.weights.size() == stored.codes.size());
      std::size_t different = 0, full = 0;
      for (std::size_t i = 0; i < branch.weights.size(); ++i) {
        different += branch.weights[i] != stored.codes[row_major(branch, outputs, i)];
        full += std::abs(branch.weights[i]) == 127;
      }
      CHECK(different == 0);
      CHECK(full >= outputs);
    }
  }
}

std::string refusal(const TrainedNetwork& network, const ExportOptions& options = {}) {
  try {
    exported(network, options);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("export: layers keep their names and order") {
  const std::vector<std::string> mobile{"input",  "stem",   "depth1", "point1", "point1/pool",
                                        "depth2", "point2", "pool",   "logits"};
  const std::vector<std::string> residual{"input", "stem", "a1", "a2", "b1", "b2", "smooth", "hidden", "logits"};
  for (const double spread : {1.0, 30.0}) {
    CHECK(names(exported(random_trained(mobile_description(), 1, spread))) == mobile);
    CHECK(names(exported(random_trained(residual_description(), 1, spread))) == residual);
  }
  CHECK(names(exported(random_trained(mobile_description(), 1, 30), real_weights(true))) == mobile);
  CHECK(names(exported(random_trained(residual_description(), 1, 30), real_weights(false))) == residual);
}

TEST_CASE("export: the simulator finds training's 8-bit weights and steps again, bit by bit") {
  for (std::uint32_t seed = 1; seed <= 5; ++seed)
    for (const double spread : {1.0, 10.0, 100.0}) {
      CAPTURE(seed);
      CAPTURE(spread);
      for (const NetworkDescription& description : {mobile_description(), residual_description()}) {
        const TrainedNetwork trained = random_trained(description, seed, spread);
        const Graph graph = exported(trained);
        CHECK(graph.quantised);
        const Network network = quantise(graph, {});
        check_weights(trained, network);
        // the file takes pixels as they are
        const double step = channel_scale(*graph.layers[0].quant, 1) * trained.input_scale;
        CHECK(step == doctest::Approx(trained.input_steps[trained.input_steps.size() == 1 ? 0 : 1]));
      }
    }
}

TEST_CASE("export: the three forms of a network compute the same") {
  for (const NetworkDescription& description : {mobile_description(), residual_description()}) {
    const TrainedNetwork trained = random_trained(description, 3, 4);
    FloatNetwork folded(exported(trained, real_weights(true))), kept(exported(trained, real_weights(false)));
    const Graph graph = exported(trained);
    FloatNetwork quantised(graph);
    for (const std::vector<float>& frame : test::pixel_frames(description.input, 2, 3)) {
      const std::vector<float> a = folded.run(frame), b = kept.run(frame), c = quantised.run(frame);
      REQUIRE(a.size() == 5);
      for (std::size_t i = 0; i < 5; ++i) {
        CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
        CHECK(a[i] == doctest::Approx(c[i]).epsilon(0.05).scale(1));  // 8-bit weights, real activations
      }
    }
  }
}

TEST_CASE("export: the form with real weights is a starting point again") {
  for (const NetworkDescription& description : {mobile_description(), residual_description()}) {
    const test::TemporaryFolder folder;
    export_onnx(random_trained(description, 6, 4), real_weights(true), folder / "first.onnx");
    const TrainedNetwork again = import_trained(folder / "first.onnx", 1.0);  // it takes pixels 0..255
    REQUIRE(again.description.layers.size() == description.layers.size());
    for (std::size_t l = 0; l < description.layers.size(); ++l) {
      CHECK(again.description.layers[l].name == description.layers[l].name);
      CHECK(again.description.layers[l].terms.size() == description.layers[l].terms.size());
      CHECK(again.description.layers[l].max_pool.has_value() == description.layers[l].max_pool.has_value());
    }
    FloatNetwork first(import_onnx(folder / "first.onnx")), second(exported(again, real_weights(true)));
    const std::vector<float> frame = test::pixel_frames(description.input, 1, 6).front(), a = first.run(frame),
                             b = second.run(frame);
    for (std::size_t i = 0; i < 5; ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-4));
  }
}

TEST_CASE("export: codes are unsigned where nothing is negative") {
  const Graph graph = exported(random_trained(residual_description(), 2, 10));
  for (const GraphLayer& layer : graph.layers) {
    if (!layer.quant) continue;
    CAPTURE(layer.name);
    CHECK(layer.quant->low == (layer.name == "b1" ? -128 : 0));
    CHECK(layer.quant->high == (layer.name == "b1" ? 127 : 255));
  }
}

TEST_CASE("export: outputs without weights, and biases far above their weights, stay what they are") {
  TrainedNetwork trained = random_trained(mobile_description(), 4, 10);
  TrainedTerm& stem = trained.layers[0].terms[0];
  const std::size_t row = stem.weight.size() / 8;
  std::fill_n(stem.weight.begin(), row, 0.0F);
  for (std::size_t i = row; i < 2 * row; ++i) stem.weight[i] *= 1e-12F;
  const RealTerm real = fold_batch_norm(stem, 8);
  const Network network = quantise(exported(trained), {});
  const Layer& layer = layer_named(network, "stem");
  for (const std::size_t c : {0u, 1u}) {
    const Branch& b = layer.branches[0];
    const double unit = layer.channel_steps[c] * static_cast<double>(b.multiplier[c]) / (1 << 24);
    CHECK(b.bias[c] * unit == doctest::Approx(real.bias[c]).epsilon(1e-3));
  }
}

TEST_CASE("export: networks for an independent program") {
  // tests/oracle/compare_qdq.py asks for them; otherwise they are only read back
  const test::TemporaryFolder own;
  const char* wanted = std::getenv("DELTASIM_EXPORTS");
  const std::string folder = wanted != nullptr ? std::string(wanted) + "/" : own / "";
  for (const NetworkDescription& description : {mobile_description(), residual_description()})
    for (const double spread : {1.0, 30.0}) {
      const std::string path = folder + description.name + (spread == 1.0 ? "_layer" : "_channel") + ".onnx";
      ExportOptions options;
      options.metadata = {{"seed", "9"}};
      export_onnx(random_trained(description, 9, spread), options, path);
      CHECK(import_onnx(path).layers.size() == description.layers.size() + (description.name == "mobile" ? 2 : 1));
      CHECK_FALSE(std::filesystem::exists(path + ".unfinished"));
    }
}

TEST_CASE("export: what a file cannot hold is refused with its layer") {
  TrainedNetwork network = random_trained(mobile_description(), 1, 10);
  SUBCASE("steps per neuron") {
    network.layers[0].steps.assign(std::size_t{8} * 9 * 8, 0.1F);
    CHECK(refusal(network) ==
          "mobile: stem: 576 steps for 8 channels; expected one for each channel, or one: steps per neuron have no "
          "place in a file, train with \"threshold_grain\": \"channel\"");
    CHECK(refusal(network, real_weights(true)).empty());
  }
  SUBCASE("softmax inside") {
    network.description.layers[1].activation = training::Activation::softmax;
    CHECK(refusal(network) ==
          "mobile: depth1: softmax inside the network is not exported; expected relu, relu6 or none");
  }
  SUBCASE("no steps") {
    network.layers[2].steps.clear();
    CHECK(refusal(network) ==
          "mobile: point1: it has no steps to quantise with; expected a delta layer that was trained, or an export "
          "with real weights");
  }
  SUBCASE("a step of 0") {
    network.layers[2].steps[3] = 0;
    CHECK(refusal(network) == "mobile: point1: a step of 0; expected positive steps");
  }
  SUBCASE("weights of another shape") {
    network.layers[2].terms[0].weight.pop_back();
    CHECK(refusal(network) == "mobile: point1: 95 weights; expected 96 for its shape");
  }
  SUBCASE("integers with batch normalisation") {
    ExportOptions options;
    options.fold_batch_norm = false;
    CHECK(refusal(network, options) ==
          "mobile: a quantised file with its batch normalisation; expected \"fold_batch_norm\": true, or real "
          "weights");
  }
  SUBCASE("a folder that does not exist") {
    CHECK_THROWS_WITH_AS(export_onnx(network, {}, "/does/not/exist.onnx"),
                         "/does/not/exist.onnx: cannot be written; expected a folder that exists and has room",
                         InputError);
  }
}
