#pragma once

#include "traces/actions_sprite.hpp"

/// Internal to the rendered benchmark: what stands behind everything.
namespace deltasim::traces {

enum class Ground : std::uint8_t { clouds, foliage, tiles, planks, slope };
inline constexpr std::uint32_t grounds = 5;

struct BackdropLook {
  Ground ground = Ground::clouds;
  Rgb dark{}, light{};
  std::int32_t cell = 16;  ///< pixels: largest structure
  std::uint64_t seed = 0;
};

/// Draws a backdrop of the canvas' size.
void paint_backdrop(const BackdropLook& look, Canvas& to);

/// The part of `from` at (x, y) in Q16 pixels, of the size of `sums`, added to it.
void add_part(const Canvas& from, std::int64_t x, std::int64_t y, Canvas& sums);

}  // namespace deltasim::traces
