#include "hw/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace deltasim::hw {
namespace {

using models::BranchKind;
using models::OutputBox;

struct Range {
  std::uint32_t begin, end;
};

Range field(Range outputs, std::uint32_t inputs, std::uint32_t kernel, std::uint32_t stride, std::uint32_t dilation,
            std::int32_t pad) {
  const std::int64_t first = std::int64_t{outputs.begin} * stride - pad;
  const std::int64_t last = std::int64_t{outputs.end - 1} * stride - pad + std::int64_t{kernel - 1} * dilation;
  const std::int64_t begin = std::clamp<std::int64_t>(first, 0, inputs);
  const std::int64_t end = std::clamp<std::int64_t>(last + 1, begin, inputs);
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

bool contains(const OutputBox& box, const models::Position& at) {
  return at.channel >= box.channel_begin && at.channel < box.channel_end && at.y >= box.y_begin && at.y < box.y_end &&
         at.x >= box.x_begin && at.x < box.x_end;
}

bool overlap(const OutputBox& a, const OutputBox& b) {
  return a.channel_begin < b.channel_end && b.channel_begin < a.channel_end && a.y_begin < b.y_end &&
         b.y_begin < a.y_end && a.x_begin < b.x_end && b.x_begin < a.x_end;
}

/// The box in the coordinates of a producer whose channels start at `offset` of the branch's input.
OutputBox in_producer(OutputBox box, std::uint32_t offset, std::uint32_t channels) {
  const auto shift = [&](std::uint32_t c) { return std::clamp(c, offset, offset + channels) - offset; };
  box.channel_begin = shift(box.channel_begin);
  box.channel_end = shift(box.channel_end);
  return box;
}

std::vector<std::uint32_t> every(std::uint32_t n) {
  std::vector<std::uint32_t> cuts(n);
  for (std::uint32_t i = 0; i < n; ++i) cuts[i] = i;
  return cuts;
}

/// First positions of cells, and the cell of each position times `scale`.
void cut_axis(std::uint32_t size, std::vector<std::uint32_t> cuts, std::vector<std::uint32_t>& first,
              std::vector<std::uint32_t>& cell) {
  cuts.push_back(0);
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  while (!cuts.empty() && cuts.back() >= size) cuts.pop_back();
  first = cuts;
  cell.resize(size);
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    if (n + 1 < first.size() && first[n + 1] == i) ++n;
    cell[i] = n;
  }
}

struct Cuts {
  std::vector<std::uint32_t> channel, y, x;
  void add(const OutputBox& box) {
    for (const std::uint32_t c : {box.channel_begin, box.channel_end}) channel.push_back(c);
    for (const std::uint32_t c : {box.y_begin, box.y_end}) y.push_back(c);
    for (const std::uint32_t c : {box.x_begin, box.x_end}) x.push_back(c);
  }
};

}  // namespace

OutputBox receptive_field(const models::Branch& branch, const models::Shape& output, const OutputBox& box) {
  if (branch.kind == BranchKind::identity) return box;
  const models::Window& w = branch.window;
  const Range y = field({box.y_begin, box.y_end}, branch.input.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top);
  const Range x = field({box.x_begin, box.x_end}, branch.input.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left);
  OutputBox result{box.channel_begin, box.channel_end, y.begin, y.end, x.begin, x.end};
  if (branch.kind == BranchKind::convolution) {
    const std::uint32_t in_group = branch.input.channels / branch.groups, out_group = output.channels / branch.groups;
    result.channel_begin = box.channel_begin / out_group * in_group;
    result.channel_end = ((box.channel_end - 1) / out_group + 1) * in_group;
  }
  return result;
}

CellTable::CellTable(const models::Shape& shape, std::vector<std::uint32_t> channel_cuts,
                     std::vector<std::uint32_t> y_cuts, std::vector<std::uint32_t> x_cuts) {
  cut_axis(shape.channels, std::move(channel_cuts), channel_first_, channels_);
  cut_axis(shape.height, std::move(y_cuts), y_first_, rows_);
  cut_axis(shape.width, std::move(x_cuts), x_first_, columns_);
  const auto in_pixel = static_cast<std::uint32_t>(channel_first_.size());
  const auto in_row = static_cast<std::uint32_t>(x_first_.size()) * in_pixel;
  for (std::uint32_t& x : columns_) x *= in_pixel;
  for (std::uint32_t& y : rows_) y *= in_row;
  value_.resize(std::size_t{in_row} * y_first_.size());
}

Plan::Plan(const models::Network& network, const Mapping& mapping, const ChipParams& chip)
    : network_(network), slices_(mapping.slices), routes_(chip) {
  check_slices(chip);
  const std::size_t layers = network.layers.size();
  slices_of_.resize(layers);
  feeds_.resize(layers);
  for (std::uint32_t s = 0; s < slices_.size(); ++s) {
    slices_of_[slices_[s].layer].push_back(s);
    if (network.layers[slices_[s].layer].raw_output) ++raw_slices_;
  }
  std::uint32_t rows = 0;
  for (models::LayerId l = 0; l < layers; ++l) {
    first_row_.push_back(rows);
    rows += l == 0 ? 1 : static_cast<std::uint32_t>(network.layers[l].branches.size());
  }
  first_row_.push_back(rows);
  consumers_.resize(slices_.size() + 1);
  producers_.resize(slices_.size());
  find_owners();
  find_feeds();
  for (models::LayerId l = 0; l < layers; ++l) find_routes(l);
  for (models::LayerId l = 0; l < layers; ++l) link_feeds(l);
  find_token_routes();
}

void Plan::check_slices(const ChipParams& chip) const {
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    const Slice& s = slices_[i];
    if (s.layer == 0 || s.layer >= network_.layers.size())
      throw std::invalid_argument(
          fmt::format("slice {} belongs to layer {}: layers are 1 to {}", i, s.layer, network_.layers.size() - 1));
    if (s.core >= chip.noc.columns * chip.noc.rows)
      throw std::invalid_argument(
          fmt::format("slice {} lies on core {}: the mesh has {}", i, s.core, chip.noc.columns * chip.noc.rows));
    const models::Shape& shape = network_.layers[s.layer].output;
    if (s.channel_begin >= s.channel_end || s.channel_end > shape.channels || s.y_begin >= s.y_end ||
        s.y_end > shape.height || s.x_begin >= s.x_end || s.x_end > shape.width)
      throw std::invalid_argument(fmt::format("slice {} is empty or leaves layer '{}' ({} x {} x {})", i,
                                              network_.layers[s.layer].name, shape.channels, shape.height,
                                              shape.width));
  }
}

void Plan::find_owners() {
  constexpr std::uint32_t nobody = ~0u;
  owner_.resize(network_.layers.size());
  for (models::LayerId l = 0; l < network_.layers.size(); ++l) {
    Cuts cuts;
    for (const std::uint32_t s : slices_of_[l]) cuts.add(box_of(slices_[s]));
    CellTable& owner = owner_[l] = CellTable(network_.layers[l].output, cuts.channel, cuts.y, cuts.x);
    owner.each_cell([&](std::uint32_t c, std::uint32_t y, std::uint32_t x) {
      std::uint32_t& who = owner(c, y, x) = l == 0 ? input_port() : nobody;
      for (const std::uint32_t s : slices_of_[l]) {
        if (!contains(box_of(slices_[s]), {c, y, x})) continue;
        if (who != nobody)
          throw std::invalid_argument(fmt::format("slices {} and {} of layer '{}' overlap at channel {}, y {}, x {}",
                                                  who, s, network_.layers[l].name, c, y, x));
        who = s;
      }
      if (who == nobody)
        throw std::invalid_argument(
            fmt::format("no slice holds channel {}, y {}, x {} of layer '{}'", c, y, x, network_.layers[l].name));
    });
  }
}

void Plan::find_feeds() {
  for (std::uint32_t s = 0; s < slices_.size(); ++s) {
    const auto& branches = network_.layers[slices_[s].layer].branches;
    for (std::uint32_t b = 0; b < branches.size(); ++b)
      for (std::uint32_t source = 0; source < branches[b].sources.size(); ++source)
        feeds_[branches[b].sources[source].producer].push_back({s, b, source});
  }
}

/// Where the events of `layer` are wanted, in its consumers' terms.
struct Plan::Reach {
  OutputBox box;  ///< of the branch's input
  models::Locator locate;
  std::uint32_t core, slice;
};

std::vector<Plan::Reach> Plan::reaches_of(models::LayerId layer) const {
  std::vector<Reach> reaches;
  for (const Feed& feed : feeds_[layer]) {
    const Slice& slice = slices_[feed.slice];
    const models::Layer& consumer = network_.layers[slice.layer];
    const models::Branch& branch = consumer.branches[feed.branch];
    reaches.push_back({receptive_field(branch, consumer.output, box_of(slice)),
                       models::Locator(branch.sources[feed.source].view, network_.layers[layer].output, branch.input),
                       slice.core, feed.slice});
  }
  return reaches;
}

/// Cells in which all neurons have the same consumers. An index map scatters: then every neuron is a cell.
CellTable Plan::route_cells(models::LayerId layer) const {
  const models::Shape& shape = network_.layers[layer].output;
  Cuts cuts;
  for (const Feed& feed : feeds_[layer]) {
    const models::Layer& consumer = network_.layers[slices_[feed.slice].layer];
    const models::Branch& branch = consumer.branches[feed.branch];
    const models::View& view = branch.sources[feed.source].view;
    if (view.map) return {shape, every(shape.channels), every(shape.height), every(shape.width)};
    cuts.add(in_producer(receptive_field(branch, consumer.output, box_of(slices_[feed.slice])), view.channel_offset,
                         shape.channels));
  }
  return {shape, cuts.channel, cuts.y, cuts.x};
}

void Plan::find_routes(models::LayerId layer) {
  const std::vector<Reach> reaches = reaches_of(layer);
  CellTable& route = route_.emplace_back(route_cells(layer));
  std::vector<std::uint32_t> cores, last_cores;
  Routes::Id last = 0;
  route.each_cell([&](std::uint32_t c, std::uint32_t y, std::uint32_t x) {
    cores.clear();
    const models::DeltaEvent event{c, static_cast<std::uint16_t>(y), static_cast<std::uint16_t>(x), 0};
    models::Position at;
    for (const Reach& reach : reaches) {
      if (!reach.locate(event, at) || !contains(reach.box, at)) continue;
      cores.push_back(reach.core);
      link(owner(layer, event), reach.slice);
    }
    if (cores != last_cores) {
      last = routes_.intern(cores);
      last_cores = cores;
    }
    route(c, y, x) = last;
  });
}

void Plan::link(std::uint32_t producer, std::uint32_t consumer) {
  auto& list = consumers_[producer];
  if (std::find(list.begin(), list.end(), consumer) == list.end()) list.push_back(consumer);
}

/// A cell of routes may lie in several slices of the producer: whose boxes overlap are linked as well.
void Plan::link_feeds(models::LayerId layer) {
  const models::Shape& shape = network_.layers[layer].output;
  for (const Feed& feed : feeds_[layer]) {
    const models::Layer& consumer = network_.layers[slices_[feed.slice].layer];
    const models::Branch& branch = consumer.branches[feed.branch];
    const models::View& view = branch.sources[feed.source].view;
    if (layer == 0) link(input_port(), feed.slice);
    if (view.map) continue;  // every neuron was its own cell
    const OutputBox box = in_producer(receptive_field(branch, consumer.output, box_of(slices_[feed.slice])),
                                      view.channel_offset, shape.channels);
    for (const std::uint32_t s : slices_of_[layer])
      if (overlap(box_of(slices_[s]), box)) link(s, feed.slice);
  }
}

void Plan::find_token_routes() {
  output_route_ = routes_.single(routes_.output_port());
  for (std::uint32_t sender = 0; sender < consumers_.size(); ++sender) {
    std::sort(consumers_[sender].begin(), consumers_[sender].end());
    for (const std::uint32_t s : consumers_[sender]) producers_[s].push_back(sender);
  }
  // A slice that no neuron reaches still keeps step with its producers.
  for (std::uint32_t s = 0; s < slices_.size(); ++s) {
    if (!producers_[s].empty()) continue;
    const models::LayerId from = network_.layers[slices_[s].layer].branches.at(0).sources.at(0).producer;
    const std::uint32_t sender = from == 0 ? input_port() : slices_of_[from].front();
    consumers_[sender].push_back(s);
    producers_[s].push_back(sender);
  }
  for (std::uint32_t sender = 0; sender < consumers_.size(); ++sender) {
    std::vector<std::uint32_t> to;
    for (const std::uint32_t s : consumers_[sender]) to.push_back(slices_[s].core);
    if (sender < slices_.size() && network_.layers[slices_[sender].layer].raw_output)
      to.push_back(routes_.output_port());
    end_route_.push_back(routes_.intern(to));
  }
  for (std::uint32_t s = 0; s < slices_.size(); ++s) {
    std::vector<std::uint32_t> to;
    for (const std::uint32_t sender : producers_[s]) to.push_back(endpoint_of(sender));
    ready_route_.push_back(routes_.intern(to));
  }
}

}  // namespace deltasim::hw
