#include "sim/run_config.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using sim::Json;

namespace {

/// A run file with everything that it needs beside it.
class RunFolder {
 public:
  RunFolder() {
    folder.write("networks/net.onnx", "not looked at");
    folder.write("networks/net.json",
                 R"({"model": "net.onnx", "labels": ["a", "b"], "input": {"mean": [1, 2, 3], "denominator": 255},
                     "calibration": {"input": "../clip.avi", "frames": 4}})");
    folder.write("clip.avi", "");
    folder.write("trace.h5", "");
    folder.write("hw/chip.json", R"({"core": {"lanes": 8}, "noc": {"columns": 2}})");
    folder.write("energy/table.json", R"({"name": "table"})");
    change([](Json&) {});
  }

  template <class Change>
  std::string change(Change&& by) {
    Json run = Json::parse(R"({"network": "../networks/net.json", "input": "../clip.avi",
                               "hardware": "../hw/chip.json", "energy": "../energy/table.json"})");
    by(run);
    return folder.write("runs/run.json", run.dump());
  }
  std::string file() const { return folder / "runs/run.json"; }

  sim::RunConfig read(const std::vector<std::string>& overrides = {}) const { return sim::read_run(file(), overrides); }
  std::string error(const std::vector<std::string>& overrides = {}) const {
    try {
      read(overrides);
    } catch (const models::InputError& e) {
      return e.what();
    }
    return "no error";
  }

  test::TemporaryFolder folder;
};

}  // namespace

TEST_CASE("paths in a run file are relative to the file that names them") {
  const RunFolder run;
  const auto config = run.read();
  CHECK(config.network.model == run.folder / "networks/net.onnx");
  CHECK(config.network.file == run.folder / "networks/net.json");
  CHECK(config.input.path == run.folder / "clip.avi");
  CHECK(config.input.frames.path == config.input.path);
  CHECK(config.network.calibration.input->path == run.folder / "clip.avi");
  CHECK(config.hardware_file == run.folder / "hw/chip.json");
  CHECK(config.energy.file == run.folder / "energy/table.json");
  CHECK(config.hardware.core.lanes == 8);
  CHECK(config.hardware.noc.rows == hw::NocParams{}.rows);
}

TEST_CASE("the network's steps from picture to input are the input's defaults") {
  RunFolder run;
  run.change([](Json& r) { r["input"] = {{"path", "../clip.avi"}, {"denominator", 2}}; });
  const auto config = run.read();
  CHECK(config.input.frames.mean == std::vector<double>{1, 2, 3});
  CHECK(config.input.frames.denominator == 2);
  CHECK(config.network.input.denominator == 255);
  CHECK(config.network.calibration.input->frames.denominator == 255);
}

TEST_CASE(
    "a network may be the model itself, a description or an object; an input a path, a trace or a clip to render") {
  RunFolder run;
  run.change([](Json& r) { r["network"] = "../networks/net.onnx"; });
  CHECK(run.read().network.model == run.folder / "networks/net.onnx");
  CHECK(run.read().network.file == run.file());
  run.change([](Json& r) { r["network"] = {{"model", "../networks/net.onnx"}, {"input_shape", {3, 4, 5}}}; });
  CHECK(run.read().network.input_shape == models::Shape{3, 4, 5});
  run.change([](Json& r) { r["input"] = "../trace.h5"; });
  CHECK(run.read().input.kind == sim::InputKind::stream);
  run.change([](Json& r) { r["input"] = {{"render", {{"frames", 5}}}}; });
  CHECK(run.read().input.kind == sim::InputKind::rendered);
  CHECK(run.read().input.render.frames == 5);
  run.change([](Json& r) { r["input"] = {{"actions", {{"split", "train"}, {"first_clip", 7}, {"frames", 5}}}}; });
  CHECK(run.read().input.kind == sim::InputKind::actions);
  CHECK(run.read().input.actions.split == traces::Split::train);
  CHECK(run.read().input.actions.first_clip == 7);
  CHECK(run.read().input.actions.frames == 5);
  CHECK(run.read().input.actions.clips == 16);
  run.change([](Json& r) { r["input"] = {{"path", "../clip.avi"}, {"render", Json::object()}}; });
  CHECK(run.error() == run.file() + ": /input: has both 'path' and 'render'; one of them");
  run.change([](Json& r) { r["input"] = Json::object(); });
  CHECK(run.error() == run.file() + ": /input: names no input; the key 'path', the key 'render' or the key 'actions'");
}

TEST_CASE("pictures: resize, crop, colour, limits") {
  RunFolder run;
  run.change([](Json& r) {
    r["input"] = {
        {"path", "../clip.avi"}, {"resize", {32, 24}}, {"crop", {1, 2, 30, 40}}, {"colour", "bgr"}, {"frame_step", 3}};
    r["frames"] = 7;
  });
  const auto frames = run.read().input.frames;
  CHECK(frames.resize->width == 32);
  CHECK(frames.resize->height == 24);
  CHECK(frames.crop.kind == traces::CropKind::rectangle);
  CHECK(frames.crop.height == 40);
  CHECK(frames.colour == traces::Colour::bgr);
  CHECK(frames.frame_step == 3);
  CHECK(frames.frames == 7);
  run.change([](Json& r) { r["input"] = {{"path", "../clip.avi"}, {"crop", "rectangle"}}; });
  CHECK(run.error() ==
        run.file() + ": /input/crop: is \"rectangle\"; must be one of: none, center; or [x, y, width, height]");
}

TEST_CASE("thresholds: one, per channel, or by layer") {
  RunFolder run;
  run.change([](Json& r) { r["delta"] = {{"rule", "send_on_delta"}, {"threshold", 2}}; });
  CHECK(run.read().delta.every.threshold == std::vector<double>{2});
  run.change([](Json& r) { r["delta"] = {{"threshold", {1, 2, 3}}}; });
  CHECK(run.read().delta.every.threshold == std::vector<double>{1, 2, 3});
  run.change([](Json& r) {
    r["delta"] = {{"threshold", {{"conv1", 2}, {"conv2", {1, 2}}}}, {"layers", {{"fc", {{"mode", "normal"}}}}}};
  });
  const auto rules = run.read().delta;
  CHECK(rules.every.threshold.empty());
  CHECK(rules.layers.at("conv1").threshold == std::vector<double>{2});
  CHECK(rules.layers.at("conv2").threshold == std::vector<double>{1, 2});
  CHECK(rules.layers.at("fc").mode == models::Mode::normal);
  run.change([](Json& r) { r["delta"] = {{"threshold", {{"conv1", -1}}}}; });
  CHECK(run.error() == run.file() + ": /delta/threshold/conv1: is -1; must be a number from 0 to 1000000000");
}

TEST_CASE("layer_delay may stand at the top or below delta, not in both places") {
  RunFolder run;
  run.change([](Json& r) { r["layer_delay"] = true; });
  CHECK(run.read().delta.layer_delay);
  run.change([](Json& r) { r["delta"] = {{"layer_delay", true}}; });
  CHECK(run.read().delta.layer_delay);
  run.change([](Json& r) { r["layer_delay"] = 1; });
  CHECK(run.error() == run.file() + ": /layer_delay: is 1; must be true or false");
  run.change([](Json& r) {
    r["layer_delay"] = true;
    r["delta"] = {{"layer_delay", true}};
  });
  CHECK(run.error() == run.file() + ": /layer_delay: stands here and at /delta/layer_delay; keep the second");
}

TEST_CASE("overrides apply in order and reach into the files that the run file names") {
  const RunFolder run;
  CHECK(run.read({"/hardware/core/lanes=32"}).hardware.core.lanes == 32);
  CHECK(run.read({"/hardware/core/lanes=32"}).hardware.noc.columns == 2);
  CHECK(run.read({"/frames=3", "/frames=4"}).frames == 4u);
  CHECK(run.read({"/delta/rule=pixel"}).delta.rule == models::Rule::pixel);
  CHECK(run.read({R"(/delta/layers/a~1b/threshold=[1,2])"}).delta.layers.at("a/b").threshold.size() == 2);
  CHECK(run.read({"/input/frame_rate=5"}).input.frames.frame_rate == 5.0);
  CHECK(run.read({"/network/calibration/frames=9"}).network.calibration.frames == 9);
  CHECK(run.read({"/network=../networks/net.onnx"}).network.model == run.folder / "networks/net.onnx");
}

TEST_CASE("an override may replace a reference that leads nowhere") {
  RunFolder run;
  run.change([](Json& r) { r["hardware"] = "../hw/none.json"; });
  CHECK(run.error() == run.file() + ": /hardware: there is no file '" + (run.folder / "hw/none.json") +
                           "'; a path relative to the file that names it, or the object itself");
  CHECK(run.read({"/hardware=../hw/chip.json"}).hardware.core.lanes == 8);
}

TEST_CASE("bad overrides are named as they were typed") {
  const RunFolder run;
  const std::string form = "; --set /pointer=value, for example --set /delta/threshold=2";
  CHECK(run.error({"/frames"}) == "--set /frames: has no '='" + form);
  CHECK(run.error({"frames=1"}) == "--set frames=1: 'frames' is not a JSON pointer" + form);
  CHECK(run.error({"=1"}) == "--set =1: '' is not a JSON pointer" + form);
  CHECK(run.error({"/a~2=1"}) == "--set /a~2=1: '~' stands alone in the pointer; '~0' for '~', '~1' for '/'");
  CHECK(run.error({"/frames=-1"}) == "--set /frames=-1: /frames: is -1; must be an integer from 1 to 1099511627776");
  CHECK(run.error({"/hardwar/core/lanes=1"}) ==
        "--set /hardwar/core/lanes=1: /hardwar: unknown key; did you mean 'hardware'?");
  CHECK(run.error({"/hardware/core/lanes/x=1"}) ==
        "--set /hardware/core/lanes/x=1: /hardware/core/lanes: is '8', nothing can be set below it; a pointer into an "
        "object or array; 'deltasim config keys run' lists them");
}

TEST_CASE("an error in a file that the run file names is reported there") {
  RunFolder run;
  run.folder.write("hw/chip.json", R"({"core": {"lanes": 0}})");
  CHECK(run.error() == (run.folder / "hw/chip.json") + ": /core/lanes: is 0; must be an integer from 1 to 4096");
  run.folder.write("hw/chip.json", R"({"core": {"weight_memory": {"word_bits": 12}}})");
  CHECK(run.error() ==
        (run.folder / "hw/chip.json") + ": /core/weight_memory/word_bits: is 12; must be a multiple of 8");
  run.folder.write("hw/chip.json", R"({"output_port_column": 2, "noc": {"columns": 2}})");
  CHECK(run.error() ==
        (run.folder / "hw/chip.json") + ": /output_port_column: is 2; must be below the 2 columns of /noc");
}

TEST_CASE("what has no default is asked for, what is named must exist") {
  RunFolder run;
  for (const char* key : {"network", "input", "energy"}) {
    run.change([&](Json& r) { r.erase(key); });
    CHECK(run.error() == run.file() + ": the key '" + key + "' is missing; it has no default and must be given");
  }
  run.change([](Json& r) { r["input"] = "none.avi"; });
  CHECK(run.error() == run.file() + ": /input: there is no file '" + (run.folder / "runs/none.avi") +
                           "'; a path relative to the file that names it");
  run.change([](Json& r) { r["network"] = "../clip.avi"; });
  CHECK(run.error() == run.file() + ": /network: '" + (run.folder / "clip.avi") +
                           "' is not a trained network; an .onnx file or a Lava netx .net file");
  run.change([](Json& r) { r["executions"] = Json::array(); });
  CHECK(run.error() == run.file() + ": /executions: is empty; at least one of: dense, spatial, delta, systolic");
  run.change([](Json& r) { r["executions"] = {"dens"}; });
  CHECK(run.error() == run.file() + ": /executions/0: is \"dens\"; must be one of: dense, spatial, delta, systolic");
}

TEST_CASE("the effective configuration is complete and is a run file itself") {
  RunFolder run;
  run.change([](Json& r) {
    r["delta"] = {{"threshold", {{"conv1", 2}}}, {"comparison", "greater_equal"}};
    r["input"] = {{"render", {{"frames", 5}}}};
    r["mapping"] = {{{"layer", "conv1"}, {"core", 1}, {"channels", {0, 4}}}};
    r["stalls"] = {{"probability", 0.25}};
    r["seed"] = 18446744073709551615u;
  });
  const Json first = sim::effective(run.read());
  CHECK(first["hardware"]["core"]["lanes"] == 8);
  CHECK(first["hardware"]["core"]["decode_cycles"] == hw::CoreParams{}.decode_cycles);
  CHECK(first["energy"]["name"] == "table");
  CHECK(first["files"]["hardware"] == run.folder / "hw/chip.json");
  const std::string again = run.folder.write("again.json", first.dump());
  Json second = sim::effective(sim::read_run(again, {}));
  second["files"] = first["files"];
  CHECK(second == first);
}

TEST_CASE("a given mapping is in names of layers, what it leaves out is the whole layer") {
  RunFolder run;
  run.change([](Json& r) {
    r["mapping"] = {{{"layer", "conv1"}, {"core", 1}, {"rows", {0, 2}}}, {{"layer", "conv2"}, {"core", 0}}};
  });
  models::Network network;
  network.layers.resize(3);
  network.layers[1].name = "conv1";
  network.layers[1].output = {8, 4, 6};
  network.layers[2].name = "conv2";
  network.layers[2].output = {2, 1, 1};
  const auto slices = sim::given_mapping(run.read(), network).slices;
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].layer == 1);
  CHECK(slices[0].channel_end == 8);
  CHECK(slices[0].y_end == 2);
  CHECK(slices[0].x_end == 6);
  CHECK(slices[1].layer == 2);
  run.change([](Json& r) { r["mapping"] = {{{"layer", "conf1"}, {"core", 1}}}; });
  CHECK_THROWS_WITH_AS(
      sim::given_mapping(run.read(), network),
      (run.file() + ": /mapping/0/layer: the network has no layer 'conf1'; did you mean 'conv1'?").c_str(),
      models::InputError);
  run.change([](Json& r) { r["mapping"] = {{{"core", 1}}}; });
  CHECK(run.error() == run.file() + ": /mapping/0: the key 'layer' is missing; it has no default and must be given");
}
