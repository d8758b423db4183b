#pragma once

#include "models/clip_source.hpp"
#include "models/frame.hpp"
#include "traces/split.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// The project's own action-recognition benchmark: labelled clips that are rendered where they are needed, in integers
/// only, so that clip i of a split has the same bytes on every machine. docs/dataset.md shows and explains it.
namespace deltasim::traces {

enum class ActionClasses : std::uint8_t { all, appearance, motion };
inline constexpr const char* names_of(ActionClasses) { return "all,appearance,motion"; }

/// What every clip of the benchmark has in common. Lengths and speeds scale with the picture's shorter side.
struct ActionOptions {
  std::uint32_t width = 64;
  std::uint32_t height = 64;
  std::uint32_t frames = 32;
  double frame_rate = 30.0;
  ActionClasses classes = ActionClasses::all;
  double moving_cameras = 0.3;
  double least_noise = 0.1, most_noise = 1.3;
  double exposure = 1.0;
  std::uint64_t seed = 1;
};

template <class Archive>
void describe(Archive& a, ActionOptions& o) {
  a.field("width", o.width, 16u, 224u, "pixels");
  a.field("height", o.height, 16u, 224u, "pixels");
  a.field("frames", o.frames, 1u, 100000u, "length of a clip");
  a.field("frame_rate", o.frame_rate, 1.0, 1000.0,
          "frames per second; speeds are per second: another rate shows the same motion in other steps");
  a.choice("classes", o.classes, "all 16, the 12 that objects tell, or the 4 that motion tells");
  a.field("moving_cameras", o.moving_cameras, 0.0, 1.0, "share of clips whose camera pans and shakes");
  a.field("least_noise", o.least_noise, 0.0, 64.0,
          "sensor noise of the quietest clips: standard deviation in grey levels, fresh in every pixel and frame");
  a.field("most_noise", o.most_noise, 0.0, 64.0, "sensor noise of the noisiest clips");
  a.field("exposure", o.exposure, 0.0, 1.0, "share of the frame's time in which the shutter is open: motion blur");
  a.field("seed", o.seed, std::uint64_t{0}, ~std::uint64_t{0}, "another seed is another benchmark of the same kind");
}

/// Both splits of a benchmark. Clip i does not depend on how many clips there are.
struct ActionSets : ActionOptions {
  std::uint32_t train_clips = 1600;
  std::uint32_t test_clips = 320;
};

template <class Archive>
void describe(Archive& a, ActionSets& o) {
  describe(a, static_cast<ActionOptions&>(o));
  a.field("train_clips", o.train_clips, 1u, 1000000u, "clips to train on; the classes take turns");
  a.field("test_clips", o.test_clips, 1u, 1000000u, "clips to test with: other ones");
}

/// Some clips of a split, one after another, as the input of a run.
struct ActionInput : ActionOptions {
  Split split = Split::test;
  std::uint32_t first_clip = 0;
  std::uint32_t clips = 16;
};

template <class Archive>
void describe(Archive& a, ActionInput& o) {
  a.choice("split", o.split, "clips to train on or to test with");
  a.field("first_clip", o.first_clip, 0u, 1000000u, "index in the split; the classes take turns");
  a.field("clips", o.clips, 1u, 1000000u, "so many, one after another");
  describe(a, static_cast<ActionOptions&>(o));
}

/// What is known of a clip besides its label: to tell results apart.
struct ActionAttributes {
  std::uint32_t label = 0;
  bool moving_camera = false;
  double noise = 0.0;   ///< standard deviation, grey levels
  std::string outline;  ///< of the main object
  std::string surface;
  double radius = 0.0;  ///< of the main object, in shorter sides of the picture
  std::uint32_t distractors = 0;
  bool occluded = false;  ///< by a post in front of the scene
};

const std::vector<std::string>& action_classes(ActionClasses classes);

/// Keeps what was rendered in memory up to `memory_limit` bytes; what does not fit is rendered anew.
class RenderedActions final : public models::ClipSource {
 public:
  RenderedActions(const ActionOptions& options, Split split, std::uint32_t clips,
                  std::uint64_t memory_limit = std::uint64_t{1} << 30);
  ~RenderedActions() override;
  const std::vector<std::string>& classes() const override { return action_classes(options_.classes); }
  models::Shape shape() const override { return {3, options_.height, options_.width}; }
  std::size_t size() const override { return infos_.size(); }
  const models::ClipInfo& info(std::size_t clip) const override { return infos_.at(clip); }
  void read(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint8_t* to) const override;
  const ActionAttributes& attributes(std::size_t clip) const { return attributes_.at(clip); }

 private:
  class Memory;
  ActionOptions options_;
  Split split_;
  std::vector<models::ClipInfo> infos_;
  std::vector<ActionAttributes> attributes_;
  std::unique_ptr<Memory> memory_;
};

/// The clips of `input` as frames, each with its clip's label: the bytes of RenderedActions.
class ActionFrames final : public models::FrameSource {
 public:
  explicit ActionFrames(const ActionInput& input);
  ~ActionFrames() override;
  bool next(models::Frame& out) override;
  void rewind() override { frame_ = 0; }
  models::Shape shape() const override { return {3, input_.height, input_.width}; }
  double frame_rate() const override { return input_.frame_rate; }

 private:
  class Shown;
  ActionInput input_;
  std::unique_ptr<Shown> shown_;
  std::uint64_t frame_ = 0;
};

}  // namespace deltasim::traces
