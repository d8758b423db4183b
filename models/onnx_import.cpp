#include "models/error.hpp"
#include "models/onnx_dense.hpp"
#include "models/onnx_finish.hpp"
#include "models/onnx_fold.hpp"
#include "models/onnx_quant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <unordered_map>

namespace deltasim::models {
namespace onnx {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Walks through the nodes in their order and turns every tensor into a constant or into something that layers make.
class Import {
 public:
  Import(const File& file, const std::optional<Shape>& frame) : file_(file) {
    for (const auto& [name, tensor] : file.initialisers) constants_[name] = tensor;
    count_uses();
    add_input(frame);
  }

  Graph run() {
    for (const Node& node : file_.nodes) handle(node);
    std::vector<Result> results;
    for (const ValueInfo& output : file_.outputs) {
      const auto found = activations_.find(output.name);
      if (found == activations_.end())
        throw Fault{"output '" + output.name + "'", "does not depend on the input", "a tensor that a node makes"};
      results.push_back({output.name, found->second});
    }
    if (results.empty()) throw Fault{"", "a network without outputs", "at least one"};
    const bool integers = drafts_.layers[0].layer.quant && integer_input_;
    Graph graph = finish(drafts_, results);
    graph.integer_input = integers;
    return graph;
  }

 private:
  using Handler = Activation (Import::*)(const Node&);
  static const std::map<std::string, Handler>& handlers();

  void count_uses();
  void add_input(const std::optional<Shape>& frame);
  void handle(const Node& node);
  void handle_moved(const Node& node);
  bool handle_constant(const Node& node);

  std::shared_ptr<const Tensor> constant(const Node& node, std::size_t i) const;
  std::shared_ptr<const Tensor> optional_constant(const Node& node, std::size_t i) const {
    return node.has_input(i) ? constant(node, i) : nullptr;
  }
  bool is_activation(const Node& node, std::size_t i) const {
    return node.has_input(i) && activations_.count(node.inputs[i]) != 0;
  }
  Operand operand(const Node& node, std::size_t i) const;
  /// An operand of arithmetic on real values.
  Operand real_operand(const Node& node, std::size_t i) const;
  ActivationQuant quant(const Node& node, std::size_t scale) const {
    return activation_quant(node, constant(node, scale), optional_constant(node, scale + 1));
  }
  /// Codes as a node with its own scales reads them.
  Activation codes(const Node& node, std::size_t i, const ActivationQuant& as);

  Activation conv(const Node& node);
  Activation gemm(const Node& node);
  Activation matmul(const Node& node);
  Activation batch_norm(const Node& node);
  Activation relu(const Node& node);
  Activation clipped(const Node& node);
  Activation sum(const Node& node);
  Activation difference(const Node& node);
  Activation product(const Node& node);
  Activation quotient(const Node& node);
  Activation pooled(const Node& node);
  Activation global_average(const Node& node);
  Activation global_maximum(const Node& node);
  Activation mean(const Node& node);
  Activation concat(const Node& node);
  Activation cast(const Node& node);
  Activation squash(const Node& node);
  Activation quantise_linear(const Node& node);
  Activation dequantise_linear(const Node& node);
  Activation qlinear_conv(const Node& node);
  Activation qlinear_matmul(const Node& node);
  Activation qlinear_add(const Node& node);

  const File& file_;
  Drafts drafts_;
  std::unordered_map<std::string, std::shared_ptr<const Tensor>> constants_;
  std::unordered_map<std::string, Activation> activations_;
  std::unordered_map<std::string, std::size_t> uses_;
  bool integer_input_ = false;
};

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

/// Quantisers that read a tensor with the same scale are one use of it.
void Import::count_uses() {
  std::set<std::string> quantisers;
  for (const Node& node : file_.nodes)
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      std::string key = node.op;
      for (const std::string& input : node.inputs) key += "\n" + input;
      const bool quantiser = node.op == "QuantizeLinear" || node.op == "DequantizeLinear";
      if (quantiser && !quantisers.insert(key + "\n" + std::to_string(i)).second) continue;
      ++uses_[node.inputs[i]];
    }
  for (const ValueInfo& output : file_.outputs) ++uses_[output.name];
}

void Import::add_input(const std::optional<Shape>& frame) {
  std::vector<const ValueInfo*> inputs;
  for (const ValueInfo& input : file_.inputs)
    if (file_.inputs.size() == 1 || uses_.count(input.name) != 0) inputs.push_back(&input);
  if (inputs.size() != 1)
    throw Fault{inputs.empty() ? "" : "input '" + inputs[1]->name + "'",
                fmt::format("a network with {} inputs", inputs.size()), "one input of 1 x channels x rows x columns"};
  const ValueInfo& input = *inputs.front();
  const std::string place = "input '" + input.name + "'";
  Dims dims = input.dims;
  if (dims.size() != 4) throw Fault{place, fmt::format("{} dimensions", dims.size()), "1 x channels x rows x columns"};
  if (dims[0] <= 0) dims[0] = 1;
  if (dims[0] != 1) throw Fault{place, fmt::format("a batch of {}", dims[0]), "a batch of 1, or an open one"};
  const std::int64_t given[] = {0, frame ? frame->channels : 0, frame ? frame->height : 0, frame ? frame->width : 0};
  for (std::size_t d = 1; d < 4; ++d) {
    if (dims[d] <= 0) dims[d] = given[d];
    if (dims[d] <= 0)
      throw Fault{place, "its channels, rows and columns are not all fixed in the file", "give the frames' size"};
    if (dims[d] > 65535) throw Fault{place, "an input of " + text(dims), "at most 65535 in each dimension"};
  }
  if (input.type == ElementType::unsupported)
    throw Fault{place, "elements that are no numbers", "float, uint8 or int8"};
  Draft draft;
  draft.node_name = input.name;
  draft.place = place;
  draft.layer.output = {static_cast<std::uint32_t>(dims[1]), static_cast<std::uint32_t>(dims[2]),
                        static_cast<std::uint32_t>(dims[3])};
  Activation value = drafts_.add(std::move(draft), dims);
  integer_input_ = value.codes = is_integer(input.type);
  activations_[input.name] = value;
}

std::shared_ptr<const Tensor> Import::constant(const Node& node, std::size_t i) const {
  if (!node.has_input(i)) fail(node, fmt::format("has no input {}", i), "a constant");
  const auto found = constants_.find(node.inputs[i]);
  if (found == constants_.end())
    fail(node, "input '" + node.inputs[i] + "' is not a constant", "numbers that are stored in the file");
  return found->second;
}

Operand Import::operand(const Node& node, std::size_t i) const {
  const auto found = node.has_input(i) ? activations_.find(node.inputs[i]) : activations_.end();
  if (found == activations_.end())
    fail(node, fmt::format("input {} '{}' is made by no node before it", i, node.has_input(i) ? node.inputs[i] : ""),
         "nodes in the order of their evaluation");
  Operand x{found->second, false};
  if (x.value.activation != OutputActivation::none && !is_reindexing(node.op) && node.op != "Concat")
    throw Fault{x.value.activation_place, "in the middle of the network: " + place(node) + " reads it",
                "Softmax and Sigmoid at the network's outputs only"};
  x.sole = x.value.exclusive && uses_.at(node.inputs[i]) == 1;
  x.value.exclusive = x.sole;
  return x;
}

Operand Import::real_operand(const Node& node, std::size_t i) const {
  Operand x = operand(node, i);
  if (x.value.codes) fail(node, "calculates with the codes of a quantised tensor", "a DequantizeLinear before it");
  return x;
}

bool Import::handle_constant(const Node& node) {
  if (node.op == "Shape" && is_activation(node, 0)) {
    constants_[node.outputs.at(0)] = std::make_shared<Tensor>(shape_constant(activations_.at(node.inputs[0]).dims));
    return true;
  }
  Operands inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.has_input(i) && constants_.count(node.inputs[i]) == 0) return false;
    inputs.push_back(node.has_input(i) ? constants_.at(node.inputs[i]) : nullptr);
  }
  std::optional<std::vector<Tensor>> results;
  if (node.op == "DequantizeLinear" && inputs.size() >= 2 && inputs[0] && inputs[1])
    results = {
        dequantised(node, *inputs[0], inputs[1], inputs.size() > 2 ? inputs[2] : nullptr, node.integer("axis", 1))};
  else
    results = fold(node, inputs, file_.opset);
  if (!results) return false;
  for (std::size_t i = 0; i < results->size() && i < node.outputs.size(); ++i) {
    Tensor& tensor = (*results)[i];
    tensor.name = tensor.stored && !inputs.empty() ? inputs[0]->name : node.outputs[i];
    constants_[node.outputs[i]] = std::make_shared<Tensor>(std::move(tensor));
  }
  return true;
}

void Import::handle_moved(const Node& node) {
  const Operand x = operand(node, 0);
  const auto constants = [&](std::size_t i) { return constant(node, i); };
  if (node.op == "Pad" && x.value.plain() && x.value.dims.size() == 4 && drafts_.map_of(x.value) == x.value.map) {
    const Padding zeros = padding(node, 4, constants);
    if (zeros.before[0] + zeros.before[1] + zeros.after[0] + zeros.after[1] == 0) {
      Activation result = x.value;
      result.edges = {zeros.before[2], zeros.before[3], zeros.after[2], zeros.after[3]};
      result.dims[2] += zeros.before[2] + zeros.after[2];
      result.dims[3] += zeros.before[3] + zeros.after[3];
      activations_[node.outputs.at(0)] = result;
      return;
    }
  }
  const auto parts = reindex(node, x.value.dims, file_.opset, constants);
  for (std::size_t i = 0; i < parts.size() && i < node.outputs.size(); ++i) {
    Activation part = drafts_.reindexed(x.value, parts[i]);
    part.exclusive = part.exclusive && parts.size() == 1;
    activations_[node.outputs[i]] = std::move(part);
  }
}

void Import::handle(const Node& node) {
  if (node.outputs.empty()) fail(node, "has no output", "one at least");
  if (handle_constant(node)) return;
  if (is_reindexing(node.op)) return handle_moved(node);
  const auto handler = handlers().find(node.op);
  if (handler == handlers().end()) {
    std::string supported =
        "supported: Constant, Flatten, Gather, Identity, Pad, Reshape, Resize, Shape, Slice, Split, "
        "Squeeze, Transpose, Unsqueeze";
    for (const auto& entry : handlers()) supported += ", " + entry.first;
    fail(node, "operator " + node.op + " is not supported", supported);
  }
  activations_[node.outputs.at(0)] = (this->*handler->second)(node);
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
  for (const Activation& v : values) settled.push_back(drafts_.settled(v));
  Activation result = drafts_.joined(settled, axis, dims);
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
  return quantise(drafts_, node, real_operand(node, 0), quant(node, 1));
}

Activation Import::dequantise_linear(const Node& node) {
  return dequantise(drafts_, node, operand(node, 0).value, quant(node, 1));
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

}  // namespace
}  // namespace onnx

namespace {

Graph import_file(const std::string& bytes, const std::string& name, const std::optional<Shape>& frame,
                  const std::optional<std::string>& folder) {
  try {
    const onnx::File file = onnx::read_file(bytes, folder);
    Graph graph = onnx::Import(file, frame).run();
    graph.name = std::filesystem::path(name).stem().string();
    return graph;
  } catch (const onnx::Fault& fault) {
    throw InputError(name, fault.place, fault.problem, fault.remedy);
  }
}

}  // namespace

Graph import_onnx_bytes(const std::string& bytes, const std::string& name, std::optional<Shape> input) {
  return import_file(bytes, name, input, std::nullopt);
}

Graph import_onnx(const std::string& path, std::optional<Shape> input) {
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path))
    throw InputError(path, "", "cannot be read", "an ONNX network that exists");
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return import_file(bytes, path, input, std::filesystem::absolute(path).parent_path().string());
}

}  // namespace deltasim::models
