#include "onnx_builder.hpp"

#include "models/error.hpp"

#include <doctest/doctest.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <fstream>
#include <functional>

namespace deltasim::test {
namespace {

using ::onnx::NodeProto;
using ::onnx::TensorProto;

::onnx::AttributeProto* attribute(void* node, const std::string& name, ::onnx::AttributeProto::AttributeType type) {
  auto* added = static_cast<NodeProto*>(node)->add_attribute();
  added->set_name(name);
  added->set_type(type);
  return added;
}

template <typename T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string& kept_in() {
  static std::string folder;
  return folder;
}

/// Exact for the small integers and fractions that tests use.
std::uint16_t to_half(double value) {
  float f = static_cast<float>(value);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &f, sizeof bits);
  const std::uint32_t sign = bits >> 31, exponent = (bits >> 23) & 255, mantissa = bits & 0x7fffff;
  if (exponent == 0) return static_cast<std::uint16_t>(sign << 15);
  return static_cast<std::uint16_t>(sign << 15 | (exponent - 127 + 15) << 10 | mantissa >> 13);
}

void append(std::string& bytes, double value, OnnxBuilder::Type type) {
  using Type = OnnxBuilder::Type;
  if (type == Type::float32) append(bytes, static_cast<float>(value));
  if (type == Type::float64) append(bytes, value);
  if (type == Type::float16) append(bytes, to_half(value));
  if (type == Type::uint8) append(bytes, static_cast<std::uint8_t>(value));
  if (type == Type::int8) append(bytes, static_cast<std::int8_t>(value));
  if (type == Type::int32) append(bytes, static_cast<std::int32_t>(value));
  if (type == Type::int64) append(bytes, static_cast<std::int64_t>(value));
}

void add_typed(TensorProto& tensor, double value, OnnxBuilder::Type type) {
  using Type = OnnxBuilder::Type;
  if (type == Type::float32)
    tensor.add_float_data(static_cast<float>(value));
  else if (type == Type::float64)
    tensor.add_double_data(value);
  else if (type == Type::int64)
    tensor.add_int64_data(static_cast<std::int64_t>(value));
  else if (type == Type::float16)
    tensor.add_int32_data(to_half(value));
  else
    tensor.add_int32_data(static_cast<std::int32_t>(value));
}

}  // namespace

struct OnnxBuilder::Model {
  ::onnx::ModelProto proto;
};

OnnxBuilder::Node& OnnxBuilder::Node::set(const std::string& name, std::int64_t value) {
  attribute(node_, name, ::onnx::AttributeProto::INT)->set_i(value);
  return *this;
}

OnnxBuilder::Node& OnnxBuilder::Node::set(const std::string& name, float value) {
  attribute(node_, name, ::onnx::AttributeProto::FLOAT)->set_f(value);
  return *this;
}

OnnxBuilder::Node& OnnxBuilder::Node::list(const std::string& name, const Dims& values) {
  auto* added = attribute(node_, name, ::onnx::AttributeProto::INTS);
  for (const std::int64_t v : values) added->add_ints(v);
  return *this;
}

OnnxBuilder::Node& OnnxBuilder::Node::set(const std::string& name, const std::string& value) {
  attribute(node_, name, ::onnx::AttributeProto::STRING)->set_s(value);
  return *this;
}

OnnxBuilder::OnnxBuilder(std::int64_t opset) : model_(std::make_unique<Model>()) {
  model_->proto.set_ir_version(7);
  auto* import = model_->proto.add_opset_import();
  import->set_version(opset);
  model_->proto.mutable_graph()->set_name("test");
}

OnnxBuilder::OnnxBuilder(OnnxBuilder&& other) noexcept = default;
OnnxBuilder::~OnnxBuilder() = default;

OnnxBuilder& OnnxBuilder::input(const std::string& name, const Dims& dims, Type type) {
  auto* input = model_->proto.mutable_graph()->add_input();
  input->set_name(name);
  input->mutable_type()->mutable_tensor_type()->set_elem_type(static_cast<int>(type));
  for (const std::int64_t d : dims) {
    auto* dim = input->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim();
    if (d == -1) dim->set_dim_param("n");
    if (d >= 0) dim->set_dim_value(d);
  }
  return *this;
}

OnnxBuilder& OnnxBuilder::output(const std::string& name) {
  model_->proto.mutable_graph()->add_output()->set_name(name);
  return *this;
}

OnnxBuilder& OnnxBuilder::constant(const std::string& name, const Dims& dims, const std::vector<double>& values,
                                   Type type, bool raw) {
  auto* tensor = model_->proto.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(static_cast<int>(type));
  for (const std::int64_t d : dims) tensor->add_dims(d);
  std::string bytes;
  for (const double v : values) {
    if (raw)
      append(bytes, v, type);
    else
      add_typed(*tensor, v, type);
  }
  if (raw) tensor->set_raw_data(bytes);
  return *this;
}

OnnxBuilder& OnnxBuilder::missing(const std::string& name, const Dims& dims) {
  auto* tensor = model_->proto.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(TensorProto::FLOAT);
  for (const std::int64_t d : dims) tensor->add_dims(d);
  tensor->set_data_location(TensorProto::EXTERNAL);
  auto* location = tensor->add_external_data();
  location->set_key("location");
  location->set_value("weights.bin");
  return *this;
}

OnnxBuilder::Node OnnxBuilder::node(const std::string& op, const Names& inputs, const Names& outputs,
                                    const std::string& name) {
  auto* node = model_->proto.mutable_graph()->add_node();
  const std::size_t dot = op.rfind('.');
  node->set_op_type(dot == std::string::npos ? op : op.substr(dot + 1));
  if (dot != std::string::npos) node->set_domain(op.substr(0, dot));
  for (const auto& i : inputs) node->add_input(i);
  for (const auto& o : outputs) node->add_output(o);
  node->set_name(name);
  return Node(node);
}

std::string OnnxBuilder::bytes() const { return model_->proto.SerializeAsString(); }

void OnnxBuilder::keep_in(const std::string& folder) { kept_in() = folder; }

models::Graph OnnxBuilder::import(std::optional<models::Shape> frame) const {
  if (!kept_in().empty())
    std::ofstream(kept_in() + "/" + std::to_string(std::hash<std::string>{}(bytes())) + ".onnx") << bytes();
  return models::import_onnx_bytes(bytes(), "test.onnx", frame);
}

std::string OnnxBuilder::refusal() const {
  try {
    import();
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "";
}

std::vector<double> counting(std::size_t count, double from) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = from + static_cast<double>(i);
  return values;
}

OnnxBuilder input_and_kernel() {
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y").constant("w", {2, 2, 3, 3}, counting(36));
  return model;
}

const models::GraphLayer& layer(const models::Graph& graph, const std::string& name) {
  for (const models::GraphLayer& l : graph.layers)
    if (l.name == name) return l;
  FAIL("no layer " << name);
  return graph.layers.front();
}

}  // namespace deltasim::test
