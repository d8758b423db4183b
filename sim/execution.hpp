#pragma once

#include "models/rules.hpp"
#include "sim/result.hpp"
#include "sim/simulation.hpp"

#include <string>

namespace deltasim::sim {

/// The rows of all per-layer figures, with each layer's memory under `rules` (mode `normal` keeps no reference).
std::vector<WorkloadRow> workload_rows(const models::Network& network, const models::RuleSet& rules,
                                       const hw::CoreParams& core);

/// With what a simulation is multiplied.
struct Rates {
  const hw::ChipParams& chip;  ///< its clock, power gating and bursts
  const EnergyModel& energy;
  double frame_rate;
};

/// Adds up what a simulation of `network` under `rules` cost.
ExecutionResult account(const std::string& name, Simulation simulation, const models::Network& network,
                        const models::RuleSet& rules, const std::vector<WorkloadRow>& rows, const Rates& rates);

}  // namespace deltasim::sim
