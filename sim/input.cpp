#include "sim/input.hpp"

#include "sim/quality.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

/// Rendered clips after the same selection and normalisation as every other input.
class NormalisedClip final : public models::FrameSource {
 public:
  NormalisedClip(std::unique_ptr<models::FrameSource> clip, const traces::FrameOptions& options, std::uint64_t limit)
      : clip_(std::move(clip)), options_(options), limit_(limit) {}

  bool next(models::Frame& out) override {
    if (frame_ >= limit_) return false;
    for (std::uint64_t skipped = frame_ == 0 ? options_.first_frame : options_.frame_step - 1; skipped > 0; --skipped)
      if (!clip_->next(out)) return false;
    if (!clip_->next(out)) return false;
    ++frame_;
    const std::size_t pixels = clip_->shape().pixels();
    if (options_.colour == traces::Colour::bgr)
      std::swap_ranges(out.values.begin(), out.values.begin() + pixels, out.values.end() - pixels);
    for (std::size_t i = 0; i < out.values.size(); ++i)
      out.values[i] = static_cast<float>((out.values[i] - of_channel(options_.mean, i / pixels, 0.0)) *
                                         of_channel(options_.scale, i / pixels, 1.0) / options_.denominator);
    return true;
  }
  void rewind() override {
    clip_->rewind();
    frame_ = 0;
  }
  models::Shape shape() const override { return clip_->shape(); }
  double frame_rate() const override {
    return options_.frame_rate.value_or(clip_->frame_rate()) / static_cast<double>(options_.frame_step);
  }

 private:
  static double of_channel(const std::vector<double>& values, std::size_t channel, double otherwise) {
    if (values.empty()) return otherwise;
    return values.size() == 1 ? values[0] : values[channel];
  }

  std::unique_ptr<models::FrameSource> clip_;
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

/// What open_input() asks of clips that are made here, whichever they are.
struct MadeHere {
  const char* key;  ///< in the run file
  std::uint32_t width, height;
  std::uint64_t frames;
  std::string own_labels;  ///< remedy for labels of somebody else
};

MadeHere made_here(const InputConfig& config) {
  const auto& r = config.render;
  const auto& a = config.actions;
  if (config.kind == InputKind::rendered) return {"render", r.width, r.height, r.frames, "null; /input/render/labels"};
  return {"actions", a.width, a.height, std::uint64_t{a.clips} * a.frames, "null: every frame has its clip's class"};
}

/// A clip is rendered in the size that the network takes and knows its classes: what would change that has no effect.
void require_steps_of_clip(const MadeHere& made, const traces::FrameOptions& o, const std::string& file) {
  const auto refuse = [&](const std::string& key, const std::string& problem, const std::string& remedy) {
    throw models::InputError(file, "/input/" + key, problem, remedy);
  };
  if (o.resize && (o.resize->width != made.width || o.resize->height != made.height))
    refuse("resize", "has no effect on a rendered clip", fmt::format("null; /input/{}/width and height", made.key));
  if (o.crop.kind == traces::CropKind::rectangle) refuse("crop", "has no effect on a rendered clip", "none");
  if (o.colour == traces::Colour::gray) refuse("colour", "a rendered clip is in colour", "rgb or bgr");
  if (!o.labels.empty() || o.label)
    refuse(o.label ? "label" : "labels", "a rendered clip has its own labels", made.own_labels);
  for (const auto& [key, values] : {std::pair{"mean", &o.mean}, std::pair{"scale", &o.scale}})
    if (values->size() > 1 && values->size() != 3)
      refuse(key, fmt::format("{} values for 3 channels", values->size()), "one value, or 3");
}

std::string source_text(const InputConfig& config) {
  const auto& r = config.render;
  const auto& a = config.actions;
  if (config.kind == InputKind::rendered)
    return fmt::format("rendered clip, {} x {}, seed {}{}", r.width, r.height, r.seed,
                       r.camera_motion > 0 ? ", moving camera" : "");
  return fmt::format("rendered actions, {} x {}, seed {}, {} clips {} to {}", a.width, a.height, a.seed,
                     a.split == traces::Split::train ? "training" : "test", a.first_clip,
                     std::uint64_t{a.first_clip} + a.clips - 1);
}

OpenInput open_clip(const InputConfig& config, const traces::FrameOptions& options, const models::Shape& shape,
                    const std::string& file) {
  const MadeHere made = made_here(config);
  const models::Shape own{3, made.height, made.width};
  if (own != shape)
    throw models::InputError(
        file, fmt::format("/input/{}", made.key),
        fmt::format("the clip has {} x {} pixels in 3 colours", made.width, made.height),
        fmt::format("the network takes {} x {} pixels in {} channels", shape.width, shape.height, shape.channels));
  require_steps_of_clip(made, options, file);
  const std::uint64_t left = made.frames - std::min(made.frames, options.first_frame);
  const std::uint64_t stepped = (left + options.frame_step - 1) / options.frame_step;
  const std::uint64_t length = std::min(stepped, options.frames.value_or(~std::uint64_t{0}));
  if (length == 0)
    throw models::InputError(file, "/input/first_frame", fmt::format("is {}", options.first_frame),
                             fmt::format("the clip has {} frames", made.frames));
  std::unique_ptr<models::FrameSource> clip;
  if (config.kind == InputKind::rendered)
    clip = std::make_unique<traces::RenderedClip>(config.render);
  else
    clip = std::make_unique<traces::ActionFrames>(config.actions);
  OpenInput open;
  open.frames = std::make_unique<NormalisedClip>(std::move(clip), options, length);
  open.source = source_text(config);
  open.count = length;
  return open;
}

void check_labels(OpenInput& open, const models::Network* network, const std::string& file) {
  const auto classes = network == nullptr ? std::nullopt : class_count(network->outputs);
  if (classes) open.frames = std::make_unique<CheckedLabels>(std::move(open.frames), *classes, file);
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
  if (config.made_here()) {
    OpenInput clips = open_clip(config, options, shape, file);
    if (config.kind == InputKind::actions) check_labels(clips, network, file);
    return clips;
  }
  auto frames = traces::open_frames(options, shape);
  OpenInput open;
  open.source = frames->source();
  open.frame_rate_assumed = frames->frame_rate_assumed();
  open.count = frames->frame_count();
  open.frames = std::move(frames);
  check_labels(open, network, options.labels.empty() ? file : options.labels);
  return open;
}

}  // namespace deltasim::sim
