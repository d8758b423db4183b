#pragma once

#include "traces/actions.hpp"
#include "traces/actions_backdrop.hpp"

/// Internal to the rendered benchmark: one clip.
namespace deltasim::traces {

inline constexpr std::uint32_t appearance_classes = 12;
enum class Motion : std::uint8_t { wander, sway, bounce, spin, pulse };

/// Something that goes to and fro: value = reach * sine(phase + rate * time).
struct Oscillation {
  std::int64_t reach = 0;   ///< Q16
  std::uint32_t phase = 0;  ///< 2^32 to the turn
  std::int64_t rate = 0;    ///< turns per second, Q16

  std::int64_t at(std::int64_t time) const;
};

struct Thing {
  Look look;
  std::int64_t x = 0, y = 0, radius = 65536;  ///< Q16 pixels
  std::uint16_t angle = 0;
  std::int64_t turns = 0;        ///< per second, Q16
  Oscillation drift_x, drift_y;  ///< how everything wanders
  Oscillation sway, bounce;      ///< Q16 pixels
  Oscillation pulse;             ///< Q16 radii

  Pose at(std::int64_t time) const;
  std::int64_t largest() const { return radius + (radius * pulse.reach >> 16); }
};

/// What the dice say about a clip. Times are in 2^-20 seconds.
struct Plan {
  ActionAttributes attributes;
  Motion motion = Motion::wander;
  Thing main;
  std::vector<Thing> distractors;  ///< behind the main object
  BackdropLook backdrop;
  bool has_post = false;
  std::int32_t post_from = 0, post_to = 0;
  bool post_upright = true;
  Rgb post{};
  std::int64_t gain = 65536;  ///< light: Q16
  std::uint16_t light_from = 0;
  std::int64_t noise = 0;            ///< Q16 grey levels
  std::array<Oscillation, 2> pan;    ///< Q16 pixels, of the backdrop
  std::array<Oscillation, 4> shake;  ///< two for x, two for y; everything shakes
  std::uint64_t noise_seed = 0;
};

Plan plan_clip(const ActionOptions& options, Split split, std::uint32_t clip);

/// A clip whose unmoving parts are drawn. Frames may be rendered in any order and from several threads.
class ActionScene {
 public:
  ActionScene(const ActionOptions& options, Plan plan);
  void render(std::uint32_t frame, std::uint8_t* to) const;

 private:
  std::int64_t time_of(std::uint32_t frame, std::uint32_t part, std::uint32_t parts) const;
  std::uint32_t parts_of(std::uint32_t frame) const;
  Pose shake_at(std::int64_t time) const;
  void draw_light();
  void draw_post(Canvas& canvas) const;
  void show_backdrop(std::uint32_t frame, std::uint32_t parts, Canvas& canvas) const;
  void expose(const Canvas& canvas, std::uint32_t frame, std::uint8_t* to) const;

  ActionOptions options_;
  Plan plan_;
  std::int64_t period_ = 0;                   ///< of a frame, 2^-30 seconds
  std::int32_t margin_x_ = 0, margin_y_ = 0;  ///< of the backdrop, pixels
  Canvas backdrop_;
  std::vector<std::int32_t> light_;  ///< per pixel, Q12
  std::vector<Sprite> sprites_;      ///< of the distractors, then of the main object
};

}  // namespace deltasim::traces
