#include "models/onnx_file.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

namespace deltasim::models::onnx {
namespace {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;

ElementType element_type(std::int32_t type) {
  switch (type) {
    case TensorProto::FLOAT:
    case TensorProto::DOUBLE:
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
      return ElementType::real;
    case TensorProto::BOOL:
      return ElementType::boolean;
    case TensorProto::INT8:
      return ElementType::int8;
    case TensorProto::UINT8:
      return ElementType::uint8;
    case TensorProto::INT16:
      return ElementType::int16;
    case TensorProto::UINT16:
      return ElementType::uint16;
    case TensorProto::INT32:
      return ElementType::int32;
    case TensorProto::UINT32:
      return ElementType::uint32;
    case TensorProto::INT64:
      return ElementType::int64;
    default:
      return ElementType::unsupported;
  }
}

double from_half(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  const double sign = (bits >> 15) != 0 ? -1.0 : 1.0;
  if (exponent == 31)
    return mantissa == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(mantissa + 1024, exponent - 25);
}

double from_bfloat(std::uint16_t bits) {
  const std::uint32_t wide = std::uint32_t{bits} << 16;
  float value = 0;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

template <typename T, typename Convert>
std::vector<double> unpack(const std::string& raw, Convert convert) {
  std::vector<double> values(raw.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T item;
    std::memcpy(&item, raw.data() + i * sizeof(T), sizeof(T));
    values[i] = convert(item);
  }
  return values;
}

std::size_t element_bytes(std::int32_t type) {
  switch (type) {
    case TensorProto::BOOL:
    case TensorProto::INT8:
    case TensorProto::UINT8:
      return 1;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::INT16:
    case TensorProto::UINT16:
      return 2;
    case TensorProto::DOUBLE:
    case TensorProto::INT64:
      return 8;
    default:
      return 4;
  }
}

std::vector<double> unpack(std::int32_t type, const std::string& raw) {
  const auto same = [](auto v) { return static_cast<double>(v); };
  switch (type) {
    case TensorProto::FLOAT:
      return unpack<float>(raw, same);
    case TensorProto::DOUBLE:
      return unpack<double>(raw, same);
    case TensorProto::FLOAT16:
      return unpack<std::uint16_t>(raw, from_half);
    case TensorProto::BFLOAT16:
      return unpack<std::uint16_t>(raw, from_bfloat);
    case TensorProto::INT8:
      return unpack<std::int8_t>(raw, same);
    case TensorProto::INT16:
      return unpack<std::int16_t>(raw, same);
    case TensorProto::UINT16:
      return unpack<std::uint16_t>(raw, same);
    case TensorProto::INT32:
      return unpack<std::int32_t>(raw, same);
    case TensorProto::UINT32:
      return unpack<std::uint32_t>(raw, same);
    case TensorProto::INT64:
      return unpack<std::int64_t>(raw, same);
    default:
      return unpack<std::uint8_t>(raw, same);
  }
}

std::vector<double> typed_values(const TensorProto& tensor) {
  const auto copy = [](const auto& field) { return std::vector<double>(field.begin(), field.end()); };
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return copy(tensor.float_data());
    case TensorProto::DOUBLE:
      return copy(tensor.double_data());
    case TensorProto::INT64:
      return copy(tensor.int64_data());
    case TensorProto::UINT32:
      return copy(tensor.uint64_data());
    default:
      break;
  }
  std::vector<double> values = copy(tensor.int32_data());
  const bool half = tensor.data_type() == TensorProto::FLOAT16, brain = tensor.data_type() == TensorProto::BFLOAT16;
  if (half || brain)
    for (double& v : values) {
      const auto bits = static_cast<std::uint16_t>(static_cast<std::int32_t>(v));
      v = half ? from_half(bits) : from_bfloat(bits);
    }
  return values;
}

/// The bytes of a tensor that is kept in another file; nullopt where that is not there or is not inside the folder.
std::optional<std::string> external_bytes(const TensorProto& tensor, const std::optional<std::string>& folder,
                                          std::uint64_t bytes) {
  std::string location;
  std::uint64_t offset = 0;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() == "offset") offset = std::strtoull(entry.value().c_str(), nullptr, 10);
  }
  const std::filesystem::path path(location);
  if (!folder || location.empty() || path.is_absolute() || location.find("..") != std::string::npos)
    return std::nullopt;
  std::ifstream in(std::filesystem::path(*folder) / path, std::ios::binary | std::ios::ate);
  if (!in || static_cast<std::uint64_t>(in.tellg()) < bytes || static_cast<std::uint64_t>(in.tellg()) - bytes < offset)
    return std::nullopt;
  std::string data(bytes, '\0');
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(data.data(), static_cast<std::streamsize>(bytes));
  if (!in) return std::nullopt;
  return data;
}

std::shared_ptr<const Tensor> read_tensor(const TensorProto& proto, const std::string& name,
                                          const std::optional<std::string>& folder) {
  auto tensor = std::make_shared<Tensor>();
  tensor->name = name;
  tensor->type = element_type(proto.data_type());
  tensor->dims.assign(proto.dims().begin(), proto.dims().end());
  const std::string place = "initialiser '" + name + "'";
  const std::uint64_t count = element_count(tensor->dims, place);
  if (tensor->type == ElementType::unsupported) return tensor;  // a fault only where a node uses it
  if (proto.data_location() == TensorProto::EXTERNAL) {
    const auto data = external_bytes(proto, folder, count * element_bytes(proto.data_type()));
    tensor->missing = !data;
    if (data) tensor->values = unpack(proto.data_type(), *data);
    return tensor;
  }
  tensor->values = proto.has_raw_data() ? unpack(proto.data_type(), proto.raw_data()) : typed_values(proto);
  const bool whole = !proto.has_raw_data() || proto.raw_data().size() % element_bytes(proto.data_type()) == 0;
  if (tensor->values.size() != count || !whole)
    throw Fault{place, fmt::format("holds {} values", tensor->values.size()),
                fmt::format("its dimensions [{}] ask for {}", text(tensor->dims), count)};
  return tensor;
}

Attribute read_attribute(const AttributeProto& proto, const std::string& name,
                         const std::optional<std::string>& folder) {
  Attribute attribute;
  attribute.integers.assign(proto.ints().begin(), proto.ints().end());
  attribute.reals.assign(proto.floats().begin(), proto.floats().end());
  if (proto.has_i()) attribute.integers = {proto.i()};
  if (proto.has_f()) attribute.reals = {proto.f()};
  attribute.text = proto.s();
  if (proto.has_t()) attribute.tensor = read_tensor(proto.t(), name, folder);
  return attribute;
}

Node read_node(const ::onnx::NodeProto& proto, std::size_t index, const std::optional<std::string>& folder) {
  Node node;
  const bool own = proto.domain().empty() || proto.domain() == "ai.onnx";
  node.op = own ? proto.op_type() : proto.domain() + "." + proto.op_type();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  const std::string output = node.outputs.empty() ? fmt::format("node_{}", index) : node.outputs.front();
  node.name = proto.name().empty() ? output : proto.name();
  for (const auto& attribute : proto.attribute())
    node.attributes[attribute.name()] = read_attribute(attribute, output, folder);
  node.index = index;
  return node;
}

ValueInfo read_value(const ::onnx::ValueInfoProto& proto) {
  ValueInfo value;
  value.name = proto.name();
  value.type = element_type(proto.type().tensor_type().elem_type());
  for (const auto& d : proto.type().tensor_type().shape().dim())
    value.dims.push_back(d.has_dim_value() ? d.dim_value() : -1);
  return value;
}

}  // namespace

std::int64_t Node::integer(const std::string& attribute, std::int64_t otherwise) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() || found->second.integers.empty() ? otherwise : found->second.integers.front();
}

double Node::real(const std::string& attribute, double otherwise) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() || found->second.reals.empty() ? otherwise : found->second.reals.front();
}

std::string Node::text(const std::string& attribute, const std::string& otherwise) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() || found->second.text.empty() ? otherwise : found->second.text;
}

std::optional<std::vector<std::int64_t>> Node::integers(const std::string& attribute) const {
  const auto found = attributes.find(attribute);
  if (found == attributes.end()) return std::nullopt;
  return found->second.integers;
}

std::string place(const Node& node) { return "node '" + node.name + "' (" + node.op + ")"; }

void fail(const Node& node, const std::string& problem, const std::string& remedy) {
  throw Fault{place(node), problem, remedy};
}

File read_file(const std::string& bytes, const std::optional<std::string>& folder) {
  ::onnx::ModelProto model;
  const bool parsed = bytes.size() <= std::numeric_limits<int>::max() &&
                      model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!parsed || !model.has_graph() || model.graph().node().empty())
    throw Fault{"", fmt::format("no complete ONNX file: {} bytes that hold no whole network", bytes.size()),
                "an ONNX network that was saved to its end"};
  File file;
  file.graph_name = model.graph().name();
  for (const auto& opset : model.opset_import())
    if (opset.domain().empty() || opset.domain() == "ai.onnx") file.opset = opset.version();
  for (const auto& tensor : model.graph().initializer())
    file.initialisers[tensor.name()] = read_tensor(tensor, tensor.name(), folder);
  for (const auto& node : model.graph().node()) file.nodes.push_back(read_node(node, file.nodes.size(), folder));
  for (const auto& input : model.graph().input())
    if (file.initialisers.count(input.name()) == 0) file.inputs.push_back(read_value(input));
  for (const auto& output : model.graph().output()) file.outputs.push_back(read_value(output));
  return file;
}

}  // namespace deltasim::models::onnx
