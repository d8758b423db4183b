#include "models/error.hpp"
#include "models/graph.hpp"
#include "models/training/trained_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models::training {
namespace {

/// Turns the layers of a float network into those of a description: branches become terms.
class Import {
 public:
  Import(const Graph& graph, const std::string& file, double pixel_scale) : graph_(graph), file_(file) {
    if (graph.quantised)
      throw InputError(file, "", "its weights are codes already", "expected the float network that it was made from");
    if (graph.weights_missing)
      throw InputError(file, "", "its weights are not in the file", "expected a trained network");
    result_.description.name = graph.name;
    result_.description.input = graph.layers.front().output;
    input_factor_ = static_cast<float>(pixel_scale / result_.input_scale);
    names_.assign(graph.layers.size(), "input");
    readers_.assign(graph.layers.size(), 0);
    for (const GraphLayer& layer : graph.layers)
      for (const GraphBranch& branch : layer.branches)
        for (const Source& source : branch.sources) ++readers_[source.producer];
  }

  TrainedNetwork run() {
    const LayerId logits = output();
    for (LayerId l = 1; l < graph_.layers.size(); ++l)
      if (l != logits) add(l);
    add(logits);
    result_.description.layers.back().delta = false;
    geometry(result_.description);
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& layer, const std::string& problem, const std::string& remedy) const {
    throw InputError(file_, layer, problem, remedy);
  }

  LayerId output() const {
    if (graph_.outputs.size() != 1 || graph_.outputs[0].sources.size() != 1)
      fail("", fmt::format("{} outputs", graph_.outputs.size()), "expected one output, made by one layer: the logits");
    const Source& source = graph_.outputs[0].sources[0];
    if (source.view.map)
      for (std::uint32_t i = 0; i < source.view.map->size(); ++i)
        if ((*source.view.map)[i] != i)
          fail(graph_.outputs[0].name, "its elements are in another order than the layer's",
               "expected the logits as they are");
    return source.producer;
  }

  void add(LayerId l) {
    const GraphLayer& from = graph_.layers[l];
    if (from.branches.size() == 1 && from.branches[0].kind == BranchKind::max_pool) return add_max_pool(l);
    LayerDescription layer = empty(from);
    TrainedLayer weights;
    for (const GraphBranch& branch : from.branches) {
      if (branch.kind == BranchKind::max_pool)
        fail(from.name, "a max pool in a sum", "expected max pools over whole layers");
      weights.terms.emplace_back();
      layer.terms.push_back(term(from, branch, weights.terms.back()));
    }
    push(l, std::move(layer), std::move(weights));
  }

  LayerDescription empty(const GraphLayer& from) const {
    LayerDescription layer;
    layer.name = from.name;
    layer.outputs = from.output.channels;
    layer.activation = activation(from);
    return layer;
  }

  void push(LayerId l, LayerDescription layer, TrainedLayer weights) {
    names_[l] = layer.name;
    result_.description.layers.push_back(std::move(layer));
    result_.layers.push_back(std::move(weights));
  }

  Activation activation(const GraphLayer& layer) const {
    if (std::isinf(layer.low) && std::isinf(layer.high)) return Activation::none;
    if (layer.low == 0.0f && std::isinf(layer.high)) return Activation::relu;
    if (layer.low == 0.0f && layer.high == 6.0f) return Activation::relu6;
    fail(layer.name, fmt::format("clipped to {} .. {}", layer.low, layer.high), "expected ReLU or ReLU6");
  }

  TermDescription term(const GraphLayer& layer, const GraphBranch& branch, TrainedTerm& weights) {
    TermDescription term;
    term.batch_norm = false;
    const Source& source = sole_source(layer, branch);
    term.from = names_[source.producer];
    switch (branch.kind) {
      case BranchKind::identity:
        term.kind = TermKind::identity;
        break;
      case BranchKind::average_pool:
        term.kind = TermKind::average_pool;
        place_average(layer, branch, term);
        break;
      default:
        place_weights(layer, branch, source, term, weights);
    }
    if (source.view.map && term.kind != TermKind::dense)
      fail(layer.name, "it reads elements in another order", "expected that of a dense layer at most");
    return term;
  }

  const Source& sole_source(const GraphLayer& layer, const GraphBranch& branch) const {
    const Source& source = branch.sources.front();
    const bool whole = source.view.map || graph_.layers[source.producer].output == branch.input;
    if (source.producer == 0 && branch.weights.empty())
      fail(layer.name, "it pools or copies the image", "expected a convolution or a dense layer on the image");
    if (branch.sources.size() == 1 && whole && source.view.channel_offset == 0) return source;
    fail(layer.name, fmt::format("it reads {} tensors as one", branch.sources.size()),
         "expected networks without concatenation and cuts");
  }

  static bool is_dense(const GraphLayer& layer, const GraphBranch& branch) {
    const Window& w = branch.window;
    return layer.output.pixels() == 1 && branch.groups == 1 && w.kernel_h == branch.input.height &&
           w.kernel_w == branch.input.width && w.pad_top == 0 && w.pad_left == 0;
  }

  void place_weights(const GraphLayer& layer, const GraphBranch& branch, const Source& source, TermDescription& term,
                     TrainedTerm& weights) {
    term.groups = branch.groups;
    weights.weight = by_output(layer, branch);
    weights.bias = branch.bias;
    if (is_dense(layer, branch)) {
      term.kind = TermKind::dense;
      if (source.view.map) weights.weight = in_order_of(weights.weight, *source.view.map, layer.output.channels);
    } else {
      place(layer, branch, term);
    }
    if (source.producer == 0)
      for (float& w : weights.weight) w *= input_factor_;
  }

  /// [output][input of the group][ky][kx] of [group][ky][kx][input of the group][output of the group].
  static std::vector<float> by_output(const GraphLayer& layer, const GraphBranch& branch) {
    const std::size_t taps = std::size_t{branch.window.kernel_h} * branch.window.kernel_w,
                      inputs = branch.input.channels / branch.groups, outputs = layer.output.channels / branch.groups;
    std::vector<float> to(branch.weights.size());
    for (std::size_t g = 0; g < branch.groups; ++g)
      for (std::size_t tap = 0; tap < taps; ++tap)
        for (std::size_t i = 0; i < inputs; ++i)
          for (std::size_t o = 0; o < outputs; ++o)
            to[((g * outputs + o) * inputs + i) * taps + tap] =
                branch.weights[((g * taps + tap) * inputs + i) * outputs + o];
    return to;
  }

  /// Columns of a dense matrix for the producer's elements, wherever these go; what is cut away has no weight.
  static std::vector<float> in_order_of(const std::vector<float>& matrix, const std::vector<std::uint32_t>& map,
                                        std::size_t outputs) {
    const std::size_t columns = matrix.size() / outputs;
    std::vector<float> to(outputs * map.size(), 0.0f);
    for (std::size_t o = 0; o < outputs; ++o)
      for (std::size_t e = 0; e < map.size(); ++e)
        if (map[e] != View::nowhere) to[o * map.size() + e] = matrix[o * columns + map[e]];
    return to;
  }

  void place_average(const GraphLayer& layer, const GraphBranch& branch, TermDescription& term) const {
    const Window& w = branch.window;
    if (layer.output.pixels() == 1 && w.kernel_h == branch.input.height && w.kernel_w == branch.input.width) {
      term.kernel = 0;
    } else {
      place(layer, branch, term);
      const auto& padding = *term.padding;
      if (branch.pool_divisor != 0 && padding[0] + padding[1] > 0)
        fail(layer.name, "its averages count the padding", "expected averages over what lies inside the map");
    }
    if (branch.pool_divisor != 0 && branch.pool_divisor != w.kernel_h * w.kernel_w)
      fail(layer.name, fmt::format("it divides by {}", branch.pool_divisor), "expected the size of the window");
  }

  /// Square windows alone. Padding after the map: as much as the last window needs.
  void place(const GraphLayer& layer, const GraphBranch& branch, TermDescription& term) const {
    const Window& w = branch.window;
    if (w.kernel_h != w.kernel_w || w.stride_h != w.stride_w || w.dilation_h != 1 || w.dilation_w != 1 ||
        w.pad_top != w.pad_left || w.pad_top < 0)
      fail(layer.name,
           fmt::format("a window of {} x {}, strides {} and {}, dilation {} and {}, padding {} and {}", w.kernel_h,
                       w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w, w.pad_top, w.pad_left),
           "expected the same in both directions, and no dilation");
    const auto after = [&](std::uint32_t outputs, std::uint32_t size) {
      const std::int64_t reach = std::int64_t{outputs - 1} * w.stride_h + w.kernel_h;
      return std::max<std::int64_t>(0, reach - size - w.pad_top);
    };
    const auto most =
        std::max(after(layer.output.height, branch.input.height), after(layer.output.width, branch.input.width));
    term.kernel = w.kernel_h, term.stride = w.stride_h;
    term.padding = {static_cast<std::uint32_t>(w.pad_top), static_cast<std::uint32_t>(most)};
    const auto fits = [&](std::uint32_t outputs, std::uint32_t size) {
      return (size + w.pad_top + most - w.kernel_h) / w.stride_h + 1 == outputs;
    };
    if (!fits(layer.output.height, branch.input.height) || !fits(layer.output.width, branch.input.width))
      fail(layer.name, "different padding below and at the right", "expected the same");
  }

  /// Inside the layer before, where nobody else reads that; else a layer of its own.
  void add_max_pool(LayerId l) {
    const GraphLayer& from = graph_.layers[l];
    const GraphBranch& branch = from.branches[0];
    const Source& source = sole_source(from, branch);
    if (source.view.map)
      fail(from.name, "it reads elements in another order", "expected that of a dense layer at most");
    TermDescription window;
    place(from, branch, window);
    if ((*window.padding)[0] != (*window.padding)[1] && !floors(from, branch, (*window.padding)[0]))
      fail(from.name, "a max pool with different padding before and after the map", "expected the same");
    const PoolDescription pool{window.kernel, window.stride, (*window.padding)[0]};
    const Activation after = activation(from);
    const auto before =
        std::find_if(result_.description.layers.begin(), result_.description.layers.end(),
                     [&](const LayerDescription& other) { return other.name == names_[source.producer]; });
    if (before != result_.description.layers.end() && !before->max_pool && readers_[source.producer] == 1 &&
        (after == Activation::none || before->activation == Activation::none || after == before->activation)) {
      before->max_pool = pool;
      if (after != Activation::none) before->activation = after;  // it rises with its argument: the order is free
      names_[l] = before->name;
      return;
    }
    LayerDescription layer = empty(from);
    TermDescription copy;
    copy.kind = TermKind::identity, copy.from = names_[source.producer], copy.batch_norm = false;
    layer.terms.push_back(copy);
    layer.max_pool = pool;
    TrainedLayer nothing;
    nothing.terms.emplace_back();
    push(l, std::move(layer), std::move(nothing));
  }

  /// Whether the same padding on all sides gives the layer's size.
  static bool floors(const GraphLayer& layer, const GraphBranch& branch, std::uint32_t padding) {
    const Window& w = branch.window;
    return (branch.input.height + 2 * padding - w.kernel_h) / w.stride_h + 1 == layer.output.height &&
           (branch.input.width + 2 * padding - w.kernel_w) / w.stride_w + 1 == layer.output.width;
  }

  const Graph& graph_;
  const std::string& file_;
  float input_factor_ = 1.0f;
  std::vector<std::string> names_;  ///< by LayerId: of the description's layer that gives its output
  std::vector<std::size_t> readers_;
  TrainedNetwork result_;
};

}  // namespace

TrainedNetwork import_trained(const std::string& onnx_path, double pixel_scale) {
  const Graph graph = import_onnx(onnx_path);
  return Import(graph, onnx_path, pixel_scale).run();
}

}  // namespace deltasim::models::training
