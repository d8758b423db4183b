#include "sim/input.hpp"
#include "traces/actions.hpp"

#include <doctest/doctest.h>

using namespace deltasim;

namespace {

sim::InputConfig three_clips() {
  sim::InputConfig config;
  config.kind = sim::InputKind::actions;
  config.actions.width = config.actions.height = 24;
  config.actions.frames = 4;
  config.actions.first_clip = 5;
  config.actions.clips = 3;
  return config;
}

std::vector<std::uint8_t> frame_of(const traces::RenderedActions& clips, std::uint32_t index) {
  std::vector<std::uint8_t> bytes(clips.shape().size());
  clips.read(5 + index / 4, index % 4, 1, bytes.data());
  return bytes;
}

}  // namespace

TEST_CASE(
    "a run sees the clips that a training is evaluated on: the same pixels in the same order, with their labels") {
  const auto config = three_clips();
  const traces::RenderedActions clips(config.actions, traces::Split::test, 8);
  const auto open = sim::open_input(config, nullptr, clips.shape(), "run.json", std::nullopt);
  CHECK(open.count == 12u);
  CHECK(open.source == "rendered actions, 24 x 24, seed 1, test clips 5 to 7");
  models::Frame frame;
  for (std::uint32_t i = 0; i < 12; ++i) {
    REQUIRE(open.frames->next(frame));
    const auto bytes = frame_of(clips, i);
    CHECK(frame.values == std::vector<float>(bytes.begin(), bytes.end()));
    CHECK(frame.label == clips.info(5 + i / 4).label);
  }
  CHECK_FALSE(open.frames->next(frame));
}

TEST_CASE("frames of rendered clips are selected and normalised as those of files") {
  auto config = three_clips();
  config.frames.first_frame = 3;
  config.frames.frame_step = 4;
  config.frames.mean = {100};
  config.frames.denominator = 2;
  const traces::RenderedActions clips(config.actions, traces::Split::test, 8);
  const auto open = sim::open_input(config, nullptr, clips.shape(), "run.json", 2);
  CHECK(open.count == 2u);
  CHECK(open.frames->frame_rate() == 7.5);
  models::Frame frame;
  for (const std::uint32_t index : {3u, 7u}) {
    REQUIRE(open.frames->next(frame));
    const auto bytes = frame_of(clips, index);
    for (std::size_t i = 0; i < bytes.size(); ++i) REQUIRE(frame.values[i] == (float(bytes[i]) - 100) / 2);
  }
  CHECK_FALSE(open.frames->next(frame));
}
