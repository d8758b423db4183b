#include "sim/placement.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace deltasim::sim {
namespace {

struct Position {
  std::int64_t x = 0, y = 0;
};

std::int64_t hops(const Position& a, const Position& b) { return std::abs(a.x - b.x) + std::abs(a.y - b.y); }

/// Part of [begin, end) of `total` in a scale from 0 to 1.
struct Interval {
  double begin = 0, end = 1;
  double overlap(const Interval& o) const { return std::max(0.0, std::min(end, o.end) - std::max(begin, o.begin)); }
};

Interval part(std::uint32_t begin, std::uint32_t end, std::uint32_t total) {
  return {static_cast<double>(begin) / total, static_cast<double>(end) / total};
}

/// Share of the producer's map that the consumer's box reads, widened by the kernel's reach.
Interval reach(const Interval& box, std::uint32_t kernel, std::uint32_t dilation, std::uint32_t inputs) {
  const double halo = 0.5 * (kernel - 1) * dilation / inputs;
  return {box.begin - halo, box.end + halo};
}

/// Events that flow between slices in a dense frame: an estimate, since views may re-index.
class Flows {
 public:
  Flows(const models::Network& network, const hw::Mapping& mapping, std::size_t points)
      : network_(network), by_layer_(network.layers.size()), flow_(points, std::vector<double>(points, 0)) {
    for (const auto& s : mapping.slices) by_layer_[s.layer].push_back(&s);
    const std::size_t input = points - 2, output = points - 1;
    for (const auto& to : mapping.slices) {
      const auto& layer = network.layers[to.layer];
      if (layer.raw_output) add(to.core, output, 1);
      for (const auto& branch : layer.branches)
        for (const auto& source : branch.sources) from_producer(to, branch, source, input);
    }
  }
  const std::vector<std::vector<double>>& matrix() const { return flow_; }

 private:
  void from_producer(const hw::Slice& to, const models::Branch& branch, const models::Source& source,
                     std::size_t input) {
    const auto& shape = network_.layers[source.producer].output;
    if (source.producer == 0)
      return add(input, to.core, share(nullptr, to, branch, source) * static_cast<double>(shape.size()));
    for (const auto* from : by_layer_[source.producer])
      add(from->core, to.core, share(from, to, branch, source) * static_cast<double>(shape.size()));
  }

  /// Share of the producer's elements that lie in `from` and are read by `to`.
  double share(const hw::Slice* from, const hw::Slice& to, const models::Branch& branch,
               const models::Source& source) const {
    const auto& sent = network_.layers[source.producer].output;
    const auto& made = network_.layers[to.layer].output;
    const Interval y = from ? part(from->y_begin, from->y_end, sent.height) : Interval{};
    const Interval x = from ? part(from->x_begin, from->x_end, sent.width) : Interval{};
    const Interval c = from ? part(from->channel_begin, from->channel_end, sent.channels) : Interval{};
    const double whole = (y.end - y.begin) * (x.end - x.begin) * (c.end - c.begin);
    if (source.view.map) return whole;
    const auto& w = branch.window;
    const double rows =
        y.overlap(reach(part(to.y_begin, to.y_end, made.height), w.kernel_h, w.dilation_h, branch.input.height));
    const double columns =
        x.overlap(reach(part(to.x_begin, to.x_end, made.width), w.kernel_w, w.dilation_w, branch.input.width));
    double channels = c.end - c.begin;
    const bool mixes = branch.kind == models::BranchKind::convolution && branch.groups == 1;
    if (!mixes) {  // in the channels of the branch's input
      const Interval wanted = part(to.channel_begin, to.channel_end, made.channels);
      const double offset = source.view.channel_offset, width = branch.input.channels, n = sent.channels;
      channels = c.overlap({(wanted.begin * width - offset) / n, (wanted.end * width - offset) / n});
    }
    return rows * columns * channels;
  }

  void add(std::size_t from, std::size_t to, double events) {
    if (from == to) return;
    flow_[from][to] += events;
    flow_[to][from] += events;
  }

  const models::Network& network_;
  std::vector<std::vector<const hw::Slice*>> by_layer_;
  std::vector<std::vector<double>> flow_;  ///< symmetric; the last two points are the ports
};

Position of_core(std::uint32_t core, const hw::ChipParams& chip) {
  return {core % chip.noc.columns, core / chip.noc.columns};
}

/// Row by row, every other row backwards; starts on the input port's side.
std::vector<std::uint32_t> snake(const hw::ChipParams& chip) {
  std::vector<std::uint32_t> order;
  const std::uint32_t columns = chip.noc.columns;
  const bool from_right = 2 * chip.input_port_column >= columns && columns > 1;
  for (std::uint32_t y = 0; y < chip.noc.rows; ++y)
    for (std::uint32_t x = 0; x < columns; ++x)
      order.push_back(y * columns + ((y % 2 == 1) != from_right ? columns - 1 - x : x));
  return order;
}

std::vector<Position> positions(const hw::ChipParams& chip, const std::vector<std::uint32_t>& core_of) {
  std::vector<Position> at;
  at.reserve(core_of.size() + 2);
  for (const auto core : core_of) at.push_back(of_core(core, chip));
  at.push_back({std::min(chip.input_port_column, chip.noc.columns - 1), 0});
  at.push_back({std::min(chip.output_port_column, chip.noc.columns - 1), std::int64_t{chip.noc.rows} - 1});
  return at;
}

/// Events x hops saved by exchanging the places of points i and j.
double saving(const std::vector<std::vector<double>>& flow, const std::vector<Position>& at, std::size_t i,
              std::size_t j) {
  double saved = 0;
  for (std::size_t k = 0; k < at.size(); ++k) {
    if (k == i || k == j) continue;
    const auto difference = static_cast<double>(hops(at[i], at[k]) - hops(at[j], at[k]));
    saved += (flow[i][k] - flow[j][k]) * difference;
  }
  return saved;
}

}  // namespace

void place_on_mesh(const models::Network& network, const hw::ChipParams& chip, hw::Mapping& mapping) {
  auto core_of = snake(chip);
  const std::size_t cores = core_of.size();
  // Exchanges cost cores^3 for each round; a large mesh keeps the snake.
  constexpr std::size_t most_cores = 144, rounds = 12;
  if (cores <= most_cores) {
    const Flows flows(network, mapping, cores + 2);
    auto at = positions(chip, core_of);
    bool better = true;
    for (std::size_t round = 0; better && round < rounds; ++round) {
      better = false;
      for (std::size_t i = 0; i < cores; ++i)
        for (std::size_t j = i + 1; j < cores; ++j)
          if (saving(flows.matrix(), at, i, j) > 1e-6) {
            std::swap(at[i], at[j]);
            std::swap(core_of[i], core_of[j]);
            better = true;
          }
    }
  }
  for (auto& slice : mapping.slices) slice.core = core_of[slice.core];
}

double traffic(const models::Network& network, const hw::ChipParams& chip, const hw::Mapping& mapping) {
  const std::size_t cores = std::size_t{chip.noc.columns} * chip.noc.rows;
  const Flows flows(network, mapping, cores + 2);
  std::vector<std::uint32_t> identity(cores);
  std::iota(identity.begin(), identity.end(), 0);
  const auto at = positions(chip, identity);
  double sum = 0;
  for (std::size_t i = 0; i < at.size(); ++i)
    for (std::size_t j = i + 1; j < at.size(); ++j)
      sum += flows.matrix()[i][j] * static_cast<double>(hops(at[i], at[j]));
  return sum;
}

}  // namespace deltasim::sim
