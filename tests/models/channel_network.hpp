#pragma once

#include "models/graph.hpp"

#include <cstdint>
#include <vector>

/// Quantised networks with a step for each channel, and what they mean in real numbers.
namespace deltasim::test {

struct ChannelNetwork {
  models::Graph graph;
  /// Integer weights that the quantised network must have, by layer (layers with one convolution at most).
  std::vector<std::vector<std::int8_t>> weights;
};

/// Convolution, depthwise, residual sum, concatenation inside a convolution, max pool and average pool, ReLU6 and
/// signed codes, flattening by an index map, logits. Steps lie up to a factor `spread` apart; frames are real values of
/// 3 x 9 x 8 in 0..1.
ChannelNetwork channel_network(std::uint32_t seed, double spread = 100);
std::vector<std::vector<float>> channel_frames(std::size_t count, std::uint32_t seed);

/// The layer's activations over the step of their channel, neither rounded nor saturated, from the codes of its
/// producers (C, H, W): in double, from the graph's real weights and scales alone. Logits: real values.
std::vector<double> real_codes(const models::Graph& graph, models::LayerId layer,
                               const std::vector<std::vector<std::int32_t>>& codes);

}  // namespace deltasim::test
