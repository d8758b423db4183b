#include "sim/sweep/sampling.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace deltasim::sim;

TEST_CASE("a permutation meets every number once, for sizes around powers of four") {
  for (const std::uint64_t size : {1u, 2u, 3u, 4u, 5u, 15u, 16u, 17u, 63u, 64u, 65u, 1000u, 4097u}) {
    CAPTURE(size);
    const Permutation permutation(size, 7, 3);
    std::vector<int> met(size, 0);
    std::uint64_t fixed = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      REQUIRE(permutation(i) < size);
      ++met[permutation(i)];
      fixed += permutation(i) == i ? 1 : 0;
    }
    for (const int times : met) CHECK(times == 1);
    if (size > 60) CHECK(fixed < 10);  // one in the mean
  }
}

TEST_CASE("random numbers are below 1, even, and of their own for every stream") {
  double sum = 0.0;
  int equal = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const double value = random_unit(1, 0, i);
    CHECK(value >= 0.0);
    CHECK(value < 1.0);
    sum += value;
    equal += value == random_unit(1, 1, i) ? 1 : 0;
  }
  CHECK(sum / 10000.0 == doctest::Approx(0.5).epsilon(0.03));
  CHECK(equal < 3);
}
