#include "traces/rendered.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace deltasim::traces {
namespace {

constexpr std::int64_t one = 65536;

using Colour = std::array<std::int64_t, 3>;

struct Point {
  std::int64_t x = 0, y = 0;  ///< Q16 pixels
};

/// A swing to and fro along one axis.
struct Swing {
  std::int64_t centre = 0, reach = 0;  ///< Q16 pixels
  std::uint32_t phase = 0, step = 0;   ///< 2^32 to the turn

  std::int64_t at(std::uint32_t frame) const {
    const auto angle = static_cast<std::uint16_t>((phase + step * frame) >> 16);
    return centre + reach * sine_q14(angle) / 16384;
  }
};

struct Sprite {
  ObjectClass object = ObjectClass::disc;
  std::int64_t radius = 0;  ///< Q16 pixels
  Swing x, y;
  std::uint16_t angle = 0;
  std::int16_t turn = 0;  ///< per frame
  Colour first{}, second{};
  std::uint64_t seed = 0;
};

std::int64_t q16(double value) { return std::llround(value * 65536.0); }

Colour colour(Dice& dice, std::int64_t low, std::int64_t high) {
  Colour c;
  for (auto& level : c) level = dice.between(low, high) * one;
  return c;
}

/// A swing over `length` pixels that keeps `margin` from the border and is never faster than `speed`.
Swing swing(Dice& dice, std::uint32_t length, std::int64_t margin, std::int64_t speed) {
  const std::int64_t half = std::int64_t{length} * one / 2;
  const std::int64_t room = std::max(half - margin, one);
  Swing s;
  s.reach = room * dice.between(50, 95) / 100;
  s.centre = half + (room - s.reach) * dice.between(-100, 100) / 100;
  s.phase = static_cast<std::uint32_t>(dice.next());
  // speed = reach * (radians per frame); 683565276 = 2^32 / (2 pi)
  const std::int64_t step = speed * dice.between(60, 100) / 100 * 683565276 / s.reach;
  s.step = static_cast<std::uint32_t>(std::min<std::int64_t>(step, std::int64_t{1} << 30));
  return s;
}

Sprite sprite(Dice& dice, const RenderOptions& options, ObjectClass object, bool main) {
  const std::int64_t side = std::int64_t{std::min(options.width, options.height)} * one;
  Sprite s;
  s.object = object;
  s.radius = main ? side * dice.between(200, 260) / 1000 : side * dice.between(50, 80) / 1000;
  // sqrt(1/2) of the speed on each axis: together never more than what was asked for
  const std::int64_t speed = q16(options.speed) * 46341 / one;
  s.x = swing(dice, options.width, s.radius, speed);
  s.y = swing(dice, options.height, s.radius, speed);
  s.angle = static_cast<std::uint16_t>(dice.next());
  // the rim turns at up to a quarter of the speed; 10430 = 2^16 / (2 pi)
  const std::int64_t fastest = q16(options.speed) * 10430 / s.radius / 4;
  s.turn = static_cast<std::int16_t>(dice.between(-fastest, fastest));
  s.first = colour(dice, 130, 250);
  s.second = colour(dice, 10, 110);
  s.seed = dice.next();
  return s;
}

}  // namespace

/// Everything that does not change during the clip, and the frames as functions of it.
class RenderedClip::Scene {
 public:
  explicit Scene(const RenderOptions& options) : options_(options), noise_(q16(options.noise)) {
    Dice dice(scramble(options.seed, 0x636c6970));
    const auto chosen = static_cast<std::uint32_t>(dice.between(0, object_classes - 1));
    main_ = options.object == ObjectClass::any ? static_cast<ObjectClass>(chosen) : options.object;
    backdrop_ = dice.next();
    dark_ = colour(dice, 30, 110);
    light_ = colour(dice, 90, 190);
    heading_ = static_cast<std::uint16_t>(dice.next());
    for (std::uint32_t i = 1; i < options.objects; ++i) {
      const auto other = (static_cast<std::uint32_t>(main_) + dice.between(1, object_classes - 1)) % object_classes;
      sprites_.push_back(sprite(dice, options, static_cast<ObjectClass>(other), false));
    }
    sprites_.push_back(sprite(dice, options, main_, true));  // last: in front of the others
  }

  ObjectClass main() const { return main_; }

  void render(std::uint32_t frame, std::vector<float>& out) const {
    const std::size_t pixels = std::size_t{options_.width} * options_.height;
    std::vector<Colour> picture(pixels);
    const Point shake = shake_at(frame);
    paint_backdrop(frame, shake, picture);
    for (const Sprite& s : sprites_) paint(s, frame, shake, picture);
    out.resize(3 * pixels);
    Dice dice(scramble(options_.seed, (std::uint64_t{1} << 40) + frame));
    for (std::size_t i = 0; i < pixels; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        const std::int64_t level = picture[i][c] + ((noise_ * dice.normal_q16()) >> 16);
        out[c * pixels + i] = static_cast<float>(std::clamp<std::int64_t>((level + one / 2) >> 16, 0, 255));
      }
    }
  }

 private:
  Point shake_at(std::uint32_t frame) const {
    Dice dice(scramble(options_.seed, (std::uint64_t{2} << 40) + frame));
    const std::int64_t sigma = q16(options_.camera_motion) / 4;
    Point p;
    p.x = (sigma * dice.normal_q16()) >> 16;
    p.y = (sigma * dice.normal_q16()) >> 16;
    return p;
  }

  void paint_backdrop(std::uint32_t frame, Point shake, std::vector<Colour>& picture) const {
    const std::int64_t distance = q16(options_.camera_motion) * frame;
    const std::int64_t left = distance * cosine_q14(heading_) / 16384 - shake.x;
    const std::int64_t top = distance * sine_q14(heading_) / 16384 - shake.y;
    for (std::uint32_t y = 0; y < options_.height; ++y) {
      for (std::uint32_t x = 0; x < options_.width; ++x) {
        const std::int64_t wx = left + x * one;
        const std::int64_t wy = top + y * one;
        const std::int64_t relief = fractal_noise(backdrop_, wx, wy, 5) - one / 2;  // mostly within a quarter of 0
        const std::int64_t share = std::clamp<std::int64_t>(one / 2 + relief * 9 / 4, 0, one);
        const std::int64_t tint = fractal_noise(~backdrop_, wx, wy, 6) - one / 2;  // slow change of hue
        Colour& to = picture[std::size_t{y} * options_.width + x];
        for (std::size_t c = 0; c < 3; ++c) to[c] = dark_[c] + (((light_[c] - dark_[c]) * share) >> 16);
        to[0] += tint * 40;
        to[2] -= tint * 40;
      }
    }
  }

  void paint(const Sprite& s, std::uint32_t frame, Point shake, std::vector<Colour>& picture) const {
    const Point centre{s.x.at(frame) + shake.x, s.y.at(frame) + shake.y};
    const auto angle = static_cast<std::uint16_t>(s.angle + s.turn * static_cast<std::int64_t>(frame));
    const std::int64_t cosine = cosine_q14(angle);
    const std::int64_t sine = sine_q14(angle);
    const std::int64_t extent = s.radius * 5 / 4 + one;
    const auto begin = [&](std::int64_t at) { return std::max<std::int64_t>((at - extent) >> 16, 0); };
    const auto end = [&](std::int64_t at, std::uint32_t size) {
      return std::min<std::int64_t>(((at + extent) >> 16) + 1, size);
    };
    for (std::int64_t y = begin(centre.y); y < end(centre.y, options_.height); ++y) {
      for (std::int64_t x = begin(centre.x); x < end(centre.x, options_.width); ++x) {
        // Q12 object coordinates of a point given in sixteenths of a pixel from this pixel's centre
        const auto local = [&](std::int64_t sub_x, std::int64_t sub_y) {
          const std::int64_t dx = x * one + sub_x * (one / 16) - centre.x;
          const std::int64_t dy = y * one + sub_y * (one / 16) - centre.y;
          return Point{(dx * cosine + dy * sine) / 4 / s.radius, (dy * cosine - dx * sine) / 4 / s.radius};
        };
        std::int64_t covered = 0;  // of 4 x 4 samples
        for (std::int64_t sy = -6; sy <= 6; sy += 4) {
          for (std::int64_t sx = -6; sx <= 6; sx += 4) {
            const Point p = local(sx, sy);
            covered += inside(s.object, p.x, p.y);
          }
        }
        if (covered == 0) continue;
        const Point p = local(0, 0);
        const std::int64_t share = pattern(s.object, s.seed, p.x, p.y);
        // lit from the upper left: 1.2 to 0.8 across the object
        const std::int64_t offset = (x * one - centre.x) + (y * one - centre.y);
        const std::int64_t light = one - offset * (one / 8) / s.radius;
        Colour& to = picture[static_cast<std::size_t>(y * options_.width + x)];
        for (std::size_t c = 0; c < 3; ++c) {
          const std::int64_t own = ((s.first[c] + (((s.second[c] - s.first[c]) * share) >> 16)) * light) >> 16;
          to[c] += (own - to[c]) * covered / 16;
        }
      }
    }
  }

  RenderOptions options_;
  std::int64_t noise_;  ///< Q16 grey levels
  ObjectClass main_ = ObjectClass::disc;
  std::uint64_t backdrop_ = 0;
  Colour dark_{}, light_{};
  std::uint16_t heading_ = 0;
  std::vector<Sprite> sprites_;
};

RenderedClip::RenderedClip(const RenderOptions& options)
    : options_(options), scene_(std::make_unique<Scene>(options)) {}

RenderedClip::~RenderedClip() = default;

void RenderedClip::show(std::uint32_t scene) {
  if (scene == scene_number_) return;
  RenderOptions options = options_;
  if (scene > 0) options.seed = scramble(options.seed, scene);
  scene_ = std::make_unique<Scene>(options);
  scene_number_ = scene;
}

ObjectClass RenderedClip::object() const { return scene_->main(); }

bool RenderedClip::next(models::Frame& out) {
  if (frame_ == options_.frames) return false;
  std::uint32_t frame = frame_++;
  if (options_.scene_frames > 0) {
    show(frame / options_.scene_frames);
    frame %= options_.scene_frames;
  }
  scene_->render(frame, out.values);
  out.label.reset();
  if (options_.labels) out.label = static_cast<std::uint32_t>(scene_->main());
  return true;
}

std::vector<models::Frame> render_clip(RenderOptions options, std::uint64_t seed, ObjectClass object) {
  options.seed = seed;
  options.object = object;
  options.labels = true;
  RenderedClip clip(options);
  std::vector<models::Frame> frames(options.frames);
  for (auto& frame : frames) clip.next(frame);
  return frames;
}

}  // namespace deltasim::traces
