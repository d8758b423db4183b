#include "models/graph.hpp"
#include "models/reference.hpp"
#include "traces/actions.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace deltasim;

namespace {

struct Outcome {
  std::size_t right = 0, frames = 0;
  std::uint64_t macs = 0;  ///< first frames of clips left out
};

constexpr std::uint32_t clip_frames = 8;

/// One clip of each class, from those that training has not seen.
Outcome run(const std::string& form, models::Rule rule) {
  const auto graph = models::import_onnx(DELTASIM_SOURCE_DIR "/configs/networks/" + form);
  const models::Network network = models::quantise(graph, {});
  traces::ActionInput input;
  input.clips = 16;
  input.frames = clip_frames;
  traces::ActionFrames clips(input);
  models::RuleSet rules;
  rules.rule = rule;
  models::ReferenceNetwork reference(network, rules, clips);
  models::WorkCounter counter(network);
  Outcome outcome;
  for (models::FrameEvents frame; reference.next(frame); ++outcome.frames) {
    const auto best = std::max_element(frame.outputs.begin(), frame.outputs.end()) - frame.outputs.begin();
    outcome.right += reference.label() == static_cast<std::uint32_t>(best);
    const auto work = counter.count(frame);
    if (outcome.frames % clip_frames == 0) continue;
    for (const auto& layer : work)
      for (const auto& branch : layer) outcome.macs += branch.macs;
  }
  return outcome;
}

}  // namespace

TEST_CASE("the shipped network: trained for deltas it needs less than 2/5 of what its baseline's zeros leave") {
  const Outcome baseline = run("example-baseline.onnx", models::Rule::spatial);
  const Outcome delta = run("example-delta.onnx", models::Rule::delta);
  REQUIRE(delta.frames == 16 * clip_frames);
  CHECK(delta.macs * 5 < baseline.macs * 2);
  CHECK(baseline.right * 10 > baseline.frames * 6);
  CHECK(delta.right * 10 > delta.frames * 6);
}

TEST_CASE("the shipped network's baseline gains less from deltas than the form that was trained for them") {
  const Outcome baseline = run("example-baseline.onnx", models::Rule::delta);
  const Outcome delta = run("example-delta.onnx", models::Rule::delta);
  CHECK(delta.macs * 2 < baseline.macs);
}
