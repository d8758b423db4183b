#pragma once

#include "hw/params.hpp"
#include "sim/energy.hpp"

#include <cstdint>

namespace deltasim::sim {

/// What a frame costs where frames come at a rate below what the machine can do. Without power gating all cores stay
/// awake for the whole period. With it they sleep from a frame's last output until `wake_cycles` before the next frame:
///
///     energy = dynamic + (leakage + idle clock) x (awake + waking) + sleeping leakage x (period - awake - waking)
///
/// awake = latency of a frame. Where awake + waking fill the period, nobody sleeps.
struct FrameEnergy {
  double period_s = 0, awake_s = 0, waking_s = 0, asleep_s = 0;
  /// Picojoules of a frame.
  Spread dynamic, leakage_awake, idle_clock, waking, leakage_asleep;

  Spread total() const { return dynamic + leakage_awake + idle_clock + waking + leakage_asleep; }
  double power_w() const { return total().value * 1e-12 / period_s; }
};

/// One frame's work of the mean frame.
struct MeanFrame {
  Spread dynamic;
  std::uint64_t latency_cycles = 0;
  std::size_t cores = 0;
  bool keeps_state = false;  ///< accumulators or references of this frame are needed in the next one
};

FrameEnergy frame_energy(const MeanFrame& frame, const EnergyModel& energy, const hw::ChipParams& chip,
                         double frame_rate);

}  // namespace deltasim::sim
