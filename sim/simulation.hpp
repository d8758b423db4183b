#pragma once

#include "hw/machine.hpp"
#include "models/reference.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace deltasim::sim {

/// The chip and the way to run it: with the events, everything that decides a simulation.
struct MachineSetup {
  hw::ChipParams chip;
  hw::Mapping mapping;
  bool check = true;
  hw::Hosting engine = hw::Hosting::wheel;
  double stall_probability = 0.0;
  std::uint64_t seed = 1;
};

/// done frames
using FrameProgress = std::function<void(std::uint64_t)>;

/// Integer outputs of the network, frame by frame.
using FrameOutputs = std::vector<std::vector<std::int64_t>>;

/// What one execution did, before anybody asks what that costs: a plain value that no energy table changes.
struct Simulation {
  hw::MachineResult machine;
  std::vector<std::vector<std::vector<models::BranchWork>>> work;  ///< [frame][layer][branch]: what was sent
  FrameOutputs outputs;                                            ///< the machine's own
  FrameOutputs lossless_outputs;  ///< the source's; empty where nothing can be lost: then `outputs` are these
  const FrameOutputs& reference_outputs() const { return lossless_outputs.empty() ? outputs : lossless_outputs; }
};

/// Runs the events of `source` on the machine. `rules` are the ones that made them. Null: nobody looks.
Simulation simulate(const models::Network& network, const models::RuleSet& rules, models::EventSource& source,
                    const MachineSetup& setup, const FrameProgress& progress, hw::Observer* observer = nullptr);

}  // namespace deltasim::sim
