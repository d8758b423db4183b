#include "models/error.hpp"
#include "models/float_kernels.hpp"
#include "models/frame.hpp"
#include "models/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models {
namespace {

/// (c, y, x) of a row-major C, H, W index, as an index of the channel-last map.
std::size_t channel_last(std::size_t index, const Shape& shape) {
  return index % shape.pixels() * shape.channels + index / shape.pixels();
}

/// Real weights of a branch; those of a quantised file are codes times scale.
std::vector<float> real_weights(const GraphBranch& branch, std::uint32_t outputs) {
  if (!branch.weights.empty() || branch.stored_weights.empty()) return branch.weights;
  const std::uint32_t of_group = outputs / branch.groups;
  const std::size_t group_size = branch.stored_weights.size() / branch.groups;
  std::vector<float> weights(branch.stored_weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t channel = i / group_size * of_group + i % of_group;
    weights[i] =
        static_cast<float>(branch.stored_weights[i] *
                           (branch.weight_scale.size() == 1 ? branch.weight_scale[0] : branch.weight_scale[channel]));
  }
  return weights;
}

std::vector<float> real_bias(const Graph& graph, const GraphBranch& branch) {
  if (!branch.bias.empty() || branch.stored_bias.empty()) return branch.bias;
  const auto& quant = graph.layers[branch.sources.front().producer].quant;
  std::vector<float> bias(branch.stored_bias.size());
  for (std::size_t o = 0; o < bias.size(); ++o)
    bias[o] = static_cast<float>(branch.stored_bias[o] * (quant ? quant->scale : 1.0) *
                                 (branch.weight_scale.size() == 1 ? branch.weight_scale[0] : branch.weight_scale[o]));
  return bias;
}

/// What a branch reads: its producer's map as it stands, or its sources gathered into one map.
class Gathering {
 public:
  Gathering(const Graph& graph, const GraphBranch& branch) : input_(branch.input), sources_(branch.sources) {
    const Source& first = sources_.front();
    direct_ = sources_.size() == 1 && !first.view.map && first.view.channel_offset == 0 &&
              graph.layers[first.producer].output == input_;
    if (!direct_) gathered_.assign(input_.size(), 0.0f);
    for (const Source& source : sources_) shapes_.push_back(graph.layers[source.producer].output);
  }

  const FloatMap& operator()(const std::vector<FloatMap>& maps) {
    if (direct_) return maps[sources_.front().producer];
    for (std::size_t s = 0; s < sources_.size(); ++s) place(sources_[s].view, shapes_[s], maps[sources_[s].producer]);
    return gathered_;
  }

 private:
  void place(const View& view, const Shape& shape, const FloatMap& from) {
    if (!view.map) {
      for (std::size_t p = 0; p < shape.pixels(); ++p)
        std::copy_n(from.data() + p * shape.channels, shape.channels,
                    gathered_.data() + p * input_.channels + view.channel_offset);
      return;
    }
    for (std::size_t i = 0; i < shape.size(); ++i)
      if ((*view.map)[i] != View::nowhere)
        gathered_[channel_last((*view.map)[i], input_)] = from[channel_last(i, shape)];
  }

  Shape input_;
  std::vector<Source> sources_;
  std::vector<Shape> shapes_;
  FloatMap gathered_;
  bool direct_ = false;
};

}  // namespace

class FloatNetwork::Plan {
 public:
  explicit Plan(const Graph& graph) : graph_(graph) {
    refuse_missing_weights();
    for (const GraphLayer& layer : graph_.layers) {
      maps_.emplace_back(layer.output.size());
      planar_.emplace_back();
      biases_.emplace_back(layer.output.channels, 0.0f);
      branches_.emplace_back();
      for (const GraphBranch& branch : layer.branches) prepare(layer, branch);
    }
    for (GraphLayer& layer : graph_.layers)  // the prepared copies are what runs
      for (GraphBranch& branch : layer.branches) branch.weights = {}, branch.stored_weights = {};
  }

  const std::vector<float>& run(const std::vector<float>& frame) {
    read(frame);
    for (std::size_t l = 1; l < graph_.layers.size(); ++l) evaluate(l);
    for (std::vector<float>& planar : planar_) planar.clear();
    collect();
    return outputs_;
  }

  const std::vector<float>& activations(LayerId layer) {
    std::vector<float>& planar = planar_.at(layer);
    const Shape& shape = graph_.layers[layer].output;
    if (planar.empty()) {
      planar.resize(shape.size());
      for (std::size_t i = 0; i < planar.size(); ++i) planar[i] = maps_[layer][channel_last(i, shape)];
    }
    return planar;
  }

 private:
  struct Prepared {
    Gathering gathering;
    std::optional<FloatConvolution> convolution;
  };

  void refuse_missing_weights() const {
    for (const GraphLayer& layer : graph_.layers)
      for (const GraphBranch& branch : layer.branches)
        if (branch.weights_missing || graph_.weights_missing)
          throw InputError(graph_.name, branch.name, "its weights are not in the file",
                           "expected a network with weights; this one can only be counted and mapped");
  }

  void prepare(const GraphLayer& layer, const GraphBranch& branch) {
    Prepared prepared{Gathering(graph_, branch), std::nullopt};
    if (branch.kind == BranchKind::convolution) {
      prepared.convolution.emplace(branch, layer.output, real_weights(branch, layer.output.channels));
      const std::vector<float> bias = real_bias(graph_, branch);
      for (std::size_t c = 0; c < bias.size(); ++c) biases_.back()[c] += bias[c];
    }
    branches_.back().push_back(std::move(prepared));
  }

  void read(const std::vector<float>& frame) {
    const GraphLayer& input = graph_.layers.front();
    const Shape& shape = input.output;
    if (frame.size() != shape.size())
      throw InputError(graph_.name, "input", fmt::format("a frame of {} values", frame.size()),
                       fmt::format("expected {} x {} x {}", shape.channels, shape.height, shape.width));
    const bool codes = graph_.integer_input && input.quant;
    const float zero = codes ? static_cast<float>(input.quant->zero_point) : 0.0f;
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const float scale = codes ? static_cast<float>(channel_scale(*input.quant, i / shape.pixels())) : 1.0f;
      maps_[0][channel_last(i, shape)] = (frame[i] - zero) * scale;
    }
  }

  void evaluate(std::size_t l) {
    const GraphLayer& layer = graph_.layers[l];
    FloatMap& map = maps_[l];
    const std::vector<float>& bias = biases_[l];
    for (std::size_t p = 0; p < layer.output.pixels(); ++p)
      std::copy(bias.begin(), bias.end(), map.begin() + static_cast<std::ptrdiff_t>(p * bias.size()));
    for (std::size_t b = 0; b < layer.branches.size(); ++b) {
      const GraphBranch& branch = layer.branches[b];
      const FloatMap& input = branches_[l][b].gathering(maps_);
      if (branch.kind == BranchKind::convolution)
        branches_[l][b].convolution->add(input, map);
      else if (branch.kind == BranchKind::average_pool)
        add_average_pool(branch, layer.output, input, map);
      else if (branch.kind == BranchKind::max_pool)
        add_max_pool(branch, layer.output, input, map);
      else
        std::transform(map.begin(), map.end(), input.begin(), map.begin(), std::plus<>());
    }
    // comparisons with NaN are false: it passes the clip and is found by the calibration
    for (float& value : map) value = value < layer.low ? layer.low : value > layer.high ? layer.high : value;
  }

  void collect() {
    outputs_.clear();
    for (const Output& output : graph_.outputs) {
      const std::size_t base = outputs_.size();
      std::size_t size = 1;
      for (const std::uint32_t extent : output.dims) size *= extent;
      outputs_.resize(base + size);
      for (const Source& source : output.sources) {
        const Shape& shape = graph_.layers[source.producer].output;
        for (std::size_t i = 0; i < shape.size(); ++i) {
          const std::size_t to =
              source.view.map ? (*source.view.map)[i] : i + source.view.channel_offset * shape.pixels();
          if (to < size) outputs_[base + to] = maps_[source.producer][channel_last(i, shape)];
        }
      }
    }
  }

  Graph graph_;
  std::vector<FloatMap> maps_;              ///< by LayerId, channel-last
  std::vector<std::vector<float>> planar_;  ///< activations() that were asked for since the last frame
  std::vector<std::vector<float>> biases_;  ///< sum of the branches', by LayerId
  std::vector<std::vector<Prepared>> branches_;
  std::vector<float> outputs_;
};

FloatNetwork::FloatNetwork(const Graph& graph) : plan_(std::make_unique<Plan>(graph)) {}

FloatNetwork::~FloatNetwork() = default;

const std::vector<float>& FloatNetwork::run(const std::vector<float>& frame) { return plan_->run(frame); }

const std::vector<float>& FloatNetwork::activations(LayerId layer) const { return plan_->activations(layer); }

Calibration calibrate(const Graph& graph, FrameSource& frames, std::uint64_t count) {
  FloatNetwork network(graph);
  const std::size_t layers = graph.layers.size();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Calibration ranges{std::vector<float>(layers, infinity), std::vector<float>(layers, -infinity)};
  Frame frame;
  std::uint64_t seen = 0;
  for (; seen < count && frames.next(frame); ++seen) {
    network.run(frame.values);
    for (LayerId l = 0; l < layers; ++l)
      for (const float value : network.activations(l)) {
        if (!std::isfinite(value))
          throw InputError(graph.name, graph.layers[l].name,
                           fmt::format("activation {} on calibration frame {}", value, seen),
                           "expected finite activations: are the input's mean and scale those of the training?");
        ranges.low[l] = std::min(ranges.low[l], value);
        ranges.high[l] = std::max(ranges.high[l], value);
      }
  }
  if (seen == 0) throw InputError(graph.name, "", "no frames to calibrate on", "expected at least one");
  return ranges;
}

}  // namespace deltasim::models
