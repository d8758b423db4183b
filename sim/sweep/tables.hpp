#pragma once

#include "sim/sweep/folder.hpp"
#include "sim/sweep/sweep.hpp"

#include <cstdint>

namespace deltasim::sim {

struct PointCounts {
  std::uint64_t total = 0, excluded = 0, done = 0, failed = 0, left = 0;
};

/// What sweep.json says about the process that wrote it.
struct SweepHost {
  std::uint64_t jobs = 1;
  double wall_s = 0.0;
};

/// sweep.csv and sweep.json from what is in points/, one row after another. Returns what there is.
PointCounts write_tables(const Sweep& sweep, const SweepFolder& folder, const SweepHost& host);

/// Writes sweep.json where there is none. Errors: InputError where the folder holds another sweep, saying what differs.
void settle_folder(const Sweep& sweep, const SweepFolder& folder, const SweepHost& host);

/// The axis columns' names, "id" first, and a point's cells: what `--list` prints.
std::string list_header(const Sweep& sweep);
std::string list_row(const Sweep& sweep, std::uint64_t index);

std::string host_name();

}  // namespace deltasim::sim
