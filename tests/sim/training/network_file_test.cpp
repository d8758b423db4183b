#include "sim/training/network_file.hpp"

#include "models/training/accounting.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::models::training;
using models::Shape;
using sim::Document;
using sim::Json;

namespace {

NetworkDescription read(const Json& json, std::optional<Shape> clips = {}, std::uint32_t classes = 0) {
  return sim::read_network_description(Document::parse(json.dump(), "net.json"), "", clips, classes);
}

std::string refusal(const Json& json, std::optional<Shape> clips = {}, std::uint32_t classes = 0) {
  try {
    read(json, clips, classes);
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "";
}

Json residual() {
  return Json::parse(R"({
    "name": "residual", "input": [3, 16, 20],
    "layers": [
      {"name": "a", "outputs": 8, "terms": [{"stride": 2}], "max_pool": {"kernel": 3, "stride": 1, "padding": 1}},
      {"name": "b", "terms": [{"padding": [0, 2]}, {"kind": "identity", "from": "a"}], "activation": "relu6"},
      {"name": "pool", "terms": [{"kind": "average_pool", "kernel": 0}], "activation": "none"},
      {"name": "logits", "terms": [{"kind": "dense", "batch_norm": false}], "activation": "none", "delta": false}
    ]})");
}

}  // namespace

TEST_CASE("a built-in network takes its image and its classes from the clips where the file leaves them open") {
  const auto open = read({{"builtin", "mobilenet_v1"}, {"width", 0.25}}, Shape{3, 64, 80}, 12);
  CHECK(open.input == Shape{3, 64, 80});
  CHECK(geometry(open).back().output.channels == 12);
  CHECK(geometry(open).front().output.channels == 8);
  CHECK(read({{"builtin", "resnet8"}}).input == Shape{3, 32, 32});
  CHECK(read({{"builtin", "resnet8"}, {"resolution", 48}}).input == Shape{3, 48, 48});
  CHECK(read({{"builtin", "pilotnet"}, {"input", {3, 66, 210}}}).input == Shape{3, 66, 210});
  CHECK(account(read({{"builtin", "resnet50"}}), ThresholdGrain::channel).total.thresholds == 23'747);
  CHECK(account(read({{"builtin", "resnet50"}, {"pool_delta", "always"}}), ThresholdGrain::channel).total.thresholds ==
        23'747 + 2048);
}

TEST_CASE("layers are read with their defaults: a term without a source reads the layer before") {
  const NetworkDescription n = read(residual(), Shape{3, 16, 20}, 5);
  REQUIRE(n.layers.size() == 4);
  CHECK(n.layers[0].terms[0].from == "input");
  CHECK(n.layers[0].max_pool->padding == 1);
  CHECK(n.layers[1].terms[0].from == "a");
  CHECK(*n.layers[1].terms[0].padding == std::array<std::uint32_t, 2>{0, 2});
  CHECK_FALSE(n.layers[1].terms[1].padding);
  CHECK(n.layers[2].terms[0].from == "b");
  CHECK(geometry(n).back().output == Shape{5, 1, 1});  // logits: as many as the clips have classes
  CHECK(geometry(n)[0].output == Shape{8, 8, 10});
}

TEST_CASE("an ONNX network gives its layers, with the logits of the clips") {
  const Json json{{"onnx", std::string(DELTASIM_SOURCE_DIR) + "/configs/networks/objects.onnx"}};
  CHECK(geometry(read(json)).back().output.channels == read(json).layers.back().outputs);
  const NetworkDescription n = read(json, read(json).input, 9);
  CHECK(geometry(n).back().output.channels == 9);
}

TEST_CASE("a network file that says too little, too much or another thing than the clips is refused") {
  CHECK(refusal(Json::object()) == "net.json: names no network; one of the keys 'builtin', 'layers', 'onnx'");
  CHECK(refusal({{"builtin", "resnet8"}, {"layers", Json::array()}}) ==
        "net.json: names two networks; one of the keys 'builtin', 'layers', 'onnx'");
  CHECK(refusal({{"builtin", "resnet8"}, {"resolution", 48}}, Shape{3, 64, 64}) ==
        "net.json: /resolution: is 3 x 48 x 48, the clips have 3 x 64 x 64; null: as large as the clips are");
  CHECK(refusal({{"builtin", "resnet8"}, {"resolution", 48}, {"input", {3, 48, 48}}}) ==
        "net.json: /resolution: stands beside /input, which says the same; must be one of the two");
  CHECK(refusal({{"builtin", "resnet8"}, {"classes", 3}}, {}, 4) ==
        "net.json: /classes: is 3, the clips have 4 classes; 0: as many as there are");
  CHECK(refusal({{"builtin", "pilotnet"}, {"resolution", 16}}).find("net.json: pilotnet: conv3") == 0);
  Json wrong = residual();
  wrong["layers"][1]["terms"][1]["from"] = "c";
  CHECK(refusal(wrong) ==
        "net.json: residual: b: it reads from 'c', no layer; expected 'input' or the name of an earlier layer");
  wrong = residual();
  wrong["layers"][1]["terms"][1]["kind"] = "convolutoin";
  CHECK(refusal(wrong).find("net.json: /layers/1/terms/1/kind") == 0);
  wrong = residual();
  wrong["layers"][0]["stride"] = 2;
  CHECK(refusal(wrong).find("net.json: /layers/0/stride") == 0);
  wrong["layers"] = Json::array();
  CHECK(refusal(wrong) ==
        "net.json: residual: layers: there are none; expected at least the one that gives the logits");
}
