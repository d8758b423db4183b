#include "traces/actions_scene.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace deltasim::traces {
namespace {

constexpr std::int64_t one = 65536;
constexpr std::uint32_t most_parts = 12;  ///< of an exposure

}  // namespace

std::int64_t Oscillation::at(std::int64_t time) const {
  const auto turns = static_cast<std::uint32_t>(phase + static_cast<std::uint64_t>(rate * time >> 4));
  return reach * sine_q14(static_cast<std::uint16_t>(turns >> 16)) / 16384;
}

Pose Thing::at(std::int64_t time) const {
  Pose pose;
  pose.x = x + drift_x.at(time) + sway.at(time);
  pose.y = y + drift_y.at(time) + bounce.at(time);
  pose.angle = static_cast<std::uint16_t>(angle + (turns * time >> 20));
  pose.radius = radius + (radius * pulse.at(time) >> 16);
  return pose;
}

ActionScene::ActionScene(const ActionOptions& options, Plan plan)
    : options_(options), plan_(std::move(plan)), period_(std::llround(1073741824.0 / options.frame_rate)) {
  const auto margin = [&](std::size_t axis) {
    const std::int64_t reach =
        std::abs(plan_.pan[axis].reach) + plan_.shake[2 * axis].reach + plan_.shake[2 * axis + 1].reach;
    return static_cast<std::int32_t>(reach >> 16) + (reach > 0 ? 2 : 0);
  };
  margin_x_ = margin(0);
  margin_y_ = margin(1);
  backdrop_.resize(static_cast<std::int32_t>(options.width) + 2 * margin_x_,
                   static_cast<std::int32_t>(options.height) + 2 * margin_y_);
  paint_backdrop(plan_.backdrop, backdrop_);
  for (const Thing& thing : plan_.distractors) sprites_.emplace_back(thing.look, thing.largest());
  sprites_.emplace_back(plan_.main.look, plan_.main.largest());
  draw_light();
}

/// Brighter on one side by up to 15 %, darker on the other.
void ActionScene::draw_light() {
  const auto width = static_cast<std::int32_t>(options_.width), height = static_cast<std::int32_t>(options_.height);
  const std::int64_t across = cosine_q14(plan_.light_from), down = sine_q14(plan_.light_from);
  light_.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (std::int32_t y = 0; y < height; ++y)
    for (std::int32_t x = 0; x < width; ++x) {
      // -1 to 1 in Q14 on each axis, so that the sum stays within sqrt(2)
      const std::int64_t slope = (across * (2 * x - width) / width + down * (2 * y - height) / height) / 7;
      light_.push_back(static_cast<std::int32_t>(plan_.gain * (16384 + slope) / 16384 >> 4));
    }
}

std::int64_t ActionScene::time_of(std::uint32_t frame, std::uint32_t part, std::uint32_t parts) const {
  const std::int64_t open = period_ * std::llround(options_.exposure * 1024) / 1024;
  return (period_ * frame + open * (2 * part + 1) / (2 * parts)) >> 10;
}

Pose ActionScene::shake_at(std::int64_t time) const {
  Pose pose;
  pose.x = plan_.shake[0].at(time) + plan_.shake[1].at(time);
  pose.y = plan_.shake[2].at(time) + plan_.shake[3].at(time);
  return pose;
}

/// As many as the pixels that the fastest point moves while the shutter is open.
std::uint32_t ActionScene::parts_of(std::uint32_t frame) const {
  std::int64_t farthest = 0;
  for (std::uint32_t i = 0; i < 2; ++i) {
    const std::int64_t from = time_of(frame, 2 * i, 4), to = time_of(frame, 2 * i + 1, 4);
    const Pose a = plan_.main.at(from), b = plan_.main.at(to), c = shake_at(from), d = shake_at(to);
    const auto turned = static_cast<std::int16_t>(b.angle - a.angle);
    const std::int64_t object = std::abs(b.x - a.x) + std::abs(b.y - a.y) + std::abs(b.radius - a.radius) +
                                std::abs(turned * plan_.main.radius / 10430);  // 2^16 / (2 pi)
    const std::int64_t ground =
        std::abs(plan_.pan[0].at(to) - plan_.pan[0].at(from)) + std::abs(plan_.pan[1].at(to) - plan_.pan[1].at(from));
    farthest = std::max(farthest, std::max(object, ground) + std::abs(d.x - c.x) + std::abs(d.y - c.y));
  }
  // between the quarters' middles lies a quarter of the exposure
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>((4 * farthest >> 16) + 1, 1, most_parts));
}

void ActionScene::show_backdrop(std::uint32_t frame, std::uint32_t parts, Canvas& canvas) const {
  if (!plan_.attributes.moving_camera) {
    canvas = backdrop_;
    return;
  }
  canvas.resize(static_cast<std::int32_t>(options_.width), static_cast<std::int32_t>(options_.height));
  for (std::uint32_t i = 0; i < parts; ++i) {
    const std::int64_t time = time_of(frame, i, parts);
    const Pose shake = shake_at(time);
    add_part(backdrop_, margin_x_ * one + plan_.pan[0].at(time) - shake.x,
             margin_y_ * one + plan_.pan[1].at(time) - shake.y, canvas);
  }
  if (parts > 1)
    for (auto& level : canvas.rgb) level /= static_cast<std::int32_t>(parts);
}

void ActionScene::draw_post(Canvas& canvas) const {
  const std::int32_t across = plan_.post_upright ? canvas.width : canvas.height;
  const std::int32_t from = std::max(plan_.post_from, 0), to = std::min(plan_.post_to, across);
  for (std::int32_t i = from; i < to; ++i) {
    const std::int32_t shade = 230 + 52 * (i - plan_.post_from) / (plan_.post_to - plan_.post_from);  // round
    for (std::int32_t along = 0; along < (plan_.post_upright ? canvas.height : canvas.width); ++along) {
      std::int32_t* pixel = plan_.post_upright ? canvas.at(i, along) : canvas.at(along, i);
      for (std::size_t c = 0; c < 3; ++c) pixel[c] = plan_.post[c] * shade >> 8;
    }
  }
}

void ActionScene::expose(const Canvas& canvas, std::uint32_t frame, std::uint8_t* to) const {
  const std::size_t pixels = light_.size();
  Dice dice(scramble(plan_.noise_seed, frame));
  const std::int32_t* level = canvas.rgb.data();
  for (std::size_t i = 0; i < pixels; ++i)
    for (std::size_t c = 0; c < 3; ++c, ++level) {
      const std::int64_t noise = plan_.noise * dice.normal_q16() >> 24;
      const std::int64_t seen = (std::int64_t{*level} * light_[i] >> 12) + noise;
      to[c * pixels + i] = static_cast<std::uint8_t>(std::clamp<std::int64_t>((seen + 128) >> 8, 0, 255));
    }
}

void ActionScene::render(std::uint32_t frame, std::uint8_t* to) const {
  const std::uint32_t parts = parts_of(frame);
  Canvas canvas;
  show_backdrop(frame, parts, canvas);
  std::vector<Pose> poses(parts);
  for (std::size_t s = 0; s < sprites_.size(); ++s) {
    const Thing& thing = s < plan_.distractors.size() ? plan_.distractors[s] : plan_.main;
    for (std::uint32_t i = 0; i < parts; ++i) {
      const std::int64_t time = time_of(frame, i, parts);
      const Pose shake = shake_at(time);
      poses[i] = thing.at(time);
      poses[i].x += shake.x;
      poses[i].y += shake.y;
    }
    sprites_[s].paint(poses, canvas);
  }
  if (plan_.has_post) draw_post(canvas);
  expose(canvas, frame, to);
}

}  // namespace deltasim::traces
