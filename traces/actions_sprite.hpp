#pragma once

#include "traces/procedural.hpp"

#include <array>
#include <cstdint>
#include <vector>

/// Internal to the rendered benchmark: things that stand in front of the background, drawn once per clip and then
/// moved, turned and scaled.
namespace deltasim::traces {

enum class Outline : std::uint8_t { disc, ring, square, triangle, cross, star, crescent, hourglass, blob };
inline constexpr std::uint32_t outlines = 9;
inline constexpr std::uint32_t shaped_outlines = 8;  ///< without the blob, which surfaces tell apart
inline constexpr const char* names_of(Outline) {
  return "disc,ring,square,triangle,cross,star,crescent,hourglass,blob";
}

enum class Surface : std::uint8_t { clouds, marble, stripes, chequers, dots, rings };
inline constexpr std::uint32_t surfaces = 6;
inline constexpr const char* names_of(Surface) { return "clouds,marble,stripes,chequers,dots,rings"; }

using Rgb = std::array<std::int32_t, 3>;  ///< grey levels in Q8

struct Look {
  Outline outline = Outline::disc;
  Surface surface = Surface::clouds;
  bool twins = false;  ///< two small ones side by side
  Rgb first{}, second{};
  std::uint64_t seed = 0;
};

/// Where an object is at one moment.
struct Pose {
  std::int64_t x = 0, y = 0;    ///< centre, Q16 pixels
  std::uint16_t angle = 0;      ///< 2^16 to the turn
  std::int64_t radius = 65536;  ///< Q16 pixels
};

/// A picture of interleaved Q8 colours.
struct Canvas {
  std::int32_t width = 0, height = 0;
  std::vector<std::int32_t> rgb;

  void resize(std::int32_t w, std::int32_t h) {
    width = w;
    height = h;
    rgb.assign(std::size_t{3} * static_cast<std::size_t>(w) * static_cast<std::size_t>(h), 0);
  }
  std::int32_t* at(std::int32_t x, std::int32_t y) { return rgb.data() + 3 * (std::ptrdiff_t{y} * width + x); }
  const std::int32_t* at(std::int32_t x, std::int32_t y) const {
    return rgb.data() + 3 * (std::ptrdiff_t{y} * width + x);
  }
};

class Sprite {
 public:
  /// `largest`: radius in Q16 pixels at which it will be seen at most.
  Sprite(const Look& look, std::int64_t largest);
  /// The mean over `poses`, in front of what is there: what a shutter sees that is open meanwhile.
  void paint(const std::vector<Pose>& poses, Canvas& to) const;

 private:
  struct Box {
    std::int32_t left = 0, top = 0, right = 0, bottom = 0;  ///< right and bottom: one past
  };
  Box box(const Pose& pose, const Canvas& to) const;
  void add(const Pose& pose, const Canvas& to, const Box& all, std::vector<std::int32_t>& sums) const;

  std::int32_t side_ = 0;
  std::vector<std::int32_t> texels_;  ///< red, green, blue, cover (256 = opaque); colours in Q8 times cover / 256
};

}  // namespace deltasim::traces
