#include "traces/actions_sprite.hpp"

#include <algorithm>
#include <cstdlib>

namespace deltasim::traces {
namespace {

constexpr std::int64_t radius = 4096;
/// Texels reach to 1.35 radii: the widest outline to 1.25, and an empty rim that bilinear samples may touch.
constexpr std::int64_t reach = 5530;

bool in_disc(std::int64_t u, std::int64_t v, std::int64_t r) { return u * u + v * v < r * r; }

/// Four overlapping discs.
bool inside_blob(std::uint64_t seed, std::int64_t u, std::int64_t v) {
  for (std::uint64_t i = 0; i < 4; ++i) {
    const std::uint64_t place = scramble(seed, 77 + i);
    const auto angle = static_cast<std::uint16_t>(i * 16384 + (place & 0x1fff));
    const std::int64_t distance = 1700 + static_cast<std::int64_t>(place >> 20 & 0x2ff);
    const std::int64_t size = 1900 + static_cast<std::int64_t>(place >> 40 & 0x3ff);
    if (in_disc(u - distance * cosine_q14(angle) / 16384, v - distance * sine_q14(angle) / 16384, size)) return true;
  }
  return in_disc(u, v, 2000);
}

bool inside_one(const Look& look, std::int64_t u, std::int64_t v) {
  switch (look.outline) {
    case Outline::crescent:
      return in_disc(u, v, radius) && !in_disc(u - 2000, v, 3500);
    case Outline::hourglass:
      return std::abs(v) < 3900 && std::abs(u) < std::abs(v) * 3 / 4 + 500;
    case Outline::blob:
      return inside_blob(look.seed, u, v);
    default:
      return inside(static_cast<ObjectClass>(look.outline), u, v);  // the first six have the same order
  }
}

bool inside_look(const Look& look, std::int64_t u, std::int64_t v) {
  if (!look.twins) return inside_one(look, u, v);
  // half the size, centres 0.6 radii to the left and to the right
  return inside_one(look, 2 * (u - 2458), 2 * v) || inside_one(look, 2 * (u + 2458), 2 * v);
}

std::int64_t second_share(const Look& look, std::int64_t u, std::int64_t v) {
  constexpr ObjectClass of[] = {ObjectClass::ring,   ObjectClass::star,  ObjectClass::triangle,
                                ObjectClass::square, ObjectClass::cross, ObjectClass::disc};
  return pattern(of[static_cast<std::size_t>(look.surface)], look.seed, u, v);
}

}  // namespace

Sprite::Sprite(const Look& look, std::int64_t largest) {
  // 1.25 texels to the pixel at the largest size
  side_ = static_cast<std::int32_t>(std::clamp<std::int64_t>(2 * largest * reach / radius * 5 / 4 / 65536, 12, 400));
  texels_.assign(std::size_t{4} * static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_), 0);
  const std::int64_t texel = 2 * reach / side_;
  std::int32_t* to = texels_.data();
  for (std::int32_t y = 0; y < side_; ++y) {
    for (std::int32_t x = 0; x < side_; ++x, to += 4) {
      const std::int64_t u = (2 * x + 1 - side_) * reach / side_;
      const std::int64_t v = (2 * y + 1 - side_) * reach / side_;
      std::int32_t cover = 0;  // of 3 x 3 samples
      for (std::int64_t sv = -1; sv <= 1; ++sv)
        for (std::int64_t su = -1; su <= 1; ++su) cover += inside_look(look, u + su * texel / 3, v + sv * texel / 3);
      if (cover == 0) continue;
      const std::int64_t share = second_share(look, u, v);
      to[3] = cover * 256 / 9;
      for (std::size_t c = 0; c < 3; ++c) {
        const std::int64_t own = look.first[c] + (((look.second[c] - look.first[c]) * share) >> 16);
        to[c] = static_cast<std::int32_t>(own * to[3] >> 8);
      }
    }
  }
}

Sprite::Box Sprite::box(const Pose& pose, const Canvas& to) const {
  const std::int64_t extent = pose.radius * 5 / 4 + 65536;
  const auto cut = [](std::int64_t at, std::int32_t size) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(at >> 16, 0, size));
  };
  return {cut(pose.x - extent, to.width), cut(pose.y - extent, to.height), cut(pose.x + extent + 65536, to.width),
          cut(pose.y + extent + 65536, to.height)};
}

void Sprite::add(const Pose& pose, const Canvas& to, const Box& all, std::vector<std::int32_t>& sums) const {
  // texels per pixel, Q16; s and t: texel coordinates, Q16
  const std::int64_t scale = (std::int64_t{side_} << 32) * radius / reach / 2 / pose.radius;
  const std::int64_t along = scale * cosine_q14(pose.angle) / 16384;
  const std::int64_t across = scale * sine_q14(pose.angle) / 16384;
  const std::int64_t middle = (std::int64_t{side_} - 1) << 15;
  const std::int64_t last = (std::int64_t{side_} - 1) << 16;
  const Box own = box(pose, to);
  const std::int32_t row = all.right - all.left;
  for (std::int32_t y = own.top; y < own.bottom; ++y) {
    const std::int64_t dx = (std::int64_t{own.left} << 16) - pose.x;
    const std::int64_t dy = (std::int64_t{y} << 16) - pose.y;
    std::int64_t s = middle + ((dx * along + dy * across) >> 16);
    std::int64_t t = middle + ((dy * along - dx * across) >> 16);
    std::int32_t* sum = sums.data() + std::ptrdiff_t{4} * (std::ptrdiff_t{row} * (y - all.top) + own.left - all.left);
    for (std::int32_t x = own.left; x < own.right; ++x, s += along, t -= across, sum += 4) {
      if (s < 0 || t < 0 || s >= last || t >= last) continue;
      const auto fs = static_cast<std::int32_t>(s >> 12 & 15);
      const auto ft = static_cast<std::int32_t>(t >> 12 & 15);
      const std::int32_t* above = texels_.data() + 4 * ((t >> 16) * side_ + (s >> 16));
      const std::int32_t* below = above + std::ptrdiff_t{4} * side_;
      for (std::size_t c = 0; c < 4; ++c) {
        const std::int32_t top = above[c] * (16 - fs) + above[c + 4] * fs;
        const std::int32_t bottom = below[c] * (16 - fs) + below[c + 4] * fs;
        sum[c] += (top * (16 - ft) + bottom * ft) >> 8;
      }
    }
  }
}

void Sprite::paint(const std::vector<Pose>& poses, Canvas& to) const {
  Box all{to.width, to.height, 0, 0};
  for (const Pose& pose : poses) {
    const Box one = box(pose, to);
    all = {std::min(all.left, one.left), std::min(all.top, one.top), std::max(all.right, one.right),
           std::max(all.bottom, one.bottom)};
  }
  if (all.left >= all.right || all.top >= all.bottom) return;
  std::vector<std::int32_t> sums(std::size_t{4} * static_cast<std::size_t>(all.right - all.left) *
                                 static_cast<std::size_t>(all.bottom - all.top));
  for (const Pose& pose : poses) add(pose, to, all, sums);
  const auto count = static_cast<std::int32_t>(poses.size());
  const std::int32_t* sum = sums.data();
  for (std::int32_t y = all.top; y < all.bottom; ++y) {
    std::int32_t* pixel = to.at(all.left, y);
    for (std::int32_t x = all.left; x < all.right; ++x, pixel += 3, sum += 4) {
      if (sum[3] == 0) continue;
      const std::int32_t cover = sum[3] / count;
      for (std::size_t c = 0; c < 3; ++c) pixel[c] += sum[c] / count - (pixel[c] * cover >> 8);
    }
  }
}

}  // namespace deltasim::traces
