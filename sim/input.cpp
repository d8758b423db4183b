#include "sim/input.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

/// A rendered clip after the same normalisation as every other input, cut to a number of frames.
class NormalisedClip final : public models::FrameSource {
 public:
  NormalisedClip(const traces::RenderOptions& render, const traces::FrameOptions& options, std::uint64_t limit)
      : clip_(render), options_(options), limit_(limit) {}

  bool next(models::Frame& out) override {
    if (frame_ >= limit_) return false;
    for (std::uint64_t skipped = frame_ == 0 ? options_.first_frame : options_.frame_step - 1; skipped > 0; --skipped)
      if (!clip_.next(out)) return false;
    if (!clip_.next(out)) return false;
    ++frame_;
    const std::size_t pixels = clip_.shape().pixels();
    for (std::size_t i = 0; i < out.values.size(); ++i)
      out.values[i] = static_cast<float>((out.values[i] - of_channel(options_.mean, i / pixels, 0.0)) *
                                         of_channel(options_.scale, i / pixels, 1.0) / options_.denominator);
    return true;
  }
  void rewind() override {
    clip_.rewind();
    frame_ = 0;
  }
  models::Shape shape() const override { return clip_.shape(); }
  double frame_rate() const override { return clip_.frame_rate() / static_cast<double>(options_.frame_step); }

 private:
  static double of_channel(const std::vector<double>& values, std::size_t channel, double otherwise) {
    if (values.empty()) return otherwise;
    return values.size() == 1 ? values[0] : values[channel];
  }

  traces::RenderedClip clip_;
  traces::FrameOptions options_;
  std::uint64_t limit_, frame_ = 0;
};

std::uint64_t clip_length(const InputConfig& config) {
  const auto& o = config.frames;
  if (config.render.frames <= o.first_frame) return 0;
  return (config.render.frames - o.first_frame + o.frame_step - 1) / o.frame_step;
}

OpenInput open_clip(const InputConfig& config, const traces::FrameOptions& options, const models::Shape& shape,
                    const std::string& file) {
  const auto& r = config.render;
  const models::Shape own{3, r.height, r.width};
  if (own != shape)
    throw models::InputError(
        file, "/input/render", fmt::format("the clip has {} x {} pixels in 3 colours", r.width, r.height),
        fmt::format("the network takes {} x {} pixels in {} channels", shape.width, shape.height, shape.channels));
  const std::uint64_t length = std::min(clip_length(config), options.frames.value_or(~std::uint64_t{0}));
  if (length == 0)
    throw models::InputError(file, "/input/first_frame", fmt::format("is {}", options.first_frame),
                             fmt::format("the clip has {} frames", r.frames));
  OpenInput open;
  open.frames = std::make_unique<NormalisedClip>(r, options, length);
  open.source = fmt::format("rendered clip, {} x {}, seed {}", r.width, r.height, r.seed);
  if (r.camera_motion > 0) open.source += ", moving camera";
  open.count = length;
  return open;
}

}  // namespace

OpenInput open_input(const InputConfig& config, const models::Network* network, const models::Shape& shape,
                     const std::string& file, std::optional<std::uint64_t> limit) {
  traces::FrameOptions options = config.frames;
  if (limit) options.frames = std::min(*limit, options.frames.value_or(*limit));
  if (network != nullptr && options.mean.empty() && options.scale.empty()) {
    options.mean = {network->input.mean};
    options.scale = {network->input.numerator};
    options.denominator = network->input.denominator;
  }
  if (config.kind == InputKind::rendered) return open_clip(config, options, shape, file);
  auto frames = traces::open_frames(options, shape);
  OpenInput open;
  open.source = frames->source();
  open.frame_rate_assumed = frames->frame_rate_assumed();
  open.count = frames->frame_count();
  open.frames = std::move(frames);
  return open;
}

}  // namespace deltasim::sim
