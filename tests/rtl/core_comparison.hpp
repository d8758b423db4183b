#pragma once

#include "sim/validation/rtl_core.hpp"

#include <algorithm>

namespace deltasim::test {

/// The sequence on the verilated core of its build.
std::vector<sim::CoreTaken> run_core_rtl(const sim::CoreSequence& sequence, const sim::CoreWorkload& workload);

/// The first flit at which two logs part; their length where they are equal.
template <typename Same>
std::size_t first_difference(const std::vector<sim::CoreTaken>& a, const std::vector<sim::CoreTaken>& b, Same same) {
  std::size_t i = 0;
  while (i < std::min(a.size(), b.size()) && same(a[i], b[i])) ++i;
  return i;
}
inline bool same_flit(const sim::CoreTaken& a, const sim::CoreTaken& b) { return a.flit == b.flit; }
inline bool same_cycle(const sim::CoreTaken& a, const sim::CoreTaken& b) { return a.cycle == b.cycle; }

/// RTL and model on a sequence. Checks with doctest that flits are equal, and cycles, as far as they must be.
sim::RecordedCore compare_core(const sim::CoreSequence& sequence);

}  // namespace deltasim::test
