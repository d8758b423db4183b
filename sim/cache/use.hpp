#pragma once

#include <cstdint>

namespace deltasim::sim {

/// What a run computed and what it found in its cache.
struct CacheUse {
  std::uint64_t reference_runs = 0;  ///< of the reference network, for events or for dense outputs
  std::uint64_t streams_reused = 0;  ///< event streams replayed in its place
  std::uint64_t outputs_reused = 0;  ///< dense outputs that no execution of the run gives
  std::uint64_t simulations_run = 0, simulations_reused = 0;
  std::uint64_t float_runs = 0, float_reused = 0;  ///< labels, and outputs of the float network where there is one
  std::uint64_t calibrations_run = 0, calibrations_reused = 0;
  std::uint64_t damaged = 0;  ///< entries found damaged
  double waited_s = 0.0;      ///< for what other processes were computing
};

}  // namespace deltasim::sim
