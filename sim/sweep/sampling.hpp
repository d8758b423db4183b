#pragma once

#include <cstdint>

/// Samples that need no table: the values of point i follow from the seed and i alone.
namespace deltasim::sim {

/// From 0 up to 1, without 1; independent for every (seed, stream, index). Multiples of 2^-24, so that a stratum of
/// up to 2^29 of them never rounds into the next.
double random_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);

/// A permutation of 0 .. size - 1: a Feistel network over the next power of four, walked until it is inside.
class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t stream);
  std::uint64_t operator()(std::uint64_t index) const;

 private:
  std::uint64_t scrambled(std::uint64_t value) const;

  std::uint64_t size_, key_;
  unsigned half_bits_ = 1;
};

}  // namespace deltasim::sim
