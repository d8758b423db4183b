#pragma once

#include "hw/machine.hpp"
#include "sim/cache/use.hpp"
#include "sim/energy.hpp"
#include "sim/frame_energy.hpp"
#include "sim/provenance.hpp"
#include "sim/quality.hpp"
#include "sim/sparsity.hpp"
#include "sim/systolic_execution.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What a run found out: plain values. Reports, tables and CSV files are functions of these.
namespace deltasim::sim {

/// One branch of the network (a node of the network file), or its input: the unit of all per-layer figures.
struct WorkloadRow {
  models::LayerId layer = 0;
  std::uint32_t branch = 0;
  std::string name;
  std::string kind;  ///< input, convolution, depthwise, dense, add, concat, average_pool, max_pool
  models::Shape input, output;
  std::uint64_t neurons = 0;  ///< outputs of the layer; of its first branch only
  std::uint64_t weights = 0;
  std::uint64_t macs_dense = 0;                                          ///< per frame, none on padding
  std::uint64_t weight_bytes = 0, state_bytes = 0, reference_bytes = 0;  ///< one copy, not split over cores
  std::uint64_t state_bytes_depth_first = 0;  ///< of rows that are open at a time; dense and spatial executions only
  bool has_weights() const { return weights > 0; }
};

struct Workload {
  std::string network_name, network_file, network_hash;
  std::string input;
  double frame_rate = 0.0;
  bool frame_rate_assumed = false;
  std::uint64_t frames = 0;
  std::vector<WorkloadRow> rows;
};

/// One row in one frame, or summed over frames.
struct RowWork {
  models::BranchWork work;
  hw::Counts counts;
  std::uint64_t cycles = 0;
  std::uint64_t lost_events = 0;  ///< dropped at full input queues, once for each core
  Energy energy;                  ///< dynamic; leakage belongs to the chip; in a single frame without its range
};

struct FrameWork {
  std::uint64_t started = 0, finished = 0;
  std::vector<RowWork> rows;
};

/// Traffic of the memory channel, over all frames.
struct DramUse {
  std::uint64_t weight_bytes = 0, state_read_bytes = 0, state_write_bytes = 0;  ///< bursts filled up
  std::uint64_t busy_cycles = 0;
  double state_energy_pj = 0.0;  ///< of component dram: accumulators and references
};

struct ExecutionResult {
  std::string name;
  std::string rule;
  std::uint64_t macs = 0, macs_nonzero_weight = 0, events = 0;
  std::uint64_t cycles = 0, latency_cycles = 0, latency_max_cycles = 0, interval_cycles = 0;
  double seconds = 0.0;
  double frames_per_second = 0.0;            ///< at full speed
  double power_w = 0.0;                      ///< at full speed
  std::optional<FrameEnergy> at_frame_rate;  ///< absent where the machine is slower than the input
  Energy energy;
  Spread energy_spread;  ///< the same drawn: ratios of two executions have a range, too
  std::vector<std::pair<std::string, Energy>> by_component;
  std::vector<RowWork> rows;  ///< over all frames, in the order of Workload::rows
  std::vector<FrameWork> frames;
  std::vector<hw::CoreResult> cores;
  std::vector<double> core_energy_pj;  ///< leakage included
  std::vector<hw::LinkResult> links;
  hw::Counts ports;  ///< input and output port
  double ports_energy_pj = 0.0;
  std::optional<DramUse> dram;  ///< where the chip has one
  Sparsity sparsity, sparsity_without_first;
  std::uint64_t checked_values = 0;
  std::uint64_t lost_events = 0;
  std::vector<std::vector<std::int64_t>> outputs;  ///< per frame: the machine's own
  /// Per frame, without losses; empty where nothing can be lost: then `outputs` are these.
  std::vector<std::vector<std::int64_t>> lossless_outputs;
  const std::vector<std::vector<std::int64_t>>& reference_outputs() const {
    return lossless_outputs.empty() ? outputs : lossless_outputs;
  }
};

struct Quality {
  std::string execution;                            ///< whose outputs are judged
  std::optional<Distance> to_dense;                 ///< against the quantised dense network
  std::optional<Distance> to_dense_without_losses;  ///< where events were lost: the same rule on a machine that waits
  std::optional<Distance> to_float;                 ///< against the network before quantisation of its activations
  std::optional<double> accuracy, accuracy_dense, accuracy_float;  ///< where the input has labels
};

struct CoreMemory {
  std::uint64_t weight_bytes = 0, state_bytes = 0, reference_bytes = 0;
};

struct Result {
  Workload workload;
  std::vector<ExecutionResult> executions;  ///< of the event machine
  std::optional<SystolicResult> systolic;
  Quality quality;
  hw::Mapping mapping;
  std::vector<CoreMemory> core_memory;
  Provenance hardware_provenance, energy_provenance;
  std::vector<std::string> beyond_rtl;  ///< what the run uses that no RTL backs
  bool has_dram = false;
  std::optional<CacheUse> cache;  ///< of runs with one
  double host_wall_s = 0.0;
  std::vector<std::pair<std::string, double>> host_phase_s;
};

}  // namespace deltasim::sim
