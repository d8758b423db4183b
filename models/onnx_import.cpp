#include "models/onnx_import.hpp"

#include "models/error.hpp"
#include "models/onnx_finish.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace deltasim::models {
namespace onnx {
namespace {

constexpr std::uint64_t most_folded = std::uint64_t{1} << 26;  ///< elements of all constants that nodes make

/// A type that is not read leaves a tensor without values: a fault only where it is used.
void require_numbers(const Node& node, const Tensor& tensor) {
  if (tensor.type == ElementType::unsupported)
    fail(node, "'" + tensor.name + "' holds elements that are not read", "float, float16, double or integers");
}

}  // namespace

Import::Import(const File& file, const std::optional<Shape>& frame) : file_(file) {
  for (const auto& [name, tensor] : file.initialisers) constants_[name] = tensor;
  count_uses();
  add_input(frame.value_or(Shape{}));
}

Graph Import::run() {
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

/// Quantisers that read a tensor with the same scale are one use of it; operator Shape is none.
void Import::count_uses() {
  std::set<std::vector<std::string>> quantisers;
  for (const Node& node : file_.nodes) {
    if (node.op == "Shape") continue;
    std::vector<std::string> key = node.inputs;
    key.push_back(node.op);
    const bool quantiser = node.op == "QuantizeLinear" || node.op == "DequantizeLinear";
    if (quantiser && !quantisers.insert(key).second) continue;
    for (const std::string& input : node.inputs) ++uses_[input];
  }
  for (const ValueInfo& output : file_.outputs) ++uses_[output.name];
}

/// The one input that nodes read.
const ValueInfo& Import::frame_input() const {
  std::vector<const ValueInfo*> inputs;
  for (const ValueInfo& input : file_.inputs)
    if (file_.inputs.size() == 1 || uses_.count(input.name) != 0) inputs.push_back(&input);
  if (inputs.size() != 1)
    throw Fault{inputs.empty() ? "" : "input '" + inputs[1]->name + "'",
                fmt::format("a network with {} inputs", inputs.size()), "one input of 1 x channels x rows x columns"};
  if (inputs.front()->type == ElementType::unsupported)
    throw Fault{"input '" + inputs.front()->name + "'", "elements that are no numbers", "float, uint8 or int8"};
  return *inputs.front();
}

/// The input's dimensions, open ones taken from the frames.
Dims Import::frame_dims(const ValueInfo& input, const Shape& frame) const {
  const std::string place = "input '" + input.name + "'";
  Dims dims = input.dims;
  if (dims.size() != 4) throw Fault{place, fmt::format("{} dimensions", dims.size()), "1 x channels x rows x columns"};
  if (dims[0] <= 0) dims[0] = 1;
  if (dims[0] != 1) throw Fault{place, fmt::format("a batch of {}", dims[0]), "a batch of 1, or an open one"};
  const Dims given = channels_last(input.name) ? Dims{1, frame.height, frame.width, frame.channels}
                                               : Dims{1, frame.channels, frame.height, frame.width};
  for (std::size_t d = 1; d < 4; ++d) {
    if (dims[d] <= 0) dims[d] = given[d];
    if (dims[d] <= 0)
      throw Fault{place, "its channels, rows and columns are not all fixed in the file", "give the frames' size"};
    if (dims[d] > 65535) throw Fault{place, "an input of " + text(dims), "at most 65535 in each dimension"};
  }
  return dims;
}

void Import::add_input(const Shape& frame) {
  const ValueInfo& input = frame_input();
  const Dims dims = frame_dims(input, frame);
  const bool last = channels_last(input.name);
  Draft draft;
  draft.node_name = input.name;
  draft.place = "input '" + input.name + "'";
  const auto size = [&](std::size_t d) { return static_cast<std::uint32_t>(dims[d]); };
  draft.layer.output = last ? Shape{size(3), size(1), size(2)} : Shape{size(1), size(2), size(3)};
  Activation value = drafts_.add(std::move(draft), last ? Dims{1, dims[3], dims[1], dims[2]} : dims);
  if (last) {
    Node order;
    order.op = "Transpose";
    order.name = input.name;
    order.attributes["perm"].integers = {0, 2, 3, 1};
    value = drafts_.reindexed(value, reindex(order, value.dims, file_.opset, {}).front());
  }
  integer_input_ = value.codes = is_integer(input.type);
  activations_[input.name] = value;
}

/// The file stores rows, columns, channels and its first nodes turn them: frames are C, H, W here all the same.
bool Import::channels_last(const std::string& input) const {
  bool turned = false;
  for (const Node& node : file_.nodes) {
    if (std::find(node.inputs.begin(), node.inputs.end(), input) == node.inputs.end()) continue;
    const auto order = node.integers("perm");
    if (node.op != "Transpose" || order != std::vector<std::int64_t>{0, 3, 1, 2}) return false;
    turned = true;
  }
  return turned;
}

std::shared_ptr<const Tensor> Import::constant(const Node& node, std::size_t i) const {
  if (!node.has_input(i)) fail(node, fmt::format("has no input {}", i), "a constant");
  const auto found = constants_.find(node.inputs[i]);
  if (found == constants_.end())
    fail(node, "input '" + node.inputs[i] + "' is not a constant", "numbers that are stored in the file");
  require_numbers(node, *found->second);
  return found->second;
}

Operand Import::operand(const Node& node, std::size_t i) const {
  const auto found = node.has_input(i) ? activations_.find(node.inputs[i]) : activations_.end();
  if (found == activations_.end() && node.has_input(i) && constants_.count(node.inputs[i]) != 0)
    fail(node, "calculates with the constant '" + node.inputs[i] + "'", "a tensor that depends on the network's input");
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
    if (inputs.back()) require_numbers(node, *inputs.back());
  }
  auto results = folded(node, inputs);
  if (!results) return false;
  keep(node, std::move(*results), inputs);
  return true;
}

std::optional<std::vector<Tensor>> Import::folded(const Node& node, const Operands& inputs) const {
  const bool quantiser = node.op == "DequantizeLinear" || node.op == "QuantizeLinear";
  if (!quantiser) return fold(node, inputs, file_.opset);
  if (inputs.size() < 2 || !inputs[0] || !inputs[1]) fail(node, "has no scale", "a scale for its input");
  const auto zero_point = inputs.size() > 2 ? inputs[2] : nullptr;
  const auto convert = node.op == "DequantizeLinear" ? dequantised : quantised;
  return std::vector<Tensor>{convert(node, *inputs[0], inputs[1], zero_point, node.integer("axis", 1))};
}

/// The name stays that of the numbers in the file as long as they are the same numbers: messages name it.
void Import::keep(const Node& node, std::vector<Tensor> results, const Operands& inputs) {
  const bool same = is_reindexing(node.op) || node.op == "Cast" || node.op == "DequantizeLinear";
  for (std::size_t i = 0; i < results.size() && i < node.outputs.size(); ++i) {
    folded_ += results[i].values.size();
    if (folded_ > most_folded)
      fail(node, fmt::format("constants of more than {} elements are calculated", most_folded), "stored weights");
    results[i].name = same && !inputs.empty() && inputs[0] ? inputs[0]->name : node.outputs[i];
    constants_[node.outputs[i]] = std::make_shared<Tensor>(std::move(results[i]));
  }
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
  for (const Reindexed& part : parts)
    if (element_count(part.dims, place(node)) == 0) fail(node, "leaves nothing of its input", "one element at least");
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
  std::error_code ignored;
  if (!in || std::filesystem::is_directory(path, ignored))
    throw InputError(path, "", "cannot be read", "an ONNX network that exists");
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return import_file(bytes, path, input, std::filesystem::absolute(path).parent_path().string());
}

}  // namespace deltasim::models
