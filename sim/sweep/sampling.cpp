#include "sim/sweep/sampling.hpp"

#include <utility>

namespace deltasim::sim {
namespace {

constexpr int rounds = 8;  ///< four make a Feistel network look random; more cost nothing here

/// SplitMix64's finaliser (Steele, Lea, Flood 2014).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) { return mixed(mixed(a) ^ b); }

}  // namespace

double random_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  return static_cast<double>(mixed(mixed(seed, stream), index) >> 40) * 0x1p-24;
}

Permutation::Permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t stream)
    : size_(size), key_(mixed(mixed(seed, stream), 0x1a717u)) {
  while (half_bits_ < 31 && (std::uint64_t{1} << (2 * half_bits_)) < size_) ++half_bits_;
}

std::uint64_t Permutation::scrambled(std::uint64_t value) const {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t left = value >> half_bits_, right = value & mask;
  for (int round = 0; round < rounds; ++round) {
    left ^= mixed(key_ + static_cast<std::uint64_t>(round), right) & mask;
    std::swap(left, right);
  }
  return left << half_bits_ | right;
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  std::uint64_t value = scrambled(index);
  while (value >= size_) value = scrambled(value);  // four tries in the mean at most
  return value;
}

}  // namespace deltasim::sim
