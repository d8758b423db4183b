#include "hw/systolic.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace deltasim::hw {
namespace {

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

/// The product as the array sees it: what runs along the rows, along the columns, and through the array in time.
struct Laid {
  std::uint64_t rows, columns, stream;
};

Laid laid(const Gemm& g, Dataflow dataflow) {
  switch (dataflow) {
    case Dataflow::weight_stationary:
      return {g.k, g.n, g.m};
    case Dataflow::input_stationary:
      return {g.k, g.m, g.n};
    case Dataflow::output_stationary:
      break;
  }
  return {g.m, g.n, g.k};
}

std::uint64_t row_folds(const Gemm& g, const SystolicParams& a) { return ceil_div(laid(g, a.dataflow).rows, a.rows); }
std::uint64_t column_folds(const Gemm& g, const SystolicParams& a) {
  return ceil_div(laid(g, a.dataflow).columns, a.columns);
}

bool drains(const SystolicParams& a) {
  return a.dataflow == Dataflow::output_stationary && a.os_formula == OsFormula::ispass_2020;
}

bool half_holds(std::uint64_t buffer, std::uint64_t bytes) { return bytes <= buffer / 2; }

std::uint64_t accumulator_bytes(const SystolicParams& a) { return ceil_div(a.accumulator_bits, 8); }

}  // namespace

SystolicLayer systolic_layer(const models::Branch& branch, const models::Shape& output) {
  assert(branch.kind == models::BranchKind::convolution);
  SystolicLayer layer;
  layer.gemm = {output.pixels(),
                std::uint64_t{branch.window.kernel_h} * branch.window.kernel_w * branch.input.channels / branch.groups,
                output.channels / branch.groups, branch.groups};
  const Gemm& g = layer.gemm;
  layer.ifmap = std::min<std::uint64_t>(branch.input.size(), g.groups * g.m * g.k);  // a 1 x 1 window may skip pixels
  layer.filter = g.groups * g.k * g.n;
  layer.ofmap = g.groups * g.m * g.n;
  return layer;
}

SystolicLayer systolic_layer(const Gemm& g) {
  return {g, g.groups * g.m * g.k, g.groups * g.k * g.n, g.groups * g.m * g.n};
}

std::uint64_t folds(const Gemm& g, const SystolicParams& a) { return g.groups * row_folds(g, a) * column_folds(g, a); }

std::uint64_t array_cycles(const Gemm& g, const SystolicParams& a) {
  const std::uint64_t stream = laid(g, a.dataflow).stream;
  const std::uint64_t moved = a.dataflow != Dataflow::output_stationary || drains(a) ? a.rows : 0;  // load, or drain
  const std::uint64_t alone = moved + stream + a.rows + a.columns - 2;
  const std::uint64_t all = folds(g, a);
  if (a.fold_overlap == FoldOverlap::none) return all * alone;
  // A second register in every element takes the next block in (or a finished one out) row by row while the operands of
  // the present fold stream, and the next fold's wave follows the present one through the array without a gap. So a
  // fold begins max(stream, rows moved) after the one before; what is left is the first load or last drain, and the
  // skew.
  return (all - 1) * std::max(stream, moved) + alone;
}

SramAccesses sram_accesses(const Gemm& g, const SystolicParams& a) {
  SramAccesses s;
  const std::uint64_t inputs = g.groups * g.m * g.k, weights = g.groups * g.k * g.n, outputs = g.groups * g.m * g.n;
  const bool output_stationary = a.dataflow == Dataflow::output_stationary;
  s.ifmap_reads = inputs * (a.dataflow == Dataflow::input_stationary ? 1 : column_folds(g, a));
  s.filter_reads = weights * (output_stationary                          ? row_folds(g, a)
                              : a.dataflow == Dataflow::input_stationary ? column_folds(g, a)
                                                                         : 1);
  const std::uint64_t again = output_stationary ? 0 : row_folds(g, a) - 1;  // folds of the window after the first
  s.partial_sum_writes = s.partial_sum_reads = outputs * again;
  s.ofmap_writes = outputs;
  return s;
}

DramTraffic dram_traffic(const SystolicLayer& layer, const SystolicParams& a, OnChip on_chip) {
  const Gemm& g = layer.gemm;
  const std::uint64_t columns = column_folds(g, a), block_rows = std::min<std::uint64_t>(a.rows, g.m);
  const bool ifmap_fits = half_holds(a.ifmap_bytes, layer.ifmap / g.groups);
  const bool filter_fits = half_holds(a.filter_bytes, layer.filter / g.groups);
  std::uint64_t ifmap_times = 1, filter_times = 1, held = 0;
  switch (a.dataflow) {
    case Dataflow::weight_stationary:  // column folds outside, folds of the window inside
      if (!ifmap_fits) ifmap_times = columns;
      held = g.m * std::min<std::uint64_t>(g.n, a.columns);
      break;
    case Dataflow::input_stationary:
      if (!filter_fits) filter_times = columns;
      held = g.n * std::min<std::uint64_t>(g.m, a.columns);
      break;
    case Dataflow::output_stationary:  // folds of pixels outside, of filters inside
      if (!ifmap_fits && !half_holds(a.ifmap_bytes, block_rows * g.k)) ifmap_times = columns;
      if (!filter_fits) filter_times = row_folds(g, a);
      break;
  }
  DramTraffic d;
  if (!on_chip.ifmap) d.ifmap = layer.ifmap * ifmap_times;
  if (!on_chip.filter) d.filter = layer.filter * filter_times;
  if (!on_chip.ofmap) d.ofmap = layer.ofmap;
  const SramAccesses s = sram_accesses(g, a);
  if (!half_holds(a.ofmap_bytes, held * accumulator_bytes(a)))
    d.partial_sums = (s.partial_sum_reads + s.partial_sum_writes) * accumulator_bytes(a);
  return d;
}

std::uint64_t first_bytes(const SystolicLayer& layer, const SystolicParams& a, OnChip on_chip) {
  const Laid l = laid(layer.gemm, a.dataflow);
  const std::uint64_t rows = std::min<std::uint64_t>(l.rows, a.rows);
  const std::uint64_t columns = std::min<std::uint64_t>(l.columns, a.columns);
  switch (a.dataflow) {
    case Dataflow::weight_stationary:
      return on_chip.filter ? 0 : rows * columns;
    case Dataflow::input_stationary:
      return on_chip.ifmap ? 0 : rows * columns;
    case Dataflow::output_stationary:
      break;
  }
  return (on_chip.ifmap ? 0 : rows) + (on_chip.filter ? 0 : columns);
}

SystolicWork systolic_work(const SystolicLayer& layer, const SystolicParams& a, OnChip on_chip) {
  SystolicWork w;
  w.layer = layer;
  w.folds = folds(layer.gemm, a);
  w.array_cycles = array_cycles(layer.gemm, a);
  w.sram = sram_accesses(layer.gemm, a);
  w.dram = dram_traffic(layer, a, on_chip);
  w.cycles = w.array_cycles;
  w.bound = SystolicBound::array;
  if (a.dram_gb_per_s) {
    const double bytes_per_cycle = *a.dram_gb_per_s * 1e3 / a.clock_mhz;
    const auto cycles_for = [&](std::uint64_t bytes) {
      return static_cast<std::uint64_t>(std::ceil(static_cast<double>(bytes) / bytes_per_cycle));
    };
    w.dram_cycles = cycles_for(w.dram.total());
    if (w.dram_cycles > w.array_cycles) w.bound = SystolicBound::dram;
    w.cycles = std::max(w.array_cycles, w.dram_cycles) + cycles_for(first_bytes(layer, a, on_chip));
  }
  w.utilisation = static_cast<double>(layer.gemm.macs()) /
                  (static_cast<double>(a.rows) * a.columns * static_cast<double>(w.cycles));
  return w;
}

namespace {

/// Residency::network: weights stay when all of them fit their buffer; a layer's result stays when it fits half of the
/// output buffer and half of the input buffer, where its consumers look for it. The input and the results of the whole
/// network reach and leave the chip beside the DRAM channel, as in the event machine.
OnChip resident(const models::Network& network, models::LayerId id, const models::Branch& branch,
                const SystolicParams& a, bool weights_stay) {
  if (a.residency == Residency::layer) return {};
  const auto stays = [&](models::LayerId l) {
    const std::uint64_t bytes = network.layers[l].output.size();
    return half_holds(a.ofmap_bytes, bytes) && half_holds(a.ifmap_bytes, bytes);
  };
  OnChip on;
  on.filter = weights_stay;
  on.ofmap = stays(id) || network.layers[id].raw_output;
  on.ifmap = std::all_of(branch.sources.begin(), branch.sources.end(),
                         [&](const models::Source& s) { return stays(s.producer); });
  return on;
}

}  // namespace

std::vector<std::vector<SystolicWork>> systolic_frame(const models::Network& network, const SystolicParams& a) {
  std::uint64_t weights = 0;
  for (const auto& layer : network.layers)
    for (const auto& branch : layer.branches)
      if (branch.kind == models::BranchKind::convolution) weights += systolic_layer(branch, layer.output).filter;
  const bool weights_stay = weights <= a.filter_bytes;

  std::vector<std::vector<SystolicWork>> frame(network.layers.size());
  for (models::LayerId l = 0; l < network.layers.size(); ++l) {
    const auto& layer = network.layers[l];
    for (const auto& branch : layer.branches) {
      const bool has_product = branch.kind == models::BranchKind::convolution;
      frame[l].push_back(has_product ? systolic_work(systolic_layer(branch, layer.output), a,
                                                     resident(network, l, branch, a, weights_stay))
                                     : SystolicWork{});
    }
  }
  return frame;
}

}  // namespace deltasim::hw
