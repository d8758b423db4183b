#include "traces/procedural.hpp"

#include <algorithm>
#include <cstdlib>

namespace deltasim::traces {
namespace {

constexpr std::int64_t one = 65536;
constexpr std::int64_t radius = 4096;

std::int64_t blend(std::int64_t a, std::int64_t b, std::int64_t share) { return a + (((b - a) * share) >> 16); }

std::int64_t smooth_step(std::int64_t f) { return (((f * f) >> 16) * (3 * one - 2 * f)) >> 16; }

std::int64_t lattice(std::uint64_t seed, std::int64_t x, std::int64_t y) {
  const auto place = (static_cast<std::uint64_t>(y) << 32) ^ (static_cast<std::uint64_t>(x) & 0xffffffffu);
  return static_cast<std::int64_t>(scramble(seed, place) >> 48);
}

/// Sine of `periods` waves over one radius, as a share 0..65536.
std::int64_t wave(std::int64_t position, std::int64_t periods) {
  const auto angle = static_cast<std::uint16_t>((position * periods * one / radius) & 0xffff);
  return (sine_q14(angle) + 16384) * 2;
}

/// Pushes a share away from the middle: patterns with edges, but no aliasing.
std::int64_t sharpen(std::int64_t share) { return std::clamp<std::int64_t>((share - one / 2) * 3 + one / 2, 0, one); }

/// Five lines at the same distance from the centre; a pentagram is what at most one of them cuts off.
bool inside_star(std::int64_t u, std::int64_t v) {
  constexpr std::array<std::array<std::int64_t, 2>, 5> normal = {
      {{0, 4096}, {3896, 1266}, {2408, -3314}, {-2408, -3314}, {-3896, 1266}}};
  constexpr std::int64_t distance = 1575;  // 0.385 radii: fatter than the classical 0.309, tips at 1.245 radii
  int cut = 0;
  for (const auto& n : normal) cut += n[0] * u + n[1] * v > distance * 4096;
  return cut <= 1;
}

}  // namespace

std::uint64_t scramble(std::uint64_t seed, std::uint64_t key) {
  std::uint64_t z = seed + (key + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint64_t Dice::next() {
  const std::uint64_t value = scramble(state_, 0);
  state_ += 0x9e3779b97f4a7c15u;
  return value;
}

std::int64_t Dice::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
}

std::int64_t Dice::normal_q16() {
  std::uint64_t bits = next();
  std::int64_t sum = -1020;  // mean of eight bytes
  for (int i = 0; i < 8; ++i, bits >>= 8) sum += static_cast<std::int64_t>(bits & 0xff);
  return sum * 65536 * 1000 / 209022;  // their standard deviation: sqrt(8 (256^2 - 1) / 12) = 209.022
}

std::int64_t sine_q14(std::uint16_t angle) {
  constexpr std::int64_t half = 32768;
  const std::int64_t x = angle % half;
  const std::int64_t p = x * (half - x);
  const std::int64_t value = 16 * p * 16384 / (5 * half * half - 4 * p);
  return angle < half ? value : -value;
}

std::int64_t cosine_q14(std::uint16_t angle) { return sine_q14(static_cast<std::uint16_t>(angle + 16384)); }

std::int64_t value_noise(std::uint64_t seed, std::int64_t x, std::int64_t y) {
  const std::int64_t column = x >> 16;
  const std::int64_t row = y >> 16;
  const std::int64_t fx = smooth_step(x & 0xffff);
  const std::int64_t fy = smooth_step(y & 0xffff);
  const std::int64_t top = blend(lattice(seed, column, row), lattice(seed, column + 1, row), fx);
  const std::int64_t bottom = blend(lattice(seed, column, row + 1), lattice(seed, column + 1, row + 1), fx);
  return blend(top, bottom, fy);
}

std::int64_t fractal_noise(std::uint64_t seed, std::int64_t x, std::int64_t y, int log2_cell) {
  std::int64_t sum = 0;
  for (int octave = 0; octave < 4; ++octave) {
    const int shift = std::max(log2_cell - octave, 0);
    const std::int64_t value = value_noise(scramble(seed, static_cast<std::uint64_t>(octave)), x >> shift, y >> shift);
    sum += value << (3 - octave);
  }
  return sum / 15;
}

bool inside(ObjectClass object, std::int64_t u, std::int64_t v) {
  const std::int64_t au = std::abs(u);
  const std::int64_t av = std::abs(v);
  const std::int64_t square = u * u + v * v;
  switch (object) {
    case ObjectClass::disc:
      return square < radius * radius;
    case ObjectClass::ring:
      return square < radius * radius && square > 2253 * 2253;  // 0.55 radii
    case ObjectClass::square:
      return au < 3441 && av < 3441;  // 0.84 radii: about the disc's area
    case ObjectClass::triangle:
      return v < 2458 && au * 7094 < (v + 4915) * 4096;  // equilateral, corners at 1.2 radii; 7094 / 4096 = sqrt(3)
    case ObjectClass::cross:
      return (au < 1311 && av < 4096) || (av < 1311 && au < 4096);
    case ObjectClass::star:
      return inside_star(u, v);
    case ObjectClass::any:
      break;
  }
  return false;
}

std::int64_t pattern(ObjectClass object, std::uint64_t seed, std::int64_t u, std::int64_t v) {
  const std::int64_t grain = value_noise(seed, u * 128, v * 128);  // eight cells to the radius
  std::int64_t share = 0;
  switch (object) {
    case ObjectClass::disc:  // rings that get closer towards the rim
      share = sharpen(wave((u * u + v * v) / radius, 2));
      break;
    case ObjectClass::ring:  // clouds
      share = sharpen(value_noise(scramble(seed, 1), u * 48, v * 48));
      break;
    case ObjectClass::square:  // chequers
      share = sharpen(one / 2 + (((wave(u, 2) - one / 2) * (wave(v, 2) - one / 2)) >> 14));
      break;
    case ObjectClass::triangle:  // stripes
      share = sharpen(wave(v, 2));
      break;
    case ObjectClass::cross:  // dots
      share = sharpen((wave(u, 3) + wave(v, 3)) / 2 - one / 6);
      break;
    case ObjectClass::star:  // marble
      share = wave(u + v / 2 + value_noise(scramble(seed, 1), u * 32, v * 32) / 24, 1);
      break;
    case ObjectClass::any:
      break;
  }
  return std::clamp<std::int64_t>((share * 3 + grain) / 4, 0, one);
}

}  // namespace deltasim::traces
