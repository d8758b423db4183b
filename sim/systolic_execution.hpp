#pragma once

#include "hw/params.hpp"
#include "hw/systolic.hpp"
#include "sim/monte_carlo.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace deltasim::sim {

struct RunConfig;
struct WorkloadRow;

/// One row of the workload in one frame; all frames are alike.
struct SystolicRow {
  hw::SystolicWork work;
  std::uint64_t macs = 0;        ///< those of the network, none on padding
  std::optional<Energy> energy;  ///< dynamic; absent without an energy table
};

/// The execution `systolic`: no cores, no events, the same work in every frame, one layer after another.
struct SystolicResult {
  hw::SystolicParams array;
  std::uint64_t frames = 1;
  std::uint64_t macs = 0;            ///< of all frames, as in the other executions
  std::uint64_t array_macs = 0;      ///< with those on padding
  std::uint64_t latency_cycles = 0;  ///< of one frame; the interval, too
  std::uint64_t cycles = 0;
  double utilisation = 0.0;
  double seconds = 0.0, frames_per_second = 0.0;
  hw::DramTraffic dram;           ///< of one frame
  std::vector<SystolicRow> rows;  ///< in the order of Workload::rows

  std::optional<Energy> energy;  ///< absent without an energy table
  Spread energy_spread;
  std::vector<std::pair<std::string, Energy>> by_component;
  std::optional<double> power_w, power_at_frame_rate_w;
};

inline constexpr const char* systolic_name = "systolic";

/// `frame_rate`: 0 where there is no input.
SystolicResult execute_systolic(const RunConfig& config, const models::Network& network,
                                const std::vector<WorkloadRow>& rows, std::uint64_t frames, double frame_rate);

/// What a run file leaves open: an array with as many multiply-accumulates in a cycle as all cores of the chip (the
/// nearest rows x columns), its SRAM, node and clock.
hw::SystolicParams array_like(const hw::ChipParams& chip);

}  // namespace deltasim::sim
