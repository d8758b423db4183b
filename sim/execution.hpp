#pragma once

#include "models/rules.hpp"
#include "sim/result.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace deltasim::sim {

/// Everything about the chip and the way to run it that executions share.
struct MachineSetup {
  hw::ChipParams chip;
  hw::Mapping mapping;
  const EnergyModel* energy = nullptr;
  bool check = true;
  hw::Hosting engine = hw::Hosting::wheel;
  double stall_probability = 0.0;
  std::uint64_t seed = 1;
};

/// done frames
using FrameProgress = std::function<void(std::uint64_t)>;

/// The rows of all per-layer figures, with each layer's memory under `rules` (mode `normal` keeps no reference).
std::vector<WorkloadRow> workload_rows(const models::Network& network, const models::RuleSet& rules,
                                       const hw::CoreParams& core);

/// Runs one execution (name: dense, spatial, delta) of `source` on the machine and adds up what it cost.
/// `rules` are the ones that made the stream.
ExecutionResult execute(const std::string& name, const models::Network& network, const models::RuleSet& rules,
                        models::EventSource& source, const MachineSetup& setup, const std::vector<WorkloadRow>& rows,
                        double frame_rate, const FrameProgress& progress);

}  // namespace deltasim::sim
