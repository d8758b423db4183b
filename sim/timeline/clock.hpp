#pragma once

#include <cstdint>

namespace deltasim::sim {

/// From cycles to time, rounded down: so spans that do not overlap in cycles do not overlap in time.
struct Clock {
  std::uint32_t mhz = 1;

  std::uint64_t ns(std::uint64_t cycle) const { return cycle * 1000 / mhz; }
  std::uint64_t ps(std::uint64_t cycle) const { return cycle * 1000000 / mhz; }
};

}  // namespace deltasim::sim
