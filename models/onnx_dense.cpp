#include "models/onnx_dense.hpp"

#include "models/onnx_weights.hpp"

#include <fmt/format.h>

namespace deltasim::models::onnx {
namespace {

/// Where a flat input finds its place in a map, so that no index map is needed: column of the matrix for every element
/// of `map` (row-major C, H, W); empty = the same order.
struct Layout {
  Shape map;
  std::vector<std::uint32_t> column;
};

Layout layout(const Drafts& drafts, const Activation& x, std::uint32_t inputs) {
  if (x.plain()) return {x.map, {}};
  const Layout flat{{inputs, 1, 1}, {}};
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

}  // namespace

Activation dense(Drafts& drafts, const Node& node, const Activation& given, const DenseWeights& weights) {
  Activation x = drafts.settled(given);
  const Tensor& matrix = *weights.matrix;
  const std::int64_t columns = x.dims.empty() ? 0 : x.dims.back();
  if (matrix.dims.size() != 2 || columns < 1 || matrix.dims[weights.transposed ? 1 : 0] != columns ||
      matrix.dims[weights.transposed ? 0 : 1] < 1)
    fail(node, "weights of " + text(matrix.dims) + " on an input of " + text(x.dims), "weights that fit the input");
  const auto inputs = static_cast<std::uint32_t>(columns);
  const auto outputs = static_cast<std::uint32_t>(matrix.dims[weights.transposed ? 0 : 1]);
  const std::uint64_t all = element_count(x.dims, place(node)), rows = all / inputs;
  if (rows != 1) {
    if (all > (std::uint64_t{1} << 24)) fail(node, "an input of " + text(x.dims), "fewer rows");
    x = drafts.reindexed(x, swapped(rows, inputs, {1, columns, 1, static_cast<std::int64_t>(rows)}));
  }
  const Layout at = rows == 1 ? layout(drafts, x, inputs) : Layout{{inputs, 1, static_cast<std::uint32_t>(rows)}, {}};
  GraphBranch branch;
  branch.name = node.name;
  branch.input = at.map;
  if (rows == 1) {
    branch.window.kernel_h = branch.window.stride_h = at.map.height;
    branch.window.kernel_w = branch.window.stride_w = at.map.width;
  }
  const Layout taps = rows == 1 ? at : Layout{{inputs, 1, 1}, {}};
  set_weights(node, branch, weights.matrix, weights.transposed ? 0 : 1, outputs,
              dense_order(taps, inputs, outputs, weights.transposed));
  set_bias(node, branch, weights.bias, outputs, weights.beta);
  scale(branch, weights.alpha);
  Activation permuted = x;
  if (!at.column.empty()) {  // read the layer as it is: the weights are in its order
    permuted.elements = nullptr;
    permuted.parts = {{x.elements->front().layer, 0}};
    permuted.map = at.map;
  }
  branch.sources = drafts.sources(permuted, at.map);
  Draft draft;
  draft.layer.output = {outputs, 1, static_cast<std::uint32_t>(rows)};
  draft.node_name = node.name;
  draft.place = place(node);
  draft.layer.branches.push_back(std::move(branch));
  draft.order.push_back(node.index);
  Dims dims = x.dims;
  if (rows != 1) dims = given.dims;
  dims.back() = outputs;
  if (rows == 1) return drafts.add(std::move(draft), dims);
  const Dims made{1, static_cast<std::int64_t>(outputs), 1, static_cast<std::int64_t>(rows)};
  return drafts.reindexed(drafts.add(std::move(draft), made), swapped(outputs, rows, dims));
}

}  // namespace deltasim::models::onnx
