#include "sim/slice_cost.hpp"

#include "hw/integration.hpp"
#include "hw/plan.hpp"

#include <algorithm>

namespace deltasim::sim {
namespace {

using models::Branch;
using models::BranchKind;

std::uint64_t width(std::uint32_t begin, std::uint32_t end) { return end - begin; }
std::uint64_t pixels(const hw::Slice& s) { return width(s.y_begin, s.y_end) * width(s.x_begin, s.x_end); }
std::uint64_t neurons(const hw::Slice& s) { return pixels(s) * width(s.channel_begin, s.channel_end); }

std::vector<std::uint64_t> taps_before(std::uint32_t outputs, std::uint32_t inputs, std::uint32_t kernel,
                                       std::uint32_t stride, std::uint32_t dilation, std::int32_t pad) {
  std::vector<std::uint64_t> sum(outputs + 1, 0);
  for (std::uint32_t o = 0; o < outputs; ++o) {
    std::uint64_t inside = 0;
    for (std::uint32_t k = 0; k < kernel; ++k) {
      const std::int64_t at = std::int64_t{o} * stride - pad + std::int64_t{k} * dilation;
      if (at >= 0 && at < inputs) ++inside;
    }
    sum[o + 1] = sum[o] + inside;
  }
  return sum;
}

/// What the slice reads: its events in a dense frame, and their pixels.
struct Inputs {
  double values, pixels;
};
Inputs inputs(const models::Layer& layer, const Branch& branch, const hw::Slice& s) {
  const models::OutputBox field = hw::receptive_field(branch, layer.output, hw::box_of(s));
  return {static_cast<double>(field.pixels() * field.channels()), static_cast<double>(field.pixels())};
}

double per_cycle(const hw::MemoryParams& m) { return static_cast<double>(m.banks) * m.ports; }

std::uint64_t words(std::uint64_t bits, const hw::MemoryParams& m) { return (bits + m.word_bits - 1) / m.word_bits; }

/// One tap of one event of a full group: `run` neighbouring channels of one output position.
double tap_cycles(std::uint64_t run, const hw::CoreParams& core) {
  const double steps = static_cast<double>(run) / core.lanes;
  const double weights = static_cast<double>(words(8 * run, core.weight_memory)) / per_cycle(core.weight_memory);
  const double state_words =  // read and written
      2.0 * static_cast<double>(words(std::uint64_t{core.accumulator_bits} * run, core.state_memory)) /
      per_cycle(core.state_memory);
  const double state = (state_words + steps * hw::turn_cycles(core.state_memory)) / core.group_events;
  const double compute = std::max(steps * core.step_cycles, weights);
  return core.state_overlap ? std::max(compute, state) : compute + state;
}

/// Integration of the inputs, which together need `busy` cycles of lanes and memories. One packet for each pixel.
double with_decoding(const Inputs& inputs, double busy, const hw::CoreParams& core) {
  const double decode = inputs.values * core.decode_cycles + inputs.pixels * (core.packet_cycles + core.pixel_cycles);
  if (core.decode_overlap) return std::max({busy, inputs.values, decode});
  return std::max(busy, inputs.values) + decode;
}

}  // namespace

SliceCost::SliceCost(const models::Network& network, const hw::ChipParams& chip)
    : network_(network), core_(chip.core), dram_(chip.dram) {
  for (const auto& layer : network.layers) {
    auto& of_layer = taps_.emplace_back();
    for (const auto& b : layer.branches) {
      const auto& w = b.window;
      of_layer.push_back(
          {taps_before(layer.output.height, b.input.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top),
           taps_before(layer.output.width, b.input.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left)});
    }
  }
  for (models::LayerId l = 0; l < network.layers.size(); ++l) {
    auto& of_layer = conflicts_.emplace_back();
    for (std::size_t b = 0; b < network.layers[l].branches.size(); ++b) of_layer.push_back(conflicts(l, b));
  }
}

double SliceCost::conflicts(models::LayerId id, std::size_t branch) const {
  const auto& layer = network_.layers[id];
  const Branch& b = layer.branches[branch];
  if (b.kind != BranchKind::convolution) return 1;
  const std::uint32_t run = layer.output.channels / b.groups;
  const models::OutputBox all{0, layer.output.channels, 0, layer.output.height, 0, layer.output.width};
  hw::CoreParams core = core_;
  core.group_events = 1;
  hw::Integration integration(b, layer.output, all, core);
  double machine = 0, estimate = 0;
  // Every phase of the stride once; channels in different words.
  for (std::uint32_t y = 0; y < std::min(b.window.stride_h, b.input.height); ++y)
    for (std::uint32_t x = 0; x < std::min(b.window.stride_w, b.input.width); ++x)
      for (std::uint32_t c = 0; c < std::min(b.input.channels, 16u); ++c) {
        const models::Position at{c, std::min(b.input.height / 2 + y, b.input.height - 1),
                                  std::min(b.input.width / 2 + x, b.input.width - 1)};
        if (!integration.contains(at)) continue;
        const hw::EventCost& cost = integration.cost(at);
        machine += cost.cycles;
        estimate += static_cast<double>(cost.items) / run * tap_cycles(run, core);
      }
  return estimate > 0 ? machine / estimate : 1;
}

std::uint64_t SliceCost::taps(const hw::Slice& s, std::size_t branch) const {
  const Taps& t = taps_[s.layer][branch];
  return (t.rows[s.y_end] - t.rows[s.y_begin]) * (t.columns[s.x_end] - t.columns[s.x_begin]);
}

std::uint64_t SliceCost::macs(const hw::Slice& s) const {
  std::uint64_t sum = 0;
  const auto& branches = network_.layers[s.layer].branches;
  for (std::size_t b = 0; b < branches.size(); ++b)
    if (branches[b].kind == BranchKind::convolution)
      sum += taps(s, b) * width(s.channel_begin, s.channel_end) * (branches[b].input.channels / branches[b].groups);
  return sum;
}

double SliceCost::convolution_cycles(const hw::Slice& s, std::size_t branch) const {
  const auto& layer = network_.layers[s.layer];
  const auto& b = layer.branches[branch];
  const std::uint32_t of_group = layer.output.channels / b.groups;
  const std::uint32_t first = s.channel_begin / of_group, last = (s.channel_end - 1) / of_group;
  double one_tap = 0;  // of one input channel in every group that the slice touches
  if (first == last) {
    one_tap = tap_cycles(s.channel_end - s.channel_begin, core_);
  } else {
    one_tap = tap_cycles((first + 1) * of_group - s.channel_begin, core_) +
              tap_cycles(s.channel_end - last * of_group, core_) + (last - first - 1) * tap_cycles(of_group, core_);
  }
  const std::uint64_t in_group = b.input.channels / b.groups;
  const double busy = static_cast<double>(taps(s, branch) * in_group) * one_tap * conflicts_[s.layer][branch];
  return with_decoding(inputs(layer, b, s), busy, core_);
}

double SliceCost::branch_cycles(const hw::Slice& s, std::size_t branch) const {
  const auto& layer = network_.layers[s.layer];
  const auto& b = layer.branches[branch];
  const auto channels = static_cast<double>(width(s.channel_begin, s.channel_end));
  const double state_rate = per_cycle(core_.state_memory);
  switch (b.kind) {
    case BranchKind::convolution:
      return convolution_cycles(s, branch);
    case BranchKind::identity: {
      const Inputs own{static_cast<double>(neurons(s)), static_cast<double>(pixels(s))};
      return with_decoding(own, 2 * own.values / state_rate, core_);
    }
    case BranchKind::average_pool:
      return with_decoding(inputs(layer, b, s), static_cast<double>(taps(s, branch)) * channels * 2 / state_rate,
                           core_);
    case BranchKind::max_pool: {
      const Inputs read = inputs(layer, b, s);
      const double evaluation = static_cast<double>(taps(s, branch)) * channels / state_rate;
      return with_decoding(read, 2 * read.values / state_rate, core_) + evaluation;
    }
  }
  return 0;
}

double SliceCost::cycles(const hw::Slice& s) const {
  double sum = static_cast<double>(neurons(s)) / core_.evaluate_lanes * core_.evaluate_cycles;
  for (std::size_t b = 0; b < network_.layers[s.layer].branches.size(); ++b) sum += branch_cycles(s, b);
  return sum;
}

hw::Slice whole_layer(const models::Network& network, models::LayerId layer) {
  const auto& shape = network.layers[layer].output;
  hw::Slice slice;
  slice.layer = layer;
  slice.channel_end = shape.channels;
  slice.y_end = shape.height;
  slice.x_end = shape.width;
  return slice;
}

}  // namespace deltasim::sim
