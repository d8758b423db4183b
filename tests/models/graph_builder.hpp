#pragma once

#include "models/frame.hpp"
#include "models/graph.hpp"

#include <random>
#include <utility>

namespace deltasim::test {

using namespace deltasim::models;

inline Graph graph_with_input(const Shape& shape) {
  Graph graph;
  graph.name = "hand-made";
  GraphLayer input;
  input.name = "input";
  input.output = shape;
  graph.layers.push_back(input);
  return graph;
}

/// Sources over whole layers, stacked over channels in the order given.
inline std::vector<Source> stacked(const Graph& graph, const std::vector<LayerId>& producers) {
  std::vector<Source> sources;
  std::uint32_t offset = 0;
  for (const LayerId id : producers) {
    sources.push_back({id, {offset, nullptr}});
    offset += graph.layers[id].output.channels;
  }
  return sources;
}

/// A branch that reads `producers` stacked over channels.
inline GraphBranch branch_on(const Graph& graph, BranchKind kind, const std::vector<LayerId>& producers) {
  GraphBranch branch;
  branch.kind = kind;
  branch.sources = stacked(graph, producers);
  branch.input = graph.layers[producers.front()].output;
  branch.input.channels = 0;
  for (const LayerId id : producers) branch.input.channels += graph.layers[id].output.channels;
  branch.name = "branch";
  return branch;
}

/// 1 x 1 convolution, weights [input][output].
inline GraphBranch pointwise(const Graph& graph, const std::vector<LayerId>& producers, std::vector<float> weights,
                             std::vector<float> bias = {}) {
  GraphBranch branch = branch_on(graph, BranchKind::convolution, producers);
  branch.weights = std::move(weights);
  branch.bias = std::move(bias);
  return branch;
}

inline LayerId add_layer(Graph& graph, const std::string& name, const Shape& output,
                         std::vector<GraphBranch> branches) {
  GraphLayer layer;
  layer.name = name;
  layer.output = output;
  layer.branches = std::move(branches);
  for (GraphBranch& branch : layer.branches)
    if (branch.name == "branch") branch.name = name;
  graph.layers.push_back(std::move(layer));
  return static_cast<LayerId>(graph.layers.size() - 1);
}

inline LayerId add_relu(Graph& graph, const std::string& name, const Shape& output, std::vector<GraphBranch> branches) {
  const LayerId id = add_layer(graph, name, output, std::move(branches));
  graph.layers[id].low = 0;
  return id;
}

/// Declares a layer the network's output.
inline void set_output(Graph& graph, LayerId id) {
  graph.layers[id].raw_output = true;
  const Shape& shape = graph.layers[id].output;
  graph.outputs = {{"output", {shape.channels, shape.height, shape.width}, {{id, {}}}}};
  graph.output_activation = {OutputActivation::none};
}

inline std::vector<float> random_values(std::size_t count, float low, float high, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<float> values(count);
  for (float& v : values) v = low + (high - low) * static_cast<float>(engine() % 10007) / 10006.0f;
  return values;
}

/// Frames from memory.
class FixedFrames final : public FrameSource {
 public:
  FixedFrames(const Shape& shape, std::vector<std::vector<float>> frames) : shape_(shape), frames_(std::move(frames)) {}
  bool next(Frame& out) override {
    if (at_ == frames_.size()) return false;
    out.values = frames_[at_++];
    out.label.reset();
    return true;
  }
  void rewind() override { at_ = 0; }
  Shape shape() const override { return shape_; }
  double frame_rate() const override { return 25; }

 private:
  Shape shape_;
  std::vector<std::vector<float>> frames_;
  std::size_t at_ = 0;
};

}  // namespace deltasim::test
