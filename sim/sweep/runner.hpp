#pragma once

#include "sim/sweep/point.hpp"
#include "sim/sweep/shard.hpp"
#include "sim/sweep/tables.hpp"

#include <cstdint>

namespace deltasim::sim {

struct SweepOptions {
  std::uint64_t jobs = 1;
  Shard shard;
  SweepCache cache;
  bool retry_failed = false;
};

/// Runs what is left of a shard, each point as a process of its own, and writes the tables; returns when no point of
/// the shard is left, also those that other processes had claimed. Returns counts of the whole sweep.
struct SweepOutcome {
  PointCounts all;
  std::uint64_t failed_in_shard = 0;
};
SweepOutcome run_sweep(const Sweep& sweep, const SweepFolder& folder, const SweepOptions& options);

}  // namespace deltasim::sim
