#include "models/onnx_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

/// What each operator makes of its inputs.
namespace deltasim::models::onnx {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

const std::map<std::string, Import::Handler>& Import::handlers() {
  static const std::map<std::string, Handler> table = {
      {"Conv", &Import::conv},
      {"Gemm", &Import::gemm},
      {"MatMul", &Import::matmul},
      {"BatchNormalization", &Import::batch_norm},
      {"Relu", &Import::relu},
      {"Clip", &Import::clipped},
      {"Add", &Import::sum},
      {"Sum", &Import::sum},
      {"Sub", &Import::difference},
      {"Mul", &Import::product},
      {"Div", &Import::quotient},
      {"MaxPool", &Import::pooled},
      {"AveragePool", &Import::pooled},
      {"GlobalAveragePool", &Import::global_average},
      {"GlobalMaxPool", &Import::global_maximum},
      {"ReduceMean", &Import::mean},
      {"Concat", &Import::concat},
      {"Cast", &Import::cast},
      {"Softmax", &Import::squash},
      {"Sigmoid", &Import::squash},
      {"QuantizeLinear", &Import::quantise_linear},
      {"DequantizeLinear", &Import::dequantise_linear},
      {"QLinearConv", &Import::qlinear_conv},
      {"QLinearMatMul", &Import::qlinear_matmul},
      {"com.microsoft.QLinearAdd", &Import::qlinear_add},
  };
  return table;
}

Activation Import::conv(const Node& node) {
  return convolution(drafts_, node, real_operand(node, 0).value, {constant(node, 1), optional_constant(node, 2)});
}

Activation Import::gemm(const Node& node) {
  if (node.integer("transA", 0) != 0) fail(node, "transposes its input", "transA 0");
  const DenseWeights weights{constant(node, 1), node.integer("transB", 0) != 0, optional_constant(node, 2),
                             node.real("alpha", 1.0), node.real("beta", 1.0)};
  return dense(drafts_, node, real_operand(node, 0).value, weights);
}

Activation Import::matmul(const Node& node) {
  return dense(drafts_, node, real_operand(node, 0).value, {constant(node, 1), false, nullptr});
}

Activation Import::batch_norm(const Node& node) {
  const Operand x = real_operand(node, 0);
  const Shape map = drafts_.map_of(x.value);
  const double epsilon = node.real("epsilon", 1e-5);
  Affine change;
  std::vector<std::shared_ptr<const Tensor>> given;  // scale, shift, mean, variance
  for (std::size_t i = 1; i <= 4; ++i) {
    given.push_back(constant(node, i));
    require_finite(*given.back());
    if (element_count(given.back()->dims, place(node)) != map.channels)
      fail(node, fmt::format("'{}' of {} on {} channels", node.inputs[i], text(given.back()->dims), map.channels),
           "one number per channel");
    change.missing = change.missing || given.back()->missing;
  }
  change.scale.assign(map.channels, 1.0);
  change.shift.assign(map.channels, 0.0);
  for (std::size_t c = 0; c < map.channels && !change.missing; ++c) {
    const double variance = given[3]->values[c] + epsilon;
    if (!(variance > 0)) fail(node, fmt::format("a variance of {}", variance), "a positive one");
    change.scale[c] = given[0]->values[c] / std::sqrt(variance);
    change.shift[c] = given[1]->values[c] - given[2]->values[c] * change.scale[c];
  }
  return affine(drafts_, node, x, change);
}

Activation Import::relu(const Node& node) { return clip(drafts_, node, real_operand(node, 0), 0.0, infinity); }

Activation Import::clipped(const Node& node) {
  const auto bound = [&](const char* attribute, std::size_t input, double otherwise) {
    const auto given = optional_constant(node, input);
    if (!given) return node.real(attribute, otherwise);
    if (given->values.size() != 1 || std::isnan(given->values[0]))
      fail(node, "a bound that is no number", "one number");
    return given->values.front();
  };
  const double low = bound("min", 1, -infinity), high = bound("max", 2, infinity);
  // The largest float stands for "no bound" in files of older opsets.
  const double most = std::numeric_limits<float>::max();
  return clip(drafts_, node, real_operand(node, 0), low <= -most ? -infinity : low, high >= most ? infinity : high);
}

Activation Import::sum(const Node& node) {
  if (node.inputs.size() != 2) fail(node, fmt::format("{} terms", node.inputs.size()), "two");
  if (is_activation(node, 0) && is_activation(node, 1))
    return add(drafts_, node, real_operand(node, 0), real_operand(node, 1));
  const std::size_t x_at = is_activation(node, 0) ? 0 : 1;
  const Operand x = real_operand(node, x_at);
  const auto term = constant(node, 1 - x_at);
  return affine(drafts_, node, x, {{1.0}, per_channel(node, *term, x.value, drafts_.map_of(x.value)), term->missing});
}

Activation Import::difference(const Node& node) {
  const std::size_t x_at = is_activation(node, 0) ? 0 : 1;
  const Operand x = real_operand(node, x_at);
  const auto term = constant(node, 1 - x_at);
  std::vector<double> shift = per_channel(node, *term, x.value, drafts_.map_of(x.value));
  if (x_at == 0)
    for (double& s : shift) s = -s;
  return affine(drafts_, node, x, {{x_at == 0 ? 1.0 : -1.0}, shift, term->missing});
}

Activation Import::product(const Node& node) {
  const std::size_t x_at = is_activation(node, 0) ? 0 : 1;
  const Operand x = real_operand(node, x_at);
  if (is_activation(node, 1 - x_at)) {
    (void)real_operand(node, 1 - x_at);  // a Sigmoid in the middle is the better explanation
    fail(node, "multiplies two activations", "a constant factor");
  }
  const auto factor = constant(node, 1 - x_at);
  return affine(drafts_, node, x,
                {per_channel(node, *factor, x.value, drafts_.map_of(x.value)), {0.0}, factor->missing});
}

Activation Import::quotient(const Node& node) {
  const Operand x = real_operand(node, 0);
  const auto divisor = constant(node, 1);
  std::vector<double> scale = per_channel(node, *divisor, x.value, drafts_.map_of(x.value));
  for (double& s : scale) {
    if (s == 0) fail(node, "divides by zero", "another divisor");
    s = 1.0 / s;
  }
  return affine(drafts_, node, x, {scale, {0.0}, divisor->missing});
}

Activation Import::pooled(const Node& node) {
  if (node.outputs.size() > 1 && uses_.count(node.outputs[1]) != 0)
    fail(node, "its indices are used", "the maxima only");
  const Activation x = node.op == "AveragePool" ? real_operand(node, 0).value : operand(node, 0).value;
  return pool(drafts_, node, x);
}

Activation Import::global_average(const Node& node) {
  return global_pool(drafts_, node, real_operand(node, 0).value, BranchKind::average_pool, true);
}

Activation Import::global_maximum(const Node& node) {
  return global_pool(drafts_, node, operand(node, 0).value, BranchKind::max_pool, true);
}

Activation Import::mean(const Node& node) {
  const Operand x = real_operand(node, 0);
  std::vector<std::int64_t> axes = node.integers("axes").value_or(std::vector<std::int64_t>{});
  if (const auto given = optional_constant(node, 1)) {
    for (const double a : given->values) axes.push_back(static_cast<std::int64_t>(std::clamp(a, -99.0, 99.0)));
  }
  std::set<std::size_t> over;
  for (const std::int64_t a : axes) over.insert(front_axis(a, x.value.dims.size(), place(node)));
  if (x.value.dims.size() != 4 || over != std::set<std::size_t>{2, 3})
    fail(node, "a mean over other axes than rows and columns", "axes 2 and 3 of 1 x channels x rows x columns");
  return global_pool(drafts_, node, x.value, BranchKind::average_pool, node.integer("keepdims", 1) != 0);
}

Activation Import::concat(const Node& node) {
  std::vector<Activation> values;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) values.push_back(operand(node, i).value);
  if (values.empty()) fail(node, "joins nothing", "one input at least");
  Dims dims = values.front().dims;
  const std::size_t axis = front_axis(node.integer("axis", 1), dims.size(), place(node));
  dims[axis] = 0;
  for (const Activation& v : values) {
    Dims expected = dims;
    if (v.dims.size() == dims.size()) expected[axis] = v.dims[axis];
    if (v.dims != expected)
      fail(node, "joins " + text(values.front().dims) + " and " + text(v.dims), "equal dimensions but for the axis");
    dims[axis] += v.dims[axis];
    if (v.codes != values.front().codes) fail(node, "joins codes and real values", "all quantised, or none");
    if (v.activation != values.front().activation)
      throw Fault{(v.activation == OutputActivation::none ? values.front() : v).activation_place,
                  "reaches " + place(node) + " together with other values", "the same function on all of an output"};
  }
  element_count(dims, place(node));
  std::vector<Activation> settled;
  settled.reserve(values.size());
  for (const Activation& v : values) settled.push_back(drafts_.settled(v));
  Activation result = drafts_.joined(settled, axis, dims);
  result.joined_by = node.name;
  result.activation = values.front().activation;
  result.activation_place = values.front().activation_place;
  return result;
}

Activation Import::cast(const Node& node) {
  const Operand x = operand(node, 0);
  const std::int64_t to = node.integer("to", 1);  // numbers of TensorProto.DataType
  if (to != 1 && to != 10 && to != 11 && to != 16) fail(node, "casts an activation to integers", "QuantizeLinear");
  if (!x.value.codes) return x.value;
  ActivationQuant quant;  // pixels as they are
  return dequantise(drafts_, node, x.value, quant);
}

Activation Import::squash(const Node& node) {
  Activation x = real_operand(node, 0).value;
  x.exclusive = false;  // what it squashes stays as it is
  x.activation = node.op == "Softmax" ? OutputActivation::softmax : OutputActivation::sigmoid;
  x.activation_place = place(node);
  return x;
}

Activation Import::quantise_linear(const Node& node) {
  const Operand x = real_operand(node, 0);
  return quantise(drafts_, node, x, quant(node, 1, x.value));
}

Activation Import::dequantise_linear(const Node& node) {
  const Activation x = operand(node, 0).value;
  return dequantise(drafts_, node, x, quant(node, 1, x));
}

Activation Import::codes(const Node& node, std::size_t i, const ActivationQuant& as) {
  return dequantise(drafts_, node, operand(node, i).value, as);
}

Activation Import::qlinear_conv(const Node& node) {
  const ActivationQuant input = quant(node, 1), output = quant(node, 6);
  const auto kernel =
      std::make_shared<Tensor>(dequantised(node, *constant(node, 3), constant(node, 4), optional_constant(node, 5), 0));
  std::shared_ptr<const Tensor> bias;
  if (node.has_input(8) && kernel->stored)
    bias = std::make_shared<Tensor>(integer_bias(node, *constant(node, 8), input, *kernel->stored));
  const Activation sum = convolution(drafts_, node, codes(node, 0, input), {kernel, bias});
  return quantise(drafts_, node, {sum, true}, output);
}

Activation Import::qlinear_matmul(const Node& node) {
  const ActivationQuant input = quant(node, 1), output = quant(node, 6);
  const auto matrix = std::make_shared<Tensor>(
      dequantised(node, *constant(node, 3), constant(node, 4), optional_constant(node, 5), -1));
  const Activation sum = dense(drafts_, node, codes(node, 0, input), {matrix, false, nullptr});
  return quantise(drafts_, node, {sum, true}, output);
}

Activation Import::qlinear_add(const Node& node) {
  const Activation a = codes(node, 0, quant(node, 1)), b = codes(node, 3, quant(node, 4));
  const Activation sum = add(drafts_, node, {a, false}, {b, false});
  return quantise(drafts_, node, {sum, true}, quant(node, 6));
}

}  // namespace deltasim::models::onnx
