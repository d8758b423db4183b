#pragma once

#include <array>
#include <cstdint>

/// Building blocks of rendered pictures, in integers only: the same bits on every machine and with every compiler.
/// Positions are Q16 (65536 = one pixel or lattice cell), angles are 2^16 to the turn, object coordinates are Q12
/// (4096 = the object's radius).
namespace deltasim::traces {

/// Mixes `key` into `seed` (finaliser of splitmix64): a random number for every place, without a sequence.
std::uint64_t scramble(std::uint64_t seed, std::uint64_t key);

/// A sequence of random numbers (splitmix64). The distributions of <random> differ between standard libraries.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::int64_t between(std::int64_t low, std::int64_t high);  ///< both included
  /// Standard normal deviate in Q16: the sum of eight uniform bytes (within 4.9 sigma, excess kurtosis -0.15).
  std::int64_t normal_q16();

 private:
  std::uint64_t state_;
};

/// Sine in Q14 after Bhaskara I; error below 0.0017.
std::int64_t sine_q14(std::uint16_t angle);
std::int64_t cosine_q14(std::uint16_t angle);

/// Smooth random field with one random value per lattice cell; x and y in Q16 cells, result 0..65535.
std::int64_t value_noise(std::uint64_t seed, std::int64_t x, std::int64_t y);
/// Four octaves of value noise, from cells of 2^`log2_cell` pixels down to an eighth of that; result 0..65535.
std::int64_t fractal_noise(std::uint64_t seed, std::int64_t x, std::int64_t y, int log2_cell);

enum class ObjectClass : std::uint8_t { disc, ring, square, triangle, cross, star, any };
inline constexpr std::uint32_t object_classes = 6;  ///< without `any`
inline constexpr const char* names_of(ObjectClass) { return "disc,ring,square,triangle,cross,star,any"; }

/// Whether the object covers the point (u, v). No object reaches further than 1.25 radii from its centre.
bool inside(ObjectClass object, std::int64_t u, std::int64_t v);
/// The object's own pattern at (u, v): share of its second colour, 0..65536.
std::int64_t pattern(ObjectClass object, std::uint64_t seed, std::int64_t u, std::int64_t v);

}  // namespace deltasim::traces
