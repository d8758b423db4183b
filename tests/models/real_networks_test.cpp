#include "models/reference.hpp"
#include "tests/models/graph_builder.hpp"
#include "tests/support/data.hpp"
#include "tests/support/npy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace deltasim::test;

namespace {

std::vector<std::vector<float>> read_frames(const std::string& path, const Shape& shape, double scale) {
  const Npy array = read_npy(path);
  std::vector<std::vector<float>> frames;
  for (std::size_t at = 0; at + shape.size() <= array.values.size(); at += shape.size()) {
    frames.emplace_back();
    for (std::size_t i = 0; i < shape.size(); ++i)
      frames.back().push_back(static_cast<float>(array.values[at + i] * scale));
  }
  return frames;
}

std::size_t top(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// Frames of `data` on which the quantised network's largest output is the float network's, of how many.
std::pair<int, int> agreement(const std::string& network_path, const std::string& frames_path, double scale) {
  const Graph graph = import_onnx(network_path);
  const auto frames = read_frames(frames_path, graph.layers[0].output, scale);
  FixedFrames source(graph.layers[0].output, frames);
  const Network network = quantise(graph, calibrate(graph, source, 8));
  source.rewind();
  RuleSet rules;
  rules.rule = Rule::dense;
  ReferenceNetwork integer(network, rules, source);
  FloatNetwork real(graph);
  const std::vector<double>& unit = network.layers[network.outputs[0].sources[0].producer].output_scale;
  FrameEvents events;
  int agree = 0;
  for (const std::vector<float>& frame : frames) {
    REQUIRE(integer.next(events));
    std::vector<double> values(events.outputs.begin(), events.outputs.end());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= unit.size() == 1 ? unit[0] : unit[i];
    const std::vector<float>& expected = real.run(frame);
    if (top(values) == top({expected.begin(), expected.end()})) ++agree;
  }
  return {agree, static_cast<int>(frames.size())};
}

}  // namespace

TEST_CASE("float: real networks give the logits of an independent program in double precision") {
  struct Expected {
    const char *network, *frames;
    double scale;
    std::vector<double> logits;  // first outputs of the first frame, before Softmax
  };
  const std::vector<Expected> cases = {
      {"networks/vww96_mobilenetv1_025.onnx", "golden/int8/vww96_frames.npy", 1 / 255.0, {1.41792872, -1.38349023}},
      {"networks/resnet8_cifar10.onnx",
       "golden/int8/resnet8_frames.npy",
       1.0,
       {-10.1897286, -10.73859132, -5.6388164, -2.90927902, -4.3055809, -4.7858708}},
  };
  for (const Expected& e : cases) {
    const auto network_path = data_file(e.network), frames_path = data_file(e.frames);
    if (!network_path || !frames_path) {
      MESSAGE("skipped: " << e.network << " is not there");
      continue;
    }
    CAPTURE(e.network);
    const Graph graph = import_onnx(*network_path);
    FloatNetwork network(graph);
    const std::vector<float>& out = network.run(read_frames(*frames_path, graph.layers[0].output, e.scale)[0]);
    for (std::size_t i = 0; i < e.logits.size(); ++i) CHECK(out[i] == doctest::Approx(e.logits[i]).epsilon(1e-5));
  }
}

TEST_CASE("quantise: real networks keep their answers") {
  const auto vww = data_file("networks/vww96_mobilenetv1_025.onnx"),
             resnet = data_file("networks/resnet8_cifar10.onnx");
  const auto people = data_file("golden/int8/vww96_frames.npy"), images = data_file("golden/int8/resnet8_frames.npy");
  if (!vww || !resnet || !people || !images) {
    MESSAGE("skipped: networks and golden/int8 are not there");
    return;
  }
  const auto [persons, person_frames] = agreement(*vww, *people, 1 / 255.0);
  CHECK(persons >= person_frames - 1);
  const auto [classes, class_frames] = agreement(*resnet, *images, 1.0);
  CHECK(classes >= class_frames - 2);
}
