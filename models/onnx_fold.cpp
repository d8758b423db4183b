#include "models/onnx_fold.hpp"

#include "models/onnx_reindex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models::onnx {
namespace {

constexpr std::uint64_t most_made = std::uint64_t{1} << 24;  ///< elements of a constant that an operator makes larger

using Arithmetic = double (*)(double, double);

Arithmetic arithmetic(const std::string& op) {
  if (op == "Add") return [](double a, double b) { return a + b; };
  if (op == "Sub") return [](double a, double b) { return a - b; };
  if (op == "Mul") return [](double a, double b) { return a * b; };
  if (op == "Div") return [](double a, double b) { return a / b; };
  if (op == "Pow") return [](double a, double b) { return std::pow(a, b); };
  return nullptr;
}

Dims broadcast(const Node& node, const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 1; i <= dims.size(); ++i) {
    const std::int64_t x = i <= a.size() ? a[a.size() - i] : 1, y = i <= b.size() ? b[b.size() - i] : 1;
    if (x != y && x != 1 && y != 1)
      fail(node, "shapes " + text(a) + " and " + text(b) + " do not fit", "equal dimensions, or 1");
    dims[dims.size() - i] = x == 1 ? y : x;
  }
  return dims;
}

/// Flat index into a tensor of `dims` that is broadcast to `whole`, for the flat index `at` of the whole.
std::size_t broadcast_index(std::size_t at, const Dims& whole, const Dims& dims) {
  std::size_t index = 0, stride = 1;
  for (std::size_t i = 1; i <= whole.size(); ++i) {
    const auto size = static_cast<std::size_t>(whole[whole.size() - i]);
    const std::size_t here = at % size;
    at /= size;
    if (i > dims.size()) continue;
    const auto own = static_cast<std::size_t>(dims[dims.size() - i]);
    if (own != 1) index += here * stride;
    stride *= own;
  }
  return index;
}

Tensor elementwise(const Node& node, const Tensor& a, const Tensor& b) {
  Tensor result;
  result.type = a.type;
  result.dims = broadcast(node, a.dims, b.dims);
  const std::uint64_t count = element_count(result.dims, place(node));
  if (count > most_made) fail(node, "makes a constant of " + text(result.dims), "a smaller one");
  result.missing = a.missing || b.missing;
  for (const Tensor* term : {&a, &b}) result.derived = result.derived || term->derived || term->stored;
  if (result.missing) return result;
  const Arithmetic apply = arithmetic(node.op);
  result.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double y = b.values[broadcast_index(i, result.dims, b.dims)];
    if (is_integer(a.type) && node.op == "Div" && y == 0) fail(node, "divides by zero", "another divisor");
    result.values[i] = apply(a.values[broadcast_index(i, result.dims, a.dims)], y);
    if (is_integer(a.type)) result.values[i] = std::trunc(result.values[i]);
  }
  return result;
}

/// The stored integers follow where their values go; their axis must stay recognisable.
std::shared_ptr<const StoredCodes> moved_codes(const Node& node, const Tensor& tensor, const Reindexed& to) {
  if (!tensor.stored) return nullptr;
  StoredCodes codes = *tensor.stored;
  if (!to.same_order && std::find(to.from.begin(), to.from.end(), Reindexed::zero) != to.from.end()) return nullptr;
  if (!to.same_order) {
    codes.codes.resize(to.from.size());
    for (std::size_t i = 0; i < to.from.size(); ++i) codes.codes[i] = tensor.stored->codes[to.from[i]];
  }
  if (codes.scale.size() <= 1) return std::make_shared<StoredCodes>(std::move(codes));
  if (node.op == "Transpose") {
    const auto perm = node.integers("perm");
    const auto rank = static_cast<std::int64_t>(tensor.dims.size());
    for (std::int64_t d = 0; d < rank; ++d)
      if ((perm ? (*perm)[static_cast<std::size_t>(d)] : rank - 1 - d) == tensor.stored->axis) codes.axis = d;
    return std::make_shared<StoredCodes>(std::move(codes));
  }
  const bool kept = to.same_order && codes.axis == 0 && !to.dims.empty() && to.dims.front() == tensor.dims.front();
  return kept ? std::make_shared<StoredCodes>(std::move(codes)) : nullptr;
}

std::vector<Tensor> move_elements(const Node& node, const Operands& inputs, std::int64_t opset) {
  const auto constants = [&](std::size_t i) { return inputs[i]; };
  std::vector<Tensor> results;
  const Tensor& input = *inputs[0];
  for (Reindexed& part : reindex(node, input.dims, opset, constants)) {
    Tensor result;
    result.type = input.type;
    result.missing = input.missing;
    result.stored = moved_codes(node, input, part);
    result.derived = input.derived || input.stored;
    result.dims = part.dims;
    if (part.same_order)
      result.values = input.values;
    else if (!input.missing)
      for (const std::uint32_t from : part.from)
        result.values.push_back(from == Reindexed::zero ? 0.0 : input.values[from]);
    results.push_back(std::move(result));
  }
  return results;
}

Tensor concat(const Node& node, const Operands& inputs) {
  if (inputs.empty() || !inputs[0]) fail(node, "has no inputs", "one at least");
  Tensor result;
  result.type = inputs[0]->type;
  result.dims = inputs[0]->dims;
  const std::size_t axis = front_axis(node.integer("axis", 1), result.dims.size(), place(node));
  result.dims[axis] = 0;
  std::size_t outer = 1;
  for (std::size_t d = 0; d < axis; ++d) outer *= static_cast<std::size_t>(result.dims[d]);
  for (const auto& part : inputs) {
    Dims expected = result.dims;
    if (part && part->dims.size() == expected.size()) expected[axis] = part->dims[axis];
    if (!part || part->dims != expected)
      fail(node, "joins tensors that do not fit", "equal dimensions but for the axis");
    result.dims[axis] += part->dims[axis];
    result.missing = result.missing || part->missing;
  }
  if (result.missing) return result;
  for (std::size_t o = 0; o < outer; ++o)
    for (const auto& part : inputs) {
      const std::size_t run = part->values.size() / std::max<std::size_t>(outer, 1);
      const auto start = part->values.begin() + static_cast<std::ptrdiff_t>(o * run);
      result.values.insert(result.values.end(), start, start + static_cast<std::ptrdiff_t>(run));
    }
  return result;
}

Tensor filled(const Node& node, const Tensor& shape) {
  Tensor result;
  if (shape.missing) fail(node, "its shape is not in the file", "stored numbers");
  for (const double d : shape.values) result.dims.push_back(static_cast<std::int64_t>(std::clamp(d, -1.0, 1e12)));
  const std::uint64_t count = element_count(result.dims, place(node));
  if (count > most_made) fail(node, "makes a constant of " + text(result.dims), "a smaller one");
  const auto value = node.attributes.find("value");
  const bool given = value != node.attributes.end() && value->second.tensor && !value->second.tensor->values.empty();
  if (given) result.type = value->second.tensor->type;
  result.values.assign(count, given ? value->second.tensor->values.front() : 0.0);
  return result;
}

Tensor cast(const Node& node, const Tensor& input) {
  Tensor result = input;
  const std::int64_t to = node.integer("to", 1);  // numbers of TensorProto.DataType
  const bool real = to == 1 || to == 10 || to == 11 || to == 16;
  result.type = real ? ElementType::real : ElementType::int64;
  if (!real)
    for (double& v : result.values) v = std::trunc(v);
  return result;
}

Tensor constant(const Node& node) {
  for (const char* name : {"value", "value_float", "value_int", "value_floats", "value_ints"}) {
    const auto found = node.attributes.find(name);
    if (found == node.attributes.end()) continue;
    if (found->second.tensor) return *found->second.tensor;
    Tensor result;
    const bool integers = found->second.reals.empty();
    result.type = integers ? ElementType::int64 : ElementType::real;
    if (integers)
      result.values.assign(found->second.integers.begin(), found->second.integers.end());
    else
      result.values = found->second.reals;
    const bool scalar = std::string(name) == "value_float" || std::string(name) == "value_int";
    if (!scalar) result.dims = {static_cast<std::int64_t>(result.values.size())};
    if (scalar && result.values.size() != 1) break;
    return result;
  }
  fail(node, "has no numbers", "attribute value");
}

Tensor each(const Node& node, const Tensor& input, double (*apply)(double)) {
  Tensor result = input;
  result.stored = nullptr;
  for (double& v : result.values) v = apply(v);
  (void)node;
  return result;
}

}  // namespace

Tensor shape_constant(const Dims& dims) {
  Tensor shape;
  shape.type = ElementType::int64;
  shape.dims = {static_cast<std::int64_t>(dims.size())};
  shape.values.assign(dims.begin(), dims.end());
  return shape;
}

std::optional<std::vector<Tensor>> fold(const Node& node, const Operands& inputs, std::int64_t opset) {
  if (node.op == "Constant") return std::vector<Tensor>{constant(node)};
  if (inputs.empty() || !inputs[0]) return std::nullopt;
  if (is_reindexing(node.op)) return move_elements(node, inputs, opset);
  if (arithmetic(node.op) != nullptr && inputs.size() == 2 && inputs[1])
    return std::vector<Tensor>{elementwise(node, *inputs[0], *inputs[1])};
  if (node.op == "Concat") return std::vector<Tensor>{concat(node, inputs)};
  if (node.op == "Cast") return std::vector<Tensor>{cast(node, *inputs[0])};
  if (node.op == "Shape") return std::vector<Tensor>{shape_constant(inputs[0]->dims)};
  if (node.op == "ConstantOfShape") return std::vector<Tensor>{filled(node, *inputs[0])};
  if (node.op == "Sqrt") return std::vector<Tensor>{each(node, *inputs[0], std::sqrt)};
  if (node.op == "Neg") return std::vector<Tensor>{each(node, *inputs[0], [](double v) { return -v; })};
  if (node.op == "Floor") return std::vector<Tensor>{each(node, *inputs[0], std::floor)};
  if (node.op == "Ceil") return std::vector<Tensor>{each(node, *inputs[0], std::ceil)};
  return std::nullopt;
}

}  // namespace deltasim::models::onnx
