#include "sim/frame_energy.hpp"

#include <algorithm>

namespace deltasim::sim {

FrameEnergy frame_energy(const MeanFrame& frame, const EnergyModel& energy, const hw::ChipParams& chip,
                         double frame_rate) {
  const double clock_hz = chip.clock_mhz * 1e6;
  FrameEnergy e;
  e.period_s = e.awake_s = 1 / frame_rate;
  e.dynamic = frame.dynamic;
  if (chip.power_gating.enabled) {
    const double awake = static_cast<double>(frame.latency_cycles) / clock_hz;
    const double waking = chip.power_gating.wake_cycles / clock_hz;
    if (awake + waking < e.period_s) {
      e.awake_s = awake;
      e.waking_s = waking;
      e.asleep_s = e.period_s - awake - waking;
    }
  }
  const double core_hz = clock_hz * static_cast<double>(frame.cores);
  e.leakage_awake = energy.leakage(e.awake_s * core_hz);
  e.idle_clock = energy.idle_clock(e.awake_s * core_hz);
  e.waking = energy.leakage(e.waking_s * core_hz) + energy.idle_clock(e.waking_s * core_hz);
  e.leakage_asleep = energy.sleeping_leakage(e.asleep_s * core_hz, frame.keeps_state);
  return e;
}

}  // namespace deltasim::sim
