#include "sim/depth_first_memory.hpp"

#include "models/consumers.hpp"

#include <algorithm>

namespace deltasim::sim {
namespace {

using models::BranchKind;

/// Sends the input row by row through all layers and notes how many rows are open at a time.
class RowRun {
 public:
  explicit RowRun(const models::Network& network)
      : network_(network), consumers_(models::consumers(network)), sent_(network.layers.size()) {
    for (const models::Layer& layer : network.layers) most_.emplace_back(layer.branches.size());
    for (std::uint32_t y = 0; y < network.layers[0].output.height; ++y) send_row(0);
  }
  std::uint64_t most(models::LayerId layer, std::size_t branch) const { return most_[layer][branch]; }

 private:
  /// Input rows [begin, end) that output row `y` reads; with an index map: all.
  struct Rows {
    std::uint32_t begin, end;
  };
  static Rows rows_of(const models::Branch& branch, const models::Source& source, std::uint32_t producer_rows,
                      std::uint32_t y) {
    if (source.view.map) return {0, producer_rows};
    if (branch.kind == BranchKind::identity) return {y, y + 1};
    const models::Window& w = branch.window;
    const std::int64_t first = std::int64_t{y} * w.stride_h - w.pad_top;
    const std::int64_t end = first + std::int64_t{w.kernel_h - 1} * w.dilation_h + 1;
    const auto inside = [&](std::int64_t row) {
      return static_cast<std::uint32_t>(std::clamp<std::int64_t>(row, 0, branch.input.height));
    };
    return {inside(first), inside(end)};
  }
  Rows rows_of(models::LayerId layer, std::size_t branch, const models::Source& source, std::uint32_t y) const {
    return rows_of(network_.layers[layer].branches[branch], source, network_.layers[source.producer].output.height, y);
  }

  void send_row(models::LayerId layer) {
    ++sent_[layer];
    for (const models::Consumer& c : consumers_[layer]) note_open(c.layer, c.branch);
    for (const models::Consumer& c : consumers_[layer])
      while (sent_[c.layer] < network_.layers[c.layer].output.height && complete(c.layer)) send_row(c.layer);
  }
  /// Whether all that reaches the layer's next row is there.
  bool complete(models::LayerId layer) const {
    const auto& branches = network_.layers[layer].branches;
    for (std::size_t b = 0; b < branches.size(); ++b)
      for (const models::Source& source : branches[b].sources)
        if (sent_[source.producer] < rows_of(layer, b, source, sent_[layer]).end) return false;
    return true;
  }
  void note_open(models::LayerId layer, std::size_t b) {
    const models::Layer& consumer = network_.layers[layer];
    if (sent_[layer] == consumer.output.height) return;
    std::uint64_t open = 0;
    for (const models::Source& source : consumer.branches[b].sources) {
      std::uint64_t rows = 0;
      if (consumer.branches[b].kind == BranchKind::max_pool)  // holds its input
        rows = sent_[source.producer] - std::min(sent_[source.producer], rows_of(layer, b, source, sent_[layer]).begin);
      else
        for (std::uint32_t y = sent_[layer]; y < consumer.output.height; ++y, ++rows)
          if (rows_of(layer, b, source, y).begin >= sent_[source.producer]) break;
      open = std::max(open, rows);
    }
    most_[layer][b] = std::max(most_[layer][b], open);
  }

  const models::Network& network_;
  const std::vector<std::vector<models::Consumer>> consumers_;
  std::vector<std::uint32_t> sent_;  ///< rows, by layer; raw outputs: evaluated
  std::vector<std::vector<std::uint64_t>> most_;
};

}  // namespace

std::vector<std::vector<std::uint64_t>> depth_first_state_bytes(const models::Network& network,
                                                                const hw::CoreParams& core) {
  const RowRun run(network);
  std::vector<std::vector<std::uint64_t>> bytes(network.layers.size());
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    const models::Layer& layer = network.layers[l];
    for (std::size_t b = 0; b < layer.branches.size(); ++b) {
      const models::Branch& branch = layer.branches[b];
      const bool sums = branch.kind == BranchKind::convolution || branch.kind == BranchKind::average_pool;
      const models::Shape& held = branch.kind == BranchKind::max_pool ? branch.input : layer.output;
      const std::uint64_t row = std::uint64_t{held.width} * held.channels;
      bytes[l].push_back((run.most(l, b) * row * (sums ? core.accumulator_bits : core.reference_bits) + 7) / 8);
    }
  }
  return bytes;
}

}  // namespace deltasim::sim
