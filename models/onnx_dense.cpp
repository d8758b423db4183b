#include "models/onnx_dense.hpp"

#include "models/onnx_weights.hpp"

#include <fmt/format.h>

namespace deltasim::models::onnx {
namespace {

constexpr std::uint64_t most_in_rows = std::uint64_t{1} << 23;

/// Where a flat input finds its place in a map, so that no index map is needed: column of the matrix for every element
/// of `map` (row-major C, H, W); empty = the same order.
struct Layout {
  Shape map;
  std::vector<std::uint32_t> column;
};

Layout layout(const Drafts& drafts, const Activation& x, std::uint32_t inputs) {
  if (x.plain()) return {x.map, {}};
  Layout flat{{inputs, 1, 1}, {}};
  if (!x.elements || x.elements->empty() || x.elements->front().layer == Element::zero) return flat;
  const LayerId layer = x.elements->front().layer;
  const Shape& shape = drafts.layers[layer].layer.output;
  if (shape.size() != x.elements->size()) return flat;
  std::vector<std::uint32_t> column(shape.size(), View::nowhere);
  for (std::uint32_t i = 0; i < x.elements->size(); ++i) {
    const Element& e = (*x.elements)[i];
    if (e.layer != layer || column[e.index] != View::nowhere) return flat;
    column[e.index] = i;
  }
  return {shape, column};
}

WeightOrder dense_order(const Layout& layout, std::uint32_t inputs, std::uint32_t outputs, bool transposed) {
  return [=](std::size_t i) {
    const std::size_t output = i % outputs, at = i / outputs;  // at: [ky][kx][channel]
    const std::size_t channel = at % layout.map.channels, pixel = at / layout.map.channels;
    const std::size_t element = channel * layout.map.pixels() + pixel;
    const std::size_t column = layout.column.empty() ? element : layout.column[element];
    return transposed ? output * inputs + column : column * outputs + output;
  };
}

/// Rows x features of a matrix with several rows, as a map: features are channels, rows lie along x. And back.
Reindexed swapped(std::uint64_t outer, std::uint64_t inner, const Dims& dims) {
  Reindexed order{dims, false, {}};
  order.from.reserve(outer * inner);
  for (std::uint64_t i = 0; i < inner; ++i)
    for (std::uint64_t o = 0; o < outer; ++o) order.from.push_back(static_cast<std::uint32_t>(o * inner + i));
  return order;
}

void scale(GraphBranch& branch, double alpha) {
  if (alpha == 1.0) return;
  for (float& w : branch.weights) w = static_cast<float>(w * alpha);
  for (double& s : branch.weight_scale) s *= alpha;
}

/// x as the map that the branch reads: the layer itself where the weights are in its order.
std::vector<Source> dense_sources(Drafts& drafts, Activation x, const Layout& at) {
  if (!at.column.empty()) {
    x.parts = {{x.elements->front().layer, 0}};
    x.elements = nullptr;
    x.map = at.map;
  }
  return drafts.sources(x, at.map);
}

GraphBranch dense_branch(const Node& node, const DenseWeights& weights, const Layout& taps, std::uint32_t inputs,
                         std::uint32_t outputs) {
  GraphBranch branch;
  set_weights(node, branch, weights.matrix, weights.transposed ? 0 : 1, outputs,
              dense_order(taps, inputs, outputs, weights.transposed));
  set_bias(node, branch, weights.bias, outputs, weights.beta);
  scale(branch, weights.alpha);
  return branch;
}

/// One row: the window is the whole map.
Activation dense_row(Drafts& drafts, const Node& node, const Activation& x, const DenseWeights& weights,
                     std::uint32_t inputs, std::uint32_t outputs) {
  const Layout at = layout(drafts, x, inputs);
  GraphBranch branch = dense_branch(node, weights, at, inputs, outputs);
  branch.input = at.map;
  branch.window.kernel_h = branch.window.stride_h = at.map.height;
  branch.window.kernel_w = branch.window.stride_w = at.map.width;
  branch.sources = dense_sources(drafts, x, at);
  Dims dims = x.dims;
  dims.back() = outputs;
  return drafts.add(draft_of(node, std::move(branch), {outputs, 1, 1}), dims);
}

/// Several rows: a 1 x 1 convolution over a map with the rows side by side.
Activation dense_rows(Drafts& drafts, const Node& node, const Activation& x, const DenseWeights& weights,
                      std::uint32_t inputs, std::uint32_t outputs) {
  const std::uint64_t all = element_count(x.dims, place(node)), rows = all / inputs;
  if (all > most_in_rows) fail(node, "an input of " + text(x.dims), fmt::format("at most {} elements", most_in_rows));
  const auto width = static_cast<std::int64_t>(rows);
  const Activation turned = drafts.reindexed(x, swapped(rows, inputs, {1, inputs, 1, width}));
  const Shape map{inputs, 1, static_cast<std::uint32_t>(rows)};
  GraphBranch branch = dense_branch(node, weights, {{inputs, 1, 1}, {}}, inputs, outputs);
  branch.input = map;
  branch.sources = drafts.sources(turned, map);
  Draft draft = draft_of(node, std::move(branch), {outputs, 1, map.width});
  Dims dims = x.dims;
  dims.back() = outputs;
  return drafts.reindexed(drafts.add(std::move(draft), {1, outputs, 1, width}), swapped(outputs, rows, dims));
}

}  // namespace

Activation dense(Drafts& drafts, const Node& node, const Activation& given, const DenseWeights& weights) {
  const Activation x = drafts.settled(given);
  const Tensor& matrix = *weights.matrix;
  const std::int64_t columns = x.dims.empty() ? 0 : x.dims.back();
  if (matrix.dims.size() != 2 || columns < 1 || matrix.dims[weights.transposed ? 1 : 0] != columns ||
      matrix.dims[weights.transposed ? 0 : 1] < 1)
    fail(node, "weights of " + text(matrix.dims) + " on an input of " + text(x.dims), "weights that fit the input");
  const auto inputs = static_cast<std::uint32_t>(columns);
  const auto outputs = static_cast<std::uint32_t>(matrix.dims[weights.transposed ? 0 : 1]);
  const bool one = element_count(x.dims, place(node)) == inputs;
  return (one ? dense_row : dense_rows)(drafts, node, x, weights, inputs, outputs);
}

}  // namespace deltasim::models::onnx
