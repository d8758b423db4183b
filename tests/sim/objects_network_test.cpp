#include "models/graph.hpp"
#include "models/reference.hpp"
#include "traces/rendered.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace deltasim;

namespace {

/// What a run of the network of the tutorial does under one rule.
struct Outcome {
  std::vector<std::vector<std::int64_t>> outputs;
  std::size_t right = 0;
  std::uint64_t macs = 0;  ///< of all frames
  std::uint64_t macs_after_first = 0;
};

models::Network objects_network() {
  const auto graph = models::import_onnx(DELTASIM_SOURCE_DIR "/configs/networks/objects.onnx");
  traces::RenderOptions scenes;
  scenes.frames = 24;
  scenes.scene_frames = 1;
  scenes.seed = 2024;
  traces::RenderedClip calibration(scenes);
  return models::quantise(graph, models::calibrate(graph, calibration, scenes.frames));
}

Outcome run(const models::Network& network, models::Rule rule, const traces::RenderOptions& render) {
  traces::RenderedClip clip(render);
  models::RuleSet rules;
  rules.rule = rule;
  models::ReferenceNetwork reference(network, rules, clip);
  models::WorkCounter counter(network);
  Outcome outcome;
  for (models::FrameEvents frame; reference.next(frame);) {
    std::uint64_t macs = 0;
    for (const auto& layer : counter.count(frame)) {
      for (const auto& branch : layer) macs += branch.macs;
    }
    outcome.macs += macs;
    if (!outcome.outputs.empty()) outcome.macs_after_first += macs;
    const auto best = std::max_element(frame.outputs.begin(), frame.outputs.end()) - frame.outputs.begin();
    outcome.right += reference.label() == static_cast<std::uint32_t>(best);
    outcome.outputs.push_back(frame.outputs);
  }
  return outcome;
}

std::uint64_t dense_macs(const models::Network& network) {
  std::uint64_t macs = 0;
  for (const auto& layer : network.layers) {
    for (const auto& branch : layer.branches) macs += models::dense_macs(branch, layer.output);
  }
  return macs;
}

}  // namespace

TEST_CASE("the network of the objects, quantised, recognises the objects of clips it was not trained on") {
  traces::RenderOptions scenes;
  scenes.frames = 60;
  scenes.scene_frames = 1;
  scenes.seed = 77;
  const Outcome outcome = run(objects_network(), models::Rule::dense, scenes);
  REQUIRE(outcome.outputs.size() == 60);
  CHECK(outcome.right >= 56);
}

TEST_CASE("on the network of the objects deltas cost a fraction of dense and of spatial, and give the same outputs") {
  const models::Network network = objects_network();
  traces::RenderOptions still;
  still.frames = 8;
  const Outcome spatial = run(network, models::Rule::spatial, still);
  const Outcome delta = run(network, models::Rule::delta, still);
  CHECK(delta.outputs == spatial.outputs);
  const std::uint64_t dense = 7 * dense_macs(network);
  CHECK(delta.macs_after_first * 4 < dense);
  CHECK(delta.macs_after_first * 3 < spatial.macs_after_first * 2);
  CHECK(spatial.macs < dense_macs(network) * 8);
}

TEST_CASE("a moving camera costs deltas more than a still one") {
  const models::Network network = objects_network();
  traces::RenderOptions still, moving;
  still.frames = moving.frames = 6;
  moving.camera_motion = 2.0;
  CHECK(run(network, models::Rule::delta, moving).macs_after_first >
        run(network, models::Rule::delta, still).macs_after_first);
}
