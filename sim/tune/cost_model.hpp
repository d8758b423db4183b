#pragma once

#include "sim/execution.hpp"
#include "sim/tune/trials.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace deltasim::sim {

/// What tuning makes small.
enum class Objective : std::uint8_t { energy, cycles, macs };
inline constexpr const char* names_of(Objective) { return "energy,cycles,macs"; }

/// Of a simulation: pJ, cycles or MACs.
double cost_of(Objective objective, const Measured& measured);

/// The cost of a trial without simulating it: every row's work (MACs; events where it has no weights) times what a unit
/// of its work cost in simulations, plus what did not depend on it:
///
///     cost = scale x sum over rows of (fixed + per_unit x work)
///
/// Two simulations with different work give both figures of a row; where they cannot (one simulation, a negative share)
/// fixed is 0. `scale` = cost / sum over the rows, of the second one: leakage, the clock, ports. MACs are exact.
class CostModel {
 public:
  using Sample = std::pair<const Trial*, const Measured*>;
  CostModel(Objective objective, const std::vector<WorkloadRow>& rows, const std::vector<Sample>& samples);

  double operator()(const Trial& trial) const;

 private:
  double work_of(const Trial& trial, std::size_t row) const;

  struct Line {
    double fixed = 0.0, per_unit = 0.0;
    bool by_macs = false;
  };
  Objective objective_;
  std::vector<Line> lines_;
  double scale_ = 1.0;
};

}  // namespace deltasim::sim
