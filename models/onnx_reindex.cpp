#include "models/onnx_reindex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace deltasim::models::onnx {
namespace {

constexpr std::uint64_t most_moved = std::uint64_t{1} << 23;  ///< elements of a tensor that is given a new order
constexpr std::int64_t nothing = -1;

/// Per dimension of the result: what each of its indices adds to the input's flat index, or `nothing`.
using Tables = std::vector<std::vector<std::int64_t>>;

[[noreturn]] void refuse_size(const Node& node, const Dims& dims) {
  fail(node, "moves the elements of a tensor of " + text(dims),
       fmt::format("at most {} elements are given a new order", most_moved));
}

std::vector<std::int64_t> strides(const Dims& dims) {
  std::vector<std::int64_t> result(dims.size(), 1);
  for (std::size_t d = dims.size(); d-- > 1;) result[d - 1] = result[d] * std::max<std::int64_t>(dims[d], 1);
  return result;
}

std::vector<std::int64_t> steps(std::int64_t count, std::int64_t stride) {
  std::vector<std::int64_t> table(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::int64_t>(i) * stride;
  return table;
}

Tables unchanged(const Node& node, const Dims& dims) {
  for (const std::int64_t d : dims)
    if (static_cast<std::uint64_t>(d) > most_moved) refuse_size(node, dims);
  if (element_count(dims, place(node)) > most_moved) refuse_size(node, dims);
  Tables tables;
  const auto stride = strides(dims);
  for (std::size_t d = 0; d < dims.size(); ++d) tables.push_back(steps(dims[d], stride[d]));
  return tables;
}

Reindexed moved(const Node& node, const Tables& tables) {
  Reindexed result;
  result.same_order = false;
  for (const auto& table : tables) result.dims.push_back(static_cast<std::int64_t>(table.size()));
  const std::uint64_t count = element_count(result.dims, place(node));
  if (count > most_moved) refuse_size(node, result.dims);
  if (count == 0) return result;
  std::vector<std::uint32_t> from{0};
  for (const auto& table : tables) {
    std::vector<std::uint32_t> next(from.size() * table.size());
    std::uint32_t* to = next.data();
    for (const std::uint32_t base : from)
      for (const std::int64_t step : table)
        *to++ = base == Reindexed::zero || step == nothing ? Reindexed::zero : base + static_cast<std::uint32_t>(step);
    from = std::move(next);
  }
  result.from = std::move(from);
  return result;
}

/// Attribute of older opsets, input of newer ones.
std::optional<std::vector<std::int64_t>> integers(const Node& node, const char* attribute, std::size_t input,
                                                  const Constants& constants) {
  if (auto given = node.integers(attribute)) return given;
  if (!node.has_input(input)) return std::nullopt;
  const auto tensor = constants(input);
  if (tensor->missing || !is_integer(tensor->type))
    fail(node, "input '" + node.inputs[input] + "' is not an integer constant", "integers that are stored in the file");
  std::vector<std::int64_t> values;
  for (const double v : tensor->values)
    values.push_back(std::isfinite(v) ? static_cast<std::int64_t>(std::clamp(v, -9.0e18, 9.0e18)) : 0);
  return values;
}

std::vector<std::int64_t> required(const Node& node, const char* attribute, std::size_t input,
                                   const Constants& constants) {
  auto given = integers(node, attribute, input, constants);
  if (!given) fail(node, fmt::format("has no {}", attribute), "an attribute or a constant input");
  return *given;
}

Dims reshape(const Node& node, const Dims& input, const Constants& constants) {
  Dims dims = required(node, "shape", 1, constants);
  const bool zero_is_zero = node.integer("allowzero", 0) != 0;
  std::optional<std::size_t> open;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 0 && !zero_is_zero && d < input.size()) dims[d] = input[d];
    if (dims[d] != -1) continue;
    if (open) fail(node, "two dimensions of -1 in the new shape", "one at most");
    open = d;
  }
  if (open) {
    dims[*open] = 1;
    const std::uint64_t rest = element_count(dims, place(node));
    if (rest > 0) dims[*open] = static_cast<std::int64_t>(element_count(input, place(node)) / rest);
  }
  return dims;
}

Dims flatten(const Node& node, const Dims& input) {
  std::int64_t axis = node.integer("axis", 1);
  const auto rank = static_cast<std::int64_t>(input.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) fail(node, "flattens at an axis that does not exist", "an axis of the input");
  Dims front(input.begin(), input.begin() + axis), back(input.begin() + axis, input.end());
  return {static_cast<std::int64_t>(element_count(front, place(node))),
          static_cast<std::int64_t>(element_count(back, place(node)))};
}

Dims squeeze(const Node& node, const Dims& input, const Constants& constants) {
  const auto axes = integers(node, "axes", 1, constants);
  std::vector<bool> drop(input.size(), false);
  for (std::size_t d = 0; d < input.size() && !axes; ++d) drop[d] = input[d] == 1;
  if (axes)
    for (const std::int64_t a : *axes) {
      const std::size_t axis = front_axis(a, input.size(), place(node));
      if (input[axis] != 1) fail(node, fmt::format("dimension {} is {}", axis, input[axis]), "1 where it is removed");
      drop[axis] = true;
    }
  Dims dims;
  for (std::size_t d = 0; d < input.size(); ++d)
    if (!drop[d]) dims.push_back(input[d]);
  return dims;
}

Dims unsqueeze(const Node& node, const Dims& input, const Constants& constants) {
  const auto axes = required(node, "axes", 1, constants);
  Dims dims(input.size() + axes.size(), 0);
  for (const std::int64_t a : axes) dims[front_axis(a, dims.size(), place(node))] = 1;
  std::size_t next = 0;
  for (std::int64_t& d : dims)
    if (d == 0 && next < input.size()) d = input[next++];
  return dims;
}

Reindexed transpose(const Node& node, const Dims& input) {
  std::vector<std::int64_t> order(input.size());
  for (std::size_t d = 0; d < order.size(); ++d) order[d] = static_cast<std::int64_t>(order.size() - 1 - d);
  order = node.integers("perm").value_or(order);
  std::vector<bool> seen(input.size(), false);
  const Tables all = unchanged(node, input);
  Tables tables;
  for (const std::int64_t from : order) {
    const std::size_t d = front_axis(from, input.size(), place(node));
    if (seen[d]) fail(node, "names a dimension twice", "a permutation of the dimensions");
    seen[d] = true;
    tables.push_back(all[d]);
  }
  if (tables.size() != input.size()) fail(node, "leaves out a dimension", "a permutation of the dimensions");
  return moved(node, tables);
}

std::vector<std::int64_t> slice_axis(const Node& node, std::int64_t size, std::int64_t start, std::int64_t end,
                                     std::int64_t step, std::int64_t stride) {
  if (step == 0) fail(node, "a slice with step 0", "another step");
  const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto inside = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, low, high); };
  start = inside(start);
  end = inside(end);
  std::vector<std::int64_t> table;
  step = std::clamp<std::int64_t>(step, -size - 1, size + 1);
  for (std::int64_t i = start; step > 0 ? i < end : i > end; i += step) table.push_back(i * stride);
  return table;
}

Reindexed slice(const Node& node, const Dims& input, const Constants& constants) {
  const auto starts = required(node, "starts", 1, constants), ends = required(node, "ends", 2, constants);
  const auto axes = integers(node, "axes", 3, constants);
  const auto by = node.has_input(4) ? integers(node, "steps", 4, constants) : std::nullopt;
  if (ends.size() != starts.size() || (axes && axes->size() != starts.size()) || (by && by->size() != starts.size()))
    fail(node, "starts, ends, axes and steps differ in number", "one of each per axis");
  Tables tables = unchanged(node, input);
  const auto stride = strides(input);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t d = front_axis(axes ? (*axes)[i] : static_cast<std::int64_t>(i), input.size(), place(node));
    tables[d] = slice_axis(node, input[d], starts[i], ends[i], by ? (*by)[i] : 1, stride[d]);
  }
  return moved(node, tables);
}

std::vector<Reindexed> split(const Node& node, const Dims& input, const Constants& constants) {
  const std::size_t axis = front_axis(node.integer("axis", 0), input.size(), place(node));
  const auto parts = std::max<std::int64_t>(static_cast<std::int64_t>(node.outputs.size()), 1);
  const std::int64_t part = (input[axis] + parts - 1) / parts;
  std::vector<std::int64_t> sizes(node.outputs.size(), part);
  if (!sizes.empty()) sizes.back() = input[axis] - part * (parts - 1);
  sizes = integers(node, "split", 1, constants).value_or(sizes);
  std::vector<Reindexed> results;
  std::int64_t start = 0;
  const std::int64_t stride = strides(input)[axis];
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > input[axis] - start)
      fail(node, "splits more than there is", "sizes that add up to the axis");
    Tables tables = unchanged(node, input);
    tables[axis] = slice_axis(node, input[axis], start, start + size, 1, stride);
    results.push_back(moved(node, tables));
    start += size;
  }
  if (start != input[axis] || results.size() < node.outputs.size())
    fail(node, "leaves a part of its input over", "sizes that add up to the axis");
  return results;
}

Reindexed gather(const Node& node, const Dims& input, const Constants& constants) {
  const std::size_t axis = front_axis(node.integer("axis", 0), input.size(), place(node));
  const auto indices = required(node, "indices", 1, constants);
  Tables tables = unchanged(node, input);
  const std::int64_t stride = strides(input)[axis];
  tables[axis].clear();
  for (const std::int64_t i : indices) {
    if (i < -input[axis] || i >= input[axis])
      fail(node, fmt::format("takes element {} of a dimension of {}", i, input[axis]), "an element that exists");
    tables[axis].push_back((i < 0 ? i + input[axis] : i) * stride);
  }
  Reindexed result = moved(node, tables);
  Dims dims(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(axis));
  const Dims& picked = constants(1)->dims;  // a scalar index removes the dimension
  dims.insert(dims.end(), picked.begin(), picked.end());
  dims.insert(dims.end(), input.begin() + static_cast<std::ptrdiff_t>(axis) + 1, input.end());
  result.dims = dims;
  return result;
}

Reindexed pad(const Node& node, const Dims& input, const Constants& constants) {
  const Padding zeros = padding(node, input.size(), constants);
  Tables tables = unchanged(node, input);
  for (std::size_t d = 0; d < input.size(); ++d) {
    tables[d].insert(tables[d].begin(), static_cast<std::size_t>(zeros.before[d]), nothing);
    tables[d].insert(tables[d].end(), static_cast<std::size_t>(zeros.after[d]), nothing);
  }
  return moved(node, tables);
}

/// Nearest neighbour by whole factors, where all of ONNX's coordinate conventions agree.
Reindexed resize(const Node& node, const Dims& input, std::int64_t opset, const Constants& constants) {
  const std::size_t scales_at = node.op == "Resize" && opset >= 11 ? 2 : 1;
  if (node.text("mode", "nearest") != "nearest") fail(node, "interpolates", "mode nearest with a whole factor");
  std::vector<double> factors(input.size(), 0.0);
  const auto given = node.attributes.find("scales");
  if (given != node.attributes.end())
    factors = given->second.reals;
  else if (node.has_input(scales_at) && !constants(scales_at)->values.empty())
    factors = constants(scales_at)->values;
  else if (node.has_input(3) && constants(3)->values.size() == input.size())
    for (std::size_t d = 0; d < input.size(); ++d) factors[d] = constants(3)->values[d] / static_cast<double>(input[d]);
  if (factors.size() != input.size()) fail(node, "does not give one scale per dimension", "as many as dimensions");
  Tables tables = unchanged(node, input);
  for (std::size_t d = 0; d < input.size(); ++d) {
    if (!(factors[d] >= 1.0 && factors[d] <= 64.0) || factors[d] != std::floor(factors[d]))
      fail(node, fmt::format("resizes by {}", factors[d]), "a whole factor from 1 to 64");
    if (tables[d].size() * factors[d] > static_cast<double>(most_moved)) refuse_size(node, input);
    std::vector<std::int64_t> table;
    for (const std::int64_t step : tables[d]) table.insert(table.end(), static_cast<std::size_t>(factors[d]), step);
    tables[d] = table;
  }
  return moved(node, tables);
}

}  // namespace

Padding padding(const Node& node, std::size_t rank, const Constants& constants) {
  const auto pads = required(node, "pads", 1, constants);
  if (node.text("mode", "constant") != "constant") fail(node, "pads by mode " + node.text("mode", ""), "zeros");
  double value = node.real("value", 0.0);
  if (node.has_input(2)) {
    const auto constant = constants(2);
    if (!constant->values.empty()) value = constant->values.front();
  }
  if (value != 0.0) fail(node, fmt::format("pads with {}", value), "zeros");
  if (pads.size() != 2 * rank) fail(node, fmt::format("{} pads", pads.size()), fmt::format("{}", 2 * rank));
  for (const std::int64_t p : pads)
    if (p < 0 || p > 65535) fail(node, fmt::format("a padding of {}", p), "0 to 65535");
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  return {{pads.begin(), middle}, {middle, pads.end()}};
}

bool is_reindexing(const std::string& op) {
  static const char* const ops[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Transpose",
                                    "Slice",   "Split",   "Gather",  "Pad",       "Resize",   "Upsample"};
  return std::find(std::begin(ops), std::end(ops), op) != std::end(ops);
}

namespace {

std::vector<Reindexed> dispatch(const Node& node, const Dims& input, std::int64_t opset, const Constants& constants) {
  if (node.op == "Identity" || node.op == "Dropout") return {{input, true, {}}};
  if (node.op == "Reshape") return {{reshape(node, input, constants), true, {}}};
  if (node.op == "Flatten") return {{flatten(node, input), true, {}}};
  if (node.op == "Squeeze") return {{squeeze(node, input, constants), true, {}}};
  if (node.op == "Unsqueeze") return {{unsqueeze(node, input, constants), true, {}}};
  if (node.op == "Transpose") return {transpose(node, input)};
  if (node.op == "Slice") return {slice(node, input, constants)};
  if (node.op == "Split") return split(node, input, constants);
  if (node.op == "Gather") return {gather(node, input, constants)};
  if (node.op == "Pad") return {pad(node, input, constants)};
  return {resize(node, input, opset, constants)};
}

}  // namespace

std::vector<Reindexed> reindex(const Node& node, const Dims& input, std::int64_t opset, const Constants& constants) {
  std::vector<Reindexed> results = dispatch(node, input, opset, constants);
  for (const Reindexed& result : results)
    if (result.same_order && element_count(result.dims, place(node)) != element_count(input, place(node)))
      fail(node, "a tensor of " + text(input) + " cannot become " + text(result.dims), "as many elements as before");
  return results;
}

}  // namespace deltasim::models::onnx
