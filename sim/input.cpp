#include "sim/input.hpp"

#include "sim/quality.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

/// A rendered clip after the same selection and normalisation as every other input.
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
    if (options_.colour == traces::Colour::bgr)
      std::swap_ranges(out.values.begin(), out.values.begin() + pixels, out.values.end() - pixels);
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
  double frame_rate() const override {
    return options_.frame_rate.value_or(clip_.frame_rate()) / static_cast<double>(options_.frame_step);
  }

 private:
  static double of_channel(const std::vector<double>& values, std::size_t channel, double otherwise) {
    if (values.empty()) return otherwise;
    return values.size() == 1 ? values[0] : values[channel];
  }

  traces::RenderedClip clip_;
  traces::FrameOptions options_;
  std::uint64_t limit_, frame_ = 0;
};

/// Passes frames on, but no label that the network cannot answer: accuracy would silently be 0.
class CheckedLabels final : public models::FrameSource {
 public:
  CheckedLabels(std::unique_ptr<models::FrameSource> inner, std::uint32_t classes, std::string file)
      : inner_(std::move(inner)), classes_(classes), file_(std::move(file)) {}

  bool next(models::Frame& out) override {
    if (!inner_->next(out)) return false;
    if (out.label && *out.label >= classes_)
      throw models::InputError(file_, fmt::format("frame {}", frame_),
                               fmt::format("label {}, but the network has {} classes", *out.label, classes_),
                               fmt::format("a class index from 0 to {}", classes_ - 1));
    ++frame_;
    return true;
  }
  void rewind() override {
    inner_->rewind();
    frame_ = 0;
  }
  models::Shape shape() const override { return inner_->shape(); }
  double frame_rate() const override { return inner_->frame_rate(); }

 private:
  std::unique_ptr<models::FrameSource> inner_;
  std::uint32_t classes_;
  std::string file_;
  std::uint64_t frame_ = 0;
};

std::uint64_t clip_length(const InputConfig& config) {
  const auto& o = config.frames;
  if (config.render.frames <= o.first_frame) return 0;
  return (config.render.frames - o.first_frame + o.frame_step - 1) / o.frame_step;
}

/// A clip is rendered in the size that the network takes and knows its classes: what would change that has no effect.
void require_steps_of_clip(const InputConfig& config, const traces::FrameOptions& o, const std::string& file) {
  const auto refuse = [&](const std::string& key, const std::string& problem, const std::string& remedy) {
    throw models::InputError(file, "/input/" + key, problem, remedy);
  };
  const auto& r = config.render;
  if (o.resize && (o.resize->width != r.width || o.resize->height != r.height))
    refuse("resize", "has no effect on a rendered clip", "null; /input/render/width and height");
  if (o.crop.kind == traces::CropKind::rectangle) refuse("crop", "has no effect on a rendered clip", "none");
  if (o.colour == traces::Colour::gray) refuse("colour", "a rendered clip is in colour", "rgb or bgr");
  if (!o.labels.empty() || o.label)
    refuse(o.label ? "label" : "labels", "a rendered clip has its own labels", "null; /input/render/labels");
  for (const auto& [key, values] : {std::pair{"mean", &o.mean}, std::pair{"scale", &o.scale}})
    if (values->size() > 1 && values->size() != 3)
      refuse(key, fmt::format("{} values for 3 channels", values->size()), "one value, or 3");
}

OpenInput open_clip(const InputConfig& config, const traces::FrameOptions& options, const models::Shape& shape,
                    const std::string& file) {
  const auto& r = config.render;
  const models::Shape own{3, r.height, r.width};
  if (own != shape)
    throw models::InputError(
        file, "/input/render", fmt::format("the clip has {} x {} pixels in 3 colours", r.width, r.height),
        fmt::format("the network takes {} x {} pixels in {} channels", shape.width, shape.height, shape.channels));
  require_steps_of_clip(config, options, file);
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
  const auto classes = network == nullptr ? std::nullopt : class_count(network->outputs);
  if (classes) {
    const std::string& labels = options.labels.empty() ? file : options.labels;
    open.frames = std::make_unique<CheckedLabels>(std::move(open.frames), *classes, labels);
  }
  return open;
}

}  // namespace deltasim::sim
