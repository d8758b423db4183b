#include "models/onnx_window.hpp"

#include "models/onnx_weights.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::models::onnx {
namespace {

constexpr std::int64_t most = 65535;

/// One axis of a window over a map.
struct Axis {
  std::int64_t size = 1, kernel = 1, stride = 1, dilation = 1, before = 0, after = 0, out = 1;

  std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

struct Axes {
  Axis y, x;
};

std::vector<std::int64_t> listed(const Node& node, const char* name, std::size_t count, std::int64_t otherwise,
                                 std::int64_t least) {
  auto given = node.integers(name).value_or(std::vector<std::int64_t>(count, otherwise));
  if (given.size() != count) fail(node, fmt::format("{} {}", given.size(), name), fmt::format("{}", count));
  for (const std::int64_t v : given)
    if (v < least || v > most) fail(node, fmt::format("{} of {}", name, v), fmt::format("{} to {}", least, most));
  return given;
}

void place_window(const Node& node, Axis& axis, const std::string& automatic, bool ceil) {
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const std::int64_t out = (axis.size + axis.stride - 1) / axis.stride;
    const std::int64_t total = std::max<std::int64_t>((out - 1) * axis.stride + axis.extent() - axis.size, 0);
    axis.before = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    axis.after = total - axis.before;
  } else if (automatic == "VALID") {
    axis.before = axis.after = 0;
  } else if (automatic != "NOTSET") {
    fail(node, "auto_pad " + automatic, "NOTSET, SAME_UPPER, SAME_LOWER or VALID");
  }
  const std::int64_t room = axis.size + axis.before + axis.after - axis.extent();
  if (room < 0)
    fail(node,
         fmt::format("a window of {} over {} rows or columns", axis.extent(), axis.size + axis.before + axis.after),
         "a window that fits into its padded input");
  axis.out = (room + (ceil ? axis.stride - 1 : 0)) / axis.stride + 1;
  // A window that would start behind the input's end sees nothing and is left out.
  if (ceil && (axis.out - 1) * axis.stride >= axis.size + axis.before) --axis.out;
}

/// Rows and columns of a node's window; one-dimensional windows run along x.
Axes window_axes(const Node& node, const Activation& x, const Shape& map, const std::vector<std::int64_t>& kernel) {
  const std::size_t rank = x.dims.size() - 2;
  if (kernel.size() != rank) fail(node, "kernel and input differ in dimensions", fmt::format("{} of each", rank));
  const auto stride = listed(node, "strides", rank, 1, 1), dilation = listed(node, "dilations", rank, 1, 1);
  const auto pads = listed(node, "pads", 2 * rank, 0, 0);
  Axes axes;
  axes.y.size = map.height;
  axes.x.size = map.width;
  for (std::size_t d = 0; d < rank; ++d) {
    Axis& axis = d + 1 == rank ? axes.x : axes.y;
    axis.kernel = kernel[d];
    axis.stride = stride[d];
    axis.dilation = dilation[d];
    axis.before = pads[d];
    axis.after = pads[rank + d];
  }
  axes.y.before += x.edges.top;
  axes.y.after += x.edges.bottom;
  axes.x.before += x.edges.left;
  axes.x.after += x.edges.right;
  const std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic != "NOTSET" && x.edges.any()) fail(node, "auto_pad behind a Pad", "one of them");
  const bool ceil = node.integer("ceil_mode", 0) != 0;
  place_window(node, axes.y, automatic, ceil);
  place_window(node, axes.x, automatic, ceil);
  return axes;
}

Window window(const Axes& a) {
  const auto u = [](std::int64_t v) { return static_cast<std::uint32_t>(v); };
  return {u(a.y.kernel),
          u(a.x.kernel),
          u(a.y.stride),
          u(a.x.stride),
          u(a.y.dilation),
          u(a.x.dilation),
          static_cast<std::int32_t>(a.y.before),
          static_cast<std::int32_t>(a.x.before)};
}

Shape output(const Axes& a, std::uint32_t channels) {
  const auto u = [](std::int64_t v) { return static_cast<std::uint32_t>(std::min<std::int64_t>(v, most + 1)); };
  return {channels, u(a.y.out), u(a.x.out)};
}

Dims output_dims(const Activation& x, const Shape& shape) {
  if (x.dims.size() == 3) return {1, shape.channels, shape.width};
  return {1, shape.channels, shape.height, shape.width};
}

/// The map under the window, without the zero rows and columns that the window takes over as padding.
Shape window_map(const Node& node, const Drafts& drafts, const Activation& x) {
  if ((x.dims.size() != 4 && x.dims.size() != 3) || x.dims[0] != 1)
    fail(node, "input of " + text(x.dims), "1 x channels x rows x columns");
  if (x.edges.any()) return x.map;
  if (x.dims.size() == 3) return {static_cast<std::uint32_t>(x.dims[1]), 1, static_cast<std::uint32_t>(x.dims[2])};
  return drafts.map_of(x);
}

std::vector<Source> window_sources(Drafts& drafts, const Activation& x, const Shape& map) {
  Activation inner = x;
  inner.edges = {};
  return drafts.sources(inner, map);
}

bool overhangs(const Axis& axis) {
  return (axis.out - 1) * axis.stride + axis.extent() > axis.size + axis.before + axis.after;
}

bool leaves(const Axis& axis) {
  return axis.before > 0 || (axis.out - 1) * axis.stride + axis.extent() > axis.size + axis.before;
}

/// Windows that lie in the padding alone have no maximum and no average.
void require_content(const Node& node, const Axis& axis) {
  const bool first = axis.before < axis.extent();
  const bool last = (axis.out - 1) * axis.stride < axis.size + axis.before;
  if (!first || !last) fail(node, "a window lies in the padding alone", "less padding than the window's size");
}

void set_divisor(const Node& node, GraphBranch& branch, const Activation& x, const Axes& a) {
  const bool padded = leaves(a.y) || leaves(a.x);
  const bool count_padding = node.integer("count_include_pad", 0) != 0 || x.edges.any();
  if (!padded || !count_padding) return;
  const bool own_padding =
      a.y.before + a.y.after + a.x.before + a.x.after > x.edges.top + x.edges.bottom + x.edges.left + x.edges.right;
  if (overhangs(a.y) || overhangs(a.x) || (own_padding && x.edges.any() && node.integer("count_include_pad", 0) == 0))
    fail(node, "counts only a part of its padding", "all of the padding counted, or none");
  branch.pool_divisor = branch.window.kernel_h * branch.window.kernel_w;
}

}  // namespace

Activation convolution(Drafts& drafts, const Node& node, const Activation& x, const Weights& weights) {
  const Shape map = window_map(node, drafts, x);
  const Tensor& kernel = *weights.kernel;
  if (kernel.dims.size() != x.dims.size())
    fail(node, "weights of " + text(kernel.dims) + " on an input of " + text(x.dims), "as many dimensions");
  const std::int64_t groups = node.integer("group", 1);
  const std::int64_t outputs = kernel.dims[0];
  if (groups < 1 || outputs < 1 || outputs % groups != 0 || map.channels % groups != 0 ||
      kernel.dims[1] != map.channels / groups)
    fail(node, fmt::format("weights of {} with {} groups on {} channels", text(kernel.dims), groups, map.channels),
         "weights that fit the input's channels");
  const std::vector<std::int64_t> size(kernel.dims.begin() + 2, kernel.dims.end());
  if (listed(node, "kernel_shape", size.size(), 1, 1) != size && node.integers("kernel_shape"))
    fail(node, "kernel_shape differs from the weights' " + text(kernel.dims), "the same size");
  const Axes axes = window_axes(node, x, map, size);
  for (const std::int64_t k : size)
    if (k < 1) fail(node, "weights of " + text(kernel.dims), "at least one row and column");
  GraphBranch branch;
  branch.input = map;
  branch.groups = static_cast<std::uint32_t>(groups);
  branch.window = window(axes);
  set_weights(node, branch, weights.kernel, 0, static_cast<std::uint32_t>(outputs),
              convolution_order(kernel.dims, groups));
  set_bias(node, branch, weights.bias, static_cast<std::uint32_t>(outputs));
  branch.sources = window_sources(drafts, x, map);
  const Shape out = output(axes, static_cast<std::uint32_t>(outputs));
  return drafts.add(draft_of(node, std::move(branch), out), output_dims(x, out));
}

Activation pool(Drafts& drafts, const Node& node, const Activation& given) {
  const bool average = node.op == "AveragePool";
  Activation x = given;
  if (x.edges.any() && !average) {
    const bool positive = std::all_of(x.parts.begin(), x.parts.end(),
                                      [&](const Part& p) { return drafts.layers[p.layer].layer.low >= 0; });
    if (!positive) x = drafts.settled(x);  // the padding's zeros can be the maximum
  }
  const Shape map = window_map(node, drafts, x);
  if (!node.integers("kernel_shape")) fail(node, "has no kernel_shape", "rows and columns of the window");
  const Axes axes = window_axes(node, x, map, listed(node, "kernel_shape", x.dims.size() - 2, 1, 1));
  require_content(node, axes.y);
  require_content(node, axes.x);
  GraphBranch branch;
  branch.kind = average ? BranchKind::average_pool : BranchKind::max_pool;
  branch.input = map;
  branch.groups = 1;
  branch.window = window(axes);
  if (average) set_divisor(node, branch, x, axes);
  branch.sources = window_sources(drafts, x, map);
  const Shape out = output(axes, map.channels);
  Activation result = drafts.add(draft_of(node, std::move(branch), out), output_dims(x, out));
  result.codes = x.codes;
  return result;
}

Activation global_pool(Drafts& drafts, const Node& node, const Activation& given, BranchKind kind, bool keep) {
  const Activation x = drafts.settled(given);
  GraphBranch branch;
  branch.kind = kind;
  branch.input = window_map(node, drafts, x);
  branch.window.kernel_h = branch.window.stride_h = branch.input.height;
  branch.window.kernel_w = branch.window.stride_w = branch.input.width;
  branch.sources = drafts.sources(x, branch.input);
  const Shape out{branch.input.channels, 1, 1};
  Dims dims = output_dims(x, out);
  if (!keep) dims.resize(2);
  Activation result = drafts.add(draft_of(node, std::move(branch), out), dims);
  result.codes = x.codes;
  return result;
}

}  // namespace deltasim::models::onnx
