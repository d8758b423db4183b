#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace deltasim::sim {

/// Points index % of == number.
struct Shard {
  std::uint64_t number = 0, of = 1;
  bool has(std::uint64_t index) const { return index % of == number; }
};

using Environment = std::function<const char*(const char* name)>;

/// "I/N" (I from 1), "auto", or empty: all. Auto: rank and size from Open MPI, PMI (MPICH, Intel), Slurm's array or
/// Slurm's step, whichever of them is set and has more than one. Errors: InputError.
Shard read_shard(const std::string& text, const Environment& environment);
/// Processes on this host that a launcher started together.
std::uint64_t processes_here(const Environment& environment);

}  // namespace deltasim::sim
