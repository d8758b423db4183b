#include "traces/actions_scene.hpp"

#include <algorithm>
#include <cmath>

namespace deltasim::traces {
namespace {

constexpr std::int64_t one = 65536;

/// Draws with lengths in thousandths of the picture's shorter side.
class Draw {
 public:
  Draw(const ActionOptions& options, std::uint64_t seed, std::uint64_t part)
      : dice_(scramble(seed, part)), side_(std::int64_t{std::min(options.width, options.height)} * one) {}

  std::int64_t between(std::int64_t low, std::int64_t high) { return dice_.between(low, high); }
  std::int64_t length(std::int64_t low, std::int64_t high) { return side_ * dice_.between(low, high) / 1000; }
  /// Q16 from thousandths.
  std::int64_t number(std::int64_t low, std::int64_t high) { return one * dice_.between(low, high) / 1000; }
  bool chance(std::int64_t percent) { return dice_.between(0, 99) < percent; }
  std::int64_t sign() { return chance(50) ? 1 : -1; }
  std::uint64_t seed() { return dice_.next(); }
  std::uint16_t angle() { return static_cast<std::uint16_t>(dice_.next()); }

  Oscillation oscillation(std::int64_t reach, std::int64_t turns_per_second) {
    return {reach, static_cast<std::uint32_t>(dice_.next()), turns_per_second};
  }
  /// `speed` in thousandths of a side per second at its fastest.
  Oscillation at_speed(std::int64_t reach, std::int64_t speed) {
    // speed = 2 pi * reach * rate; 10430 = 2^16 / (2 pi)
    return oscillation(reach, side_ * speed / 1000 * 10430 / std::max<std::int64_t>(reach, 1));
  }
  /// A colour of about this brightness in grey levels.
  Rgb colour(std::int64_t brightness, std::int64_t hue) {
    Rgb colour{};
    for (auto& level : colour)
      level = static_cast<std::int32_t>(std::clamp<std::int64_t>(brightness + between(-hue, hue), 0, 255) * 256);
    return colour;
  }

 private:
  Dice dice_;
  std::int64_t side_;
};

/// `base` moved by `contrast`, to the side that has room for it; to either where both have.
std::int64_t beside(Draw& draw, std::int64_t base, std::int64_t contrast) {
  if (base + contrast > 245) return base - contrast;
  if (base - contrast < 10) return base + contrast;
  return base + draw.sign() * contrast;
}

/// Colours of an object that stands out from a ground of brightness `ground`.
void colour(Draw& draw, std::int64_t ground, Look& look) {
  const std::int64_t first = beside(draw, ground, draw.between(60, 115));
  const std::int64_t step = draw.between(40, 90);
  const std::int64_t away = first > ground ? first + step : first - step;
  const std::int64_t second = away < 5 || away > 250 ? 2 * first - away : away;
  look.first = draw.colour(first, 35);
  look.second = draw.colour(second, 35);
}

/// Outline and usual surface of a class that objects tell. But for the cross' dots, no surface tells a class
/// alone.
struct Kind {
  Outline outline;
  Surface surface;
  bool twins = false;
};
constexpr std::array<Kind, appearance_classes> kinds = {{{Outline::disc, Surface::rings},
                                                         {Outline::ring, Surface::clouds},
                                                         {Outline::square, Surface::chequers},
                                                         {Outline::triangle, Surface::stripes},
                                                         {Outline::cross, Surface::dots},
                                                         {Outline::star, Surface::marble},
                                                         {Outline::crescent, Surface::clouds},
                                                         {Outline::hourglass, Surface::marble},
                                                         {Outline::blob, Surface::stripes},
                                                         {Outline::blob, Surface::chequers},
                                                         {Outline::blob, Surface::rings},
                                                         {Outline::disc, Surface::rings, true}}};

/// What the class says about the main object; where it says nothing, anything.
Look main_look(Draw& draw, std::uint32_t of_all) {
  Look look;
  look.seed = draw.seed();
  look.outline = static_cast<Outline>(draw.between(2, outlines - 1));  // nobody would see discs and rings turn
  look.surface = static_cast<Surface>(draw.between(0, surfaces - 2));  // nor rings
  const bool usual = draw.chance(85);
  if (of_all >= appearance_classes) return look;
  const Kind& kind = kinds[of_all];
  look.outline = kind.outline;
  look.twins = kind.twins;
  // the blob's surface is all there is to know
  if (usual || kind.outline == Outline::blob) look.surface = kind.surface;
  return look;
}

void wander(Draw& draw, std::int64_t reach, Thing& thing) {
  const bool rests = draw.chance(20);
  for (Oscillation* drift : {&thing.drift_x, &thing.drift_y}) {
    // draws one after another: in one expression, their order would be the compiler's
    const std::int64_t speed = rests ? 0 : draw.number(150, 500), length = draw.length(reach / 3, reach);
    *drift = draw.oscillation(length, speed);
  }
  thing.angle = static_cast<std::uint16_t>(draw.between(-2731, 2731));  // upright within 15 degrees
  thing.turns = rests ? 0 : draw.number(-120, 120);
}

void move(Draw& draw, Motion motion, Thing& thing) {
  const std::int64_t reach = draw.length(180, 280), speed = draw.between(3500, 5500);
  switch (motion) {
    case Motion::wander:
      break;
    case Motion::sway:
      thing.sway = draw.at_speed(reach, speed);
      break;
    case Motion::bounce:
      thing.bounce = draw.at_speed(reach, speed);
      break;
    case Motion::spin:
      thing.turns = draw.sign();
      thing.turns *= draw.number(4000, 7000);
      break;
    case Motion::pulse: {
      const std::int64_t often = draw.number(2500, 4500), far = draw.number(450, 600);
      thing.pulse = draw.oscillation(far, often);
      break;
    }
  }
}

void place_main(const ActionOptions& options, Draw& draw, Plan& plan) {
  plan.main.x = options.width * draw.number(380, 620);
  plan.main.y = options.height * draw.number(380, 620);
  wander(draw, 110, plan.main);
  move(draw, plan.motion, plan.main);
}

void plan_surroundings(const ActionOptions& options, Draw& draw, std::int64_t ground, Plan& plan) {
  const std::int64_t spread = draw.between(6, 24);
  plan.backdrop.ground = static_cast<Ground>(draw.between(0, grounds - 1));
  plan.backdrop.dark = draw.colour(ground - spread, 20);
  plan.backdrop.light = draw.colour(ground + spread, 20);
  plan.backdrop.cell = static_cast<std::int32_t>(std::max<std::int64_t>(draw.length(140, 400) >> 16, 4));
  plan.backdrop.seed = draw.seed();
  plan.has_post = draw.chance(20);
  plan.post_upright = draw.chance(50);
  const std::int64_t across = std::int64_t{plan.post_upright ? options.width : options.height} * one;
  const std::int64_t middle = across * draw.between(250, 750) / 1000;
  const std::int64_t half = draw.length(25, 50);
  plan.post_from = static_cast<std::int32_t>((middle - half) >> 16);
  plan.post_to = static_cast<std::int32_t>(((middle + half) >> 16) + 1);
  plan.post = draw.colour(beside(draw, ground, draw.between(20, 70)), 25);
  plan.gain = draw.number(800, 1150);
  plan.light_from = draw.angle();
}

void plan_distractors(const ActionOptions& options, Draw& draw, std::int64_t ground, Plan& plan) {
  const std::int64_t count = std::max<std::int64_t>(draw.between(-1, 2), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    Thing thing;
    thing.look.seed = draw.seed();
    thing.look.outline = static_cast<Outline>(draw.between(0, shaped_outlines - 1));
    colour(draw, ground, thing.look);
    thing.radius = draw.length(35, 60);
    thing.x = options.width * draw.number(100, 900);
    thing.y = options.height * draw.number(100, 900);
    wander(draw, 200, thing);
    plan.distractors.push_back(thing);
  }
}

void plan_camera(const ActionOptions& options, Draw& draw, Plan& plan) {
  const bool moving = draw.between(0, 999999) < std::llround(options.moving_cameras * 1e6);
  const std::int64_t least = std::llround(options.least_noise * one), most = std::llround(options.most_noise * one);
  plan.noise = draw.between(std::min(least, most), std::max(least, most));
  plan.noise_seed = draw.seed();
  plan.attributes.moving_camera = moving;
  plan.attributes.noise = static_cast<double>(plan.noise) / one;
  if (!moving) return;
  const std::int64_t reach = draw.length(400, 900);
  const std::uint16_t heading = draw.angle();
  plan.pan.fill(draw.at_speed(reach, draw.between(300, 1000)));
  plan.pan[0].reach = reach * cosine_q14(heading) / 16384;
  plan.pan[1].reach = reach * sine_q14(heading) / 16384;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t shake = draw.length(4, 12);
    plan.shake[2 * axis] = draw.oscillation(shake, draw.number(2000, 4000));
    plan.shake[2 * axis + 1] = draw.oscillation(shake / 2, draw.number(5000, 8000));
  }
}

template <class Name>
std::string name_of(Name value) {
  std::string names = names_of(value);
  for (int i = 0; i < static_cast<int>(value); ++i) names.erase(0, names.find(',') + 1);
  return names.substr(0, names.find(','));
}

}  // namespace

Plan plan_clip(const ActionOptions& options, Split split, std::uint32_t clip) {
  Plan plan;
  const auto count = static_cast<std::uint32_t>(action_classes(options.classes).size());
  plan.attributes.label = clip % count;
  const std::uint32_t of_all = clip % count + (options.classes == ActionClasses::motion ? appearance_classes : 0);
  plan.motion = of_all < appearance_classes ? Motion::wander : static_cast<Motion>(of_all - appearance_classes + 1);
  const std::uint64_t seed = scramble(scramble(options.seed, split == Split::train ? 0x7472 : 0x7465), clip);
  // Every part draws for itself: what the class says about one leaves the others as they were.
  Draw camera(options, seed, 1), object(options, seed, 2), path(options, seed, 3), surroundings(options, seed, 4),
      others(options, seed, 5);
  const std::int64_t ground = surroundings.between(45, 200);
  plan_camera(options, camera, plan);
  plan.main.look = main_look(object, of_all);
  plan.main.radius = object.length(200, 330);
  if (plan.main.look.twins) plan.main.radius = plan.main.radius * 5 / 4;
  colour(object, ground, plan.main.look);
  place_main(options, path, plan);
  plan_surroundings(options, surroundings, ground, plan);
  plan_distractors(options, others, ground, plan);
  ActionAttributes& known = plan.attributes;
  known.outline = name_of(plan.main.look.outline);
  known.surface = name_of(plan.main.look.surface);
  known.radius = static_cast<double>(plan.main.radius) / one / std::min(options.width, options.height);
  known.distractors = static_cast<std::uint32_t>(plan.distractors.size());
  known.occluded = plan.has_post;
  return plan;
}

}  // namespace deltasim::traces
