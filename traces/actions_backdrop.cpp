#include "traces/actions_backdrop.hpp"

#include <algorithm>
#include <cstdlib>

namespace deltasim::traces {
namespace {

constexpr std::int32_t one = 65536;

/// Positions along one side of a lattice: its cell and the share of the next one.
struct Steps {
  std::vector<std::int32_t> cell, share;  ///< share in Q8, smoothed

  Steps(std::int32_t length, std::int32_t pixels_per_cell) {
    for (std::int32_t i = 0; i < length; ++i) {
      const std::int64_t f = std::int64_t{i % pixels_per_cell} * one / pixels_per_cell;
      cell.push_back(i / pixels_per_cell);
      share.push_back(static_cast<std::int32_t>(((f * f >> 16) * (3 * one - 2 * f)) >> 24));
    }
  }
};

/// Adds smooth noise from 0 to 65535 / 2^`shift`. Lattice values are drawn once, not per pixel as value_noise() does.
void add_noise(std::vector<std::int32_t>& relief, std::int32_t width, std::int32_t height, std::uint64_t seed,
               std::int32_t cell_x, std::int32_t cell_y, int shift) {
  const Steps columns(width, std::max(cell_x, 1)), rows(height, std::max(cell_y, 1));
  const std::int32_t stride = columns.cell.back() + 2;
  std::vector<std::int32_t> lattice(static_cast<std::size_t>(stride) * (rows.cell.back() + 2));
  for (std::size_t i = 0; i < lattice.size(); ++i)
    lattice[i] = static_cast<std::int32_t>(scramble(seed, i) >> 48) >> shift;
  auto* to = relief.data();
  for (std::int32_t y = 0; y < height; ++y) {
    const std::int32_t* above = lattice.data() + std::ptrdiff_t{rows.cell[y]} * stride;
    const std::int32_t* below = above + stride;
    const std::int32_t fy = rows.share[y];
    for (std::int32_t x = 0; x < width; ++x) {
      const std::int32_t at = columns.cell[x], fx = columns.share[x];
      const std::int32_t top = above[at] + ((above[at + 1] - above[at]) * fx >> 8);
      const std::int32_t bottom = below[at] + ((below[at + 1] - below[at]) * fx >> 8);
      *to++ += top + ((bottom - top) * fy >> 8);
    }
  }
}

/// Four octaves; their weights sum to 15/16.
void add_fractal(std::vector<std::int32_t>& relief, std::int32_t width, std::int32_t height, std::uint64_t seed,
                 std::int32_t cell_x, std::int32_t cell_y) {
  for (int octave = 0; octave < 4; ++octave)
    add_noise(relief, width, height, scramble(seed, static_cast<std::uint64_t>(octave)), cell_x >> octave,
              cell_y >> octave, 1 + octave);
}

/// Every tile has a tone of its own; joints are dark.
void add_tiles(std::vector<std::int32_t>& relief, const BackdropLook& look, std::int32_t width, std::int32_t height) {
  const std::int32_t joint = std::max(look.cell / 8, 1);
  auto* to = relief.data();
  for (std::int32_t y = 0; y < height; ++y) {
    const std::int32_t row = y / look.cell;
    for (std::int32_t x = 0; x < width; ++x, ++to) {
      const std::int32_t shifted = x + (row & 1) * look.cell / 2;
      const bool in_joint = shifted % look.cell < joint || y % look.cell < joint;
      const auto tile = static_cast<std::uint64_t>(row) << 32 | static_cast<std::uint64_t>(shifted / look.cell);
      *to = *to / 4 + (in_joint ? 0 : 16384 + static_cast<std::int32_t>(scramble(look.seed, tile) >> 49));
    }
  }
}

void add_slope(std::vector<std::int32_t>& relief, const BackdropLook& look, std::int32_t width, std::int32_t height) {
  const auto angle = static_cast<std::uint16_t>(look.seed);
  const std::int64_t across = cosine_q14(angle), down = sine_q14(angle);
  const std::int64_t length = (std::abs(across) * width + std::abs(down) * height) / 2 + 1;
  auto* to = relief.data();
  for (std::int32_t y = 0; y < height; ++y)
    for (std::int32_t x = 0; x < width; ++x, ++to) {
      const std::int64_t along = across * (x - width / 2) + down * (y - height / 2);
      *to = *to / 4 + static_cast<std::int32_t>(24576 + 24576 * along / length);
    }
}

std::vector<std::int32_t> relief_of(const BackdropLook& look, std::int32_t width, std::int32_t height) {
  std::vector<std::int32_t> relief(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  const std::int32_t cell = look.cell;
  if (look.ground == Ground::planks)
    add_fractal(relief, width, height, look.seed, cell * 4, std::max(cell / 3, 2));
  else if (look.ground == Ground::foliage)
    add_fractal(relief, width, height, look.seed, std::max(cell / 2, 4), std::max(cell / 2, 4));
  else
    add_fractal(relief, width, height, look.seed, cell, cell);
  if (look.ground == Ground::tiles) add_tiles(relief, look, width, height);
  if (look.ground == Ground::slope) add_slope(relief, look, width, height);
  return relief;
}

}  // namespace

void paint_backdrop(const BackdropLook& look, Canvas& to) {
  const auto relief = relief_of(look, to.width, to.height);
  std::vector<std::int32_t> tint(relief.size());
  add_noise(tint, to.width, to.height, ~look.seed, 2 * look.cell, 2 * look.cell, 0);
  // noise keeps near its middle: what has no wide range of its own is spread
  const std::int32_t spread = look.ground == Ground::tiles || look.ground == Ground::slope ? 1 : 2;
  std::int32_t* pixel = to.rgb.data();
  for (std::size_t i = 0; i < relief.size(); ++i, pixel += 3) {
    const std::int32_t share = std::clamp((relief[i] - one / 2) * spread + one / 2, 0, one - 1) >> 8;
    for (std::size_t c = 0; c < 3; ++c) pixel[c] = look.dark[c] + ((look.light[c] - look.dark[c]) * share >> 8);
    const std::int32_t hue = (tint[i] - one / 2) >> 4;  // +-8 grey levels
    pixel[0] += hue;
    pixel[2] -= hue;
  }
}

void add_part(const Canvas& from, std::int64_t x, std::int64_t y, Canvas& sums) {
  const auto left = static_cast<std::int32_t>(x >> 16), top = static_cast<std::int32_t>(y >> 16);
  const auto fx = static_cast<std::int32_t>(x >> 12 & 15), fy = static_cast<std::int32_t>(y >> 12 & 15);
  const std::int32_t w00 = (16 - fx) * (16 - fy), w01 = fx * (16 - fy), w10 = (16 - fx) * fy, w11 = fx * fy;
  for (std::int32_t row = 0; row < sums.height; ++row) {
    const std::int32_t* above = from.at(left, top + row);
    const std::int32_t* below = from.at(left, top + row + 1);
    std::int32_t* to = sums.at(0, row);
    for (std::int32_t i = 0; i < 3 * sums.width; ++i)
      to[i] += (above[i] * w00 + above[i + 3] * w01 + below[i] * w10 + below[i + 3] * w11) >> 8;
  }
}

}  // namespace deltasim::traces
