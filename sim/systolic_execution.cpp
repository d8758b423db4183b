#include "sim/systolic_execution.hpp"

#include "sim/result.hpp"
#include "sim/run_config.hpp"
#include "sim/systolic_energy.hpp"

#include <algorithm>
#include <cmath>

namespace deltasim::sim {
namespace {

SystolicCounts counts_of(const models::Network& network, const WorkloadRow& row, const hw::SystolicWork& work) {
  SystolicCounts c;
  c.macs = work.layer.gemm.macs();
  c.array_cycles = work.array_cycles;
  c.sram = work.sram;
  c.dram = work.dram;
  if (row.layer == 0) return c;
  c.evaluated = row.neurons;
  const models::Branch& branch = network.layers[row.layer].branches[row.branch];
  const std::uint64_t window = std::uint64_t{branch.window.kernel_h} * branch.window.kernel_w;
  if (branch.kind == models::BranchKind::identity)
    c.added = branch.input.size();
  else if (branch.kind != models::BranchKind::convolution)
    c.added = network.layers[row.layer].output.size() * window;
  return c;
}

void add_energy(SystolicResult& r, const SystolicEnergy& energy, const models::Network& network,
                const std::vector<WorkloadRow>& rows, double frame_rate) {
  const double frames = static_cast<double>(r.frames), clock_hz = r.array.clock_mhz * 1e6;
  SystolicBreakdown all;
  Spread dynamic;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SystolicBreakdown one = energy.of(counts_of(network, rows[i], r.rows[i].work));
    Spread sum;
    for (std::size_t c = 0; c < systolic_component_total; ++c) {
      sum.add(frames, one[c]);
      all[c].add(frames, one[c]);
    }
    r.rows[i].energy = sum.range();
    dynamic.add(1, sum);
  }
  const double cycles = static_cast<double>(r.cycles);
  all[static_cast<std::size_t>(SystolicComponent::idle_clock)] = energy.idle_clock(cycles);
  all[static_cast<std::size_t>(SystolicComponent::leakage)] = energy.leakage(cycles);
  for (std::size_t c = 0; c < systolic_component_total; ++c) {
    r.by_component.emplace_back(systolic_component_names[c], all[c].range());
    r.energy_spread.add(1, all[c]);
  }
  r.energy = r.energy_spread.range();
  if (r.seconds > 0.0) r.power_w = r.energy->value * 1e-12 / r.seconds;
  if (frame_rate > 0.0 && r.frames_per_second >= frame_rate) {
    const double always_on = energy.idle_clock(clock_hz).value + energy.leakage(clock_hz).value;  // pJ in a second
    r.power_at_frame_rate_w = (dynamic.value / frames * frame_rate + always_on) * 1e-12;
  }
}

}  // namespace

SystolicResult execute_systolic(const RunConfig& config, const models::Network& network,
                                const std::vector<WorkloadRow>& rows, std::uint64_t frames, double frame_rate) {
  SystolicResult r;
  r.array = config.systolic;
  r.frames = frames;
  const auto work = hw::systolic_frame(network, r.array);
  for (const WorkloadRow& row : rows) {
    SystolicRow one;
    if (row.layer > 0) one.work = work[row.layer][row.branch];
    if (one.work.bound != hw::SystolicBound::none) one.macs = row.macs_dense;
    r.macs += frames * one.macs;
    r.array_macs += frames * one.work.layer.gemm.macs();
    r.latency_cycles += one.work.cycles;
    r.dram += one.work.dram;
    r.rows.push_back(one);
  }
  r.cycles = frames * r.latency_cycles;
  const double clock_hz = r.array.clock_mhz * 1e6;
  r.seconds = static_cast<double>(r.cycles) / clock_hz;
  if (r.cycles > 0) {
    r.frames_per_second = clock_hz / static_cast<double>(r.latency_cycles);
    r.utilisation = static_cast<double>(r.array_macs) /
                    (static_cast<double>(r.array.rows) * r.array.columns * static_cast<double>(r.cycles));
  }
  if (config.energy.table.is_object()) {
    const EnergyTable table = parse_energy_table(config.energy.table, config.energy.file);
    add_energy(r, SystolicEnergy(table, config.hardware, r.array), network, rows, frame_rate);
  }
  return r;
}

hw::SystolicParams array_like(const hw::ChipParams& chip) {
  hw::SystolicParams a;
  const std::uint64_t cores = std::uint64_t{chip.noc.columns} * chip.noc.rows, macs = cores * chip.core.lanes;
  // the squarest array of exactly as many elements; where that is longer than 1 : 4, the nearest square one
  const auto root = static_cast<std::uint64_t>(std::lround(std::sqrt(static_cast<double>(macs))));
  std::uint64_t rows = root;
  while (rows > 1 && macs % rows != 0) --rows;
  if (rows * rows * 4 < macs) rows = root;
  a.rows = static_cast<std::uint32_t>(rows);
  a.columns = static_cast<std::uint32_t>((macs + rows / 2) / rows);
  a.filter_bytes = cores * chip.core.weight_memory.size_bytes;
  a.ifmap_bytes = a.ofmap_bytes = cores * chip.core.state_memory.size_bytes / 2;
  a.bank_bytes = std::max<std::uint64_t>(64, chip.core.weight_memory.size_bytes / chip.core.weight_memory.banks);
  a.word_bits = chip.core.weight_memory.word_bits;
  a.accumulator_bits = chip.core.accumulator_bits;
  a.clock_mhz = chip.clock_mhz;
  a.node_nm = chip.node_nm;
  return a;
}

}  // namespace deltasim::sim
