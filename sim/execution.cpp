#include "sim/execution.hpp"

#include "models/sending.hpp"
#include "sim/config.hpp"
#include "sim/depth_first_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace deltasim::sim {
namespace {

std::string kind_of(const models::Layer& layer, const models::Branch& branch) {
  switch (branch.kind) {
    case models::BranchKind::identity:
      return layer.branches.size() == 1 ? "concat" : "add";
    case models::BranchKind::average_pool:
      return "average_pool";
    case models::BranchKind::max_pool:
      return "max_pool";
    case models::BranchKind::convolution:
      break;
  }
  if (branch.groups > 1 && branch.groups == branch.input.channels) return "depthwise";
  const bool whole = layer.output.pixels() == 1 && branch.window.kernel_h == branch.input.height &&
                     branch.window.kernel_w == branch.input.width;
  return whole ? "dense" : "convolution";
}

/// By its shape: networks without their numbers have no weights to count.
std::uint64_t weight_count(const models::Branch& branch, const models::Shape& output) {
  if (branch.kind != models::BranchKind::convolution) return 0;
  return std::uint64_t{branch.window.kernel_h} * branch.window.kernel_w * branch.input.channels / branch.groups *
         output.channels;
}

std::uint64_t state_bytes(const models::Layer& layer, const models::Branch& branch, const hw::CoreParams& core) {
  const bool sums = branch.kind == models::BranchKind::convolution || branch.kind == models::BranchKind::average_pool;
  return sums ? layer.output.size() * core.accumulator_bits / 8 : branch.input.size() * core.reference_bits / 8;
}

/// What a layer remembers of what it sent; nothing where its events carry values.
std::uint64_t reference_bytes(const models::Layer& layer, bool absolute, const hw::CoreParams& core) {
  return absolute || layer.raw_output ? 0 : layer.output.size() * core.reference_bits / 8;
}

void require_conserved(const std::string& execution, const WorkloadRow& row, const RowWork& work, std::size_t frame) {
  if (work.counts[hw::Activity::mac] == work.work.macs) return;
  throw std::logic_error(fmt::format("{}: frame {}, layer {}: the machine did {} MACs, its events ask for {}",
                                     execution, frame, row.name, work.counts[hw::Activity::mac], work.work.macs));
}

FrameWork frame_work(const hw::FrameResult& frame, const std::vector<std::vector<models::BranchWork>>& work,
                     const std::vector<WorkloadRow>& rows, const EnergyModel& energy) {
  FrameWork f;
  f.started = frame.started;
  f.finished = frame.finished;
  f.rows.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RowWork& r = f.rows[i];
    if (rows[i].kind != "input") r.work = work[rows[i].layer][rows[i].branch];
    r.counts = frame.rows[i].counts;
    r.cycles = frame.rows[i].cycles;
    r.lost_events = frame.rows[i].lost_events;
    r.energy.value = energy.pj(r.counts);
  }
  return f;
}

void add_to(RowWork& sum, const RowWork& r) {
  sum.work.events += r.work.events;
  sum.work.active_pixels += r.work.active_pixels;
  sum.work.macs += r.work.macs;
  sum.work.macs_nonzero_weight += r.work.macs_nonzero_weight;
  sum.counts += r.counts;
  sum.cycles += r.cycles;
  sum.lost_events += r.lost_events;
}

void add_up_frames(ExecutionResult& e, const Simulation& simulation, const std::vector<WorkloadRow>& rows,
                   const EnergyModel& energy) {
  const hw::MachineResult& machine = simulation.machine;
  e.rows.resize(rows.size());
  e.frames.reserve(machine.frames.size());
  for (std::size_t f = 0; f < machine.frames.size(); ++f) {
    e.frames.push_back(frame_work(machine.frames[f], simulation.work[f], rows, energy));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      RowWork& work = e.frames.back().rows[i];
      if (e.lost_events == 0) require_conserved(e.name, rows[i], work, f);
      if (e.lost_events > 0) {  // events were sent, but their work was not all done
        work.work.macs = work.counts[hw::Activity::mac];
        work.work.macs_nonzero_weight = machine.frames[f].rows[i].macs_nonzero_weight;
      }
      add_to(e.rows[i], work);
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    e.rows[i].energy = energy.energy_of(e.rows[i].counts).range();
    if (!rows[i].has_weights()) continue;
    e.events += e.rows[i].work.events;
    e.macs += e.rows[i].work.macs;
    e.macs_nonzero_weight += e.rows[i].work.macs_nonzero_weight;
  }
}

void add_times(ExecutionResult& e, const hw::MachineResult& machine, double clock_hz) {
  const std::size_t n = machine.frames.size();
  e.cycles = machine.cycles;
  std::uint64_t latency = 0;
  for (const auto& f : machine.frames) {
    latency += f.finished - f.started;
    e.latency_max_cycles = std::max(e.latency_max_cycles, f.finished - f.started);
  }
  if (n > 0) e.latency_cycles = (latency + n / 2) / n;
  e.interval_cycles =
      n > 1 ? (machine.frames.back().finished - machine.frames.front().finished + (n - 1) / 2) / (n - 1) : e.cycles;
  e.seconds = static_cast<double>(e.cycles) / clock_hz;
  e.frames_per_second = e.interval_cycles > 0 ? clock_hz / static_cast<double>(e.interval_cycles) : 0.0;
}

/// Energy by component and core. Leakage and the idle clock flow for all cores over the whole run.
void add_energy(ExecutionResult& e, const hw::MachineResult& machine, const EnergyModel& energy,
                const hw::ChipParams& chip, bool keeps_state, double frame_rate) {
  hw::Counts all = machine.ports;
  for (const auto& core : machine.cores) {
    all += core.counts;
    e.core_energy_pj.push_back(energy.pj(core.counts) + energy.always_on_pj(static_cast<double>(machine.cycles)));
  }
  const auto core_cycles = static_cast<double>(machine.cycles * machine.cores.size());
  const Breakdown breakdown = energy.by_component(all, core_cycles);
  for (std::size_t i = 0; i < component_total; ++i)
    e.by_component.emplace_back(component_names[i], breakdown.of[i].range());
  e.energy_spread = breakdown.total();
  e.energy = e.energy_spread.range();
  e.ports = machine.ports;
  e.ports_energy_pj = energy.pj(machine.ports);
  if (e.seconds > 0.0) e.power_w = e.energy.value * 1e-12 / e.seconds;

  const double frames = static_cast<double>(machine.frames.size());
  if (frames > 0 && e.frames_per_second >= frame_rate) {
    const MeanFrame frame{1 / frames * energy.energy_of(all), e.latency_cycles, machine.cores.size(), keeps_state};
    e.at_frame_rate = frame_energy(frame, energy, chip, frame_rate);
  }
}

DramUse dram_use(const hw::DramResult& dram, std::uint64_t burst_bytes, const EnergyModel& energy) {
  hw::Counts state;
  state[hw::Activity::dram_read] = dram.state_read_bursts;
  state[hw::Activity::dram_write] = dram.state_write_bursts;
  return {burst_bytes * dram.weight_bursts, burst_bytes * dram.state_read_bursts, burst_bytes * dram.state_write_bursts,
          dram.busy_cycles, energy.pj(state)};
}

}  // namespace

std::vector<WorkloadRow> workload_rows(const models::Network& network, const models::RuleSet& rules,
                                       const hw::CoreParams& core) {
  const auto absolute = models::absolute_layers(models::sending_rules(network, rules));
  const auto depth_first = depth_first_state_bytes(network, core);
  std::vector<WorkloadRow> rows;
  WorkloadRow input{0, 0, network.layers[0].name, "input", {}, network.layers[0].output};
  input.neurons = input.output.size();
  input.reference_bytes = reference_bytes(network.layers[0], absolute[0] != 0, core);
  rows.push_back(std::move(input));
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    const auto& layer = network.layers[l];
    for (std::uint32_t b = 0; b < layer.branches.size(); ++b) {
      const auto& branch = layer.branches[b];
      WorkloadRow row{l, b, branch.name, kind_of(layer, branch), branch.input, layer.output};
      row.neurons = b == 0 ? layer.output.size() : 0;
      row.weights = weight_count(branch, layer.output);
      row.macs_dense = dense_macs(branch, layer.output);
      row.weight_bytes = row.weights + 4 * branch.bias.size();
      row.state_bytes = state_bytes(layer, branch, core);
      row.state_bytes_depth_first = depth_first[l][b];
      row.reference_bytes = b == 0 ? reference_bytes(layer, absolute[l] != 0, core) : 0;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

ExecutionResult account(const std::string& name, Simulation simulation, const models::Network& network,
                        const models::RuleSet& rules, const std::vector<WorkloadRow>& rows, const Rates& rates) {
  hw::MachineResult& machine = simulation.machine;
  ExecutionResult e;
  e.name = name;
  e.rule = split_names(names_of(rules.rule)).at(static_cast<std::size_t>(rules.rule));
  for (const auto& core : machine.cores) e.lost_events += core.lost_events;
  add_up_frames(e, simulation, rows, rates.energy);
  add_times(e, machine, rates.chip.clock_mhz * 1e6);
  const auto absolute = models::absolute_layers(models::sending_rules(network, rules));
  const bool keeps_state = std::any_of(absolute.begin(), absolute.end(), [](auto values) { return values == 0; });
  add_energy(e, machine, rates.energy, rates.chip, keeps_state, rates.frame_rate);
  if (machine.dram) e.dram = dram_use(*machine.dram, rates.chip.dram->burst_bytes, rates.energy);
  SparsityMeter sparsity(network);
  for (const auto& frame : simulation.work) sparsity.add(frame);
  e.sparsity = sparsity.all_frames();
  e.sparsity_without_first = sparsity.without_first_frame();
  e.checked_values = machine.checked_values;
  e.cores = std::move(machine.cores);
  e.links = std::move(machine.links);
  e.outputs = std::move(simulation.outputs);
  e.lossless_outputs = std::move(simulation.lossless_outputs);
  return e;
}

}  // namespace deltasim::sim
