#include "sim/training/onnx_writer.hpp"

#include <onnx/onnx_pb.h>

#include <fstream>
#include <stdexcept>

namespace deltasim::sim {
namespace {

void integers(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INTS);
  for (const auto value : values) attribute->add_ints(value);
}

void integer(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  auto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(onnx::AttributeProto::INT);
  attribute->set_i(value);
}

void value_info(onnx::ValueInfoProto& info, const std::string& name, const std::vector<std::int64_t>& dims) {
  info.set_name(name);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(onnx::TensorProto::FLOAT);
  for (const auto dim : dims) tensor->mutable_shape()->add_dim()->set_dim_value(dim);
}

}  // namespace

class OnnxWriter::Model {
 public:
  onnx::ModelProto proto;

  onnx::NodeProto& node(const std::string& name, const std::string& type, const std::vector<std::string>& inputs) {
    auto& node = *proto.mutable_graph()->add_node();
    node.set_name(name);
    node.set_op_type(type);
    for (const auto& input : inputs) node.add_input(input);
    node.add_output(name);
    return node;
  }

  std::string initializer(const std::string& name, const std::vector<std::int64_t>& dims,
                          const std::vector<float>& values) {
    auto& tensor = *proto.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const auto dim : dims) tensor.add_dims(dim);
    // raw_data is little-endian by definition, as every machine that libtorch runs on
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
    return name;
  }
};

OnnxWriter::OnnxWriter(const std::string& name, std::int64_t channels, std::int64_t height, std::int64_t width)
    : model_(std::make_unique<Model>()) {
  auto& proto = model_->proto;
  proto.set_ir_version(7);  // of opset 13's time: read by everything since ONNX 1.8
  proto.set_producer_name("deltasim");
  auto* opset = proto.add_opset_import();
  opset->set_domain("");
  opset->set_version(13);
  proto.mutable_graph()->set_name(name);
  value_info(*proto.mutable_graph()->add_input(), "input", {1, channels, height, width});
}

OnnxWriter::~OnnxWriter() = default;

std::string OnnxWriter::input() const { return "input"; }

std::string OnnxWriter::convolution(const std::string& name, const std::string& from, const ConvolutionWeights& layer) {
  const auto kernel = layer.kernel;
  const auto pad = kernel / 2;
  const std::vector<std::string> inputs = {
      from,
      model_->initializer(name + "_weight", {layer.outputs, layer.inputs_of_group, kernel, kernel}, layer.weights),
      model_->initializer(name + "_bias", {layer.outputs}, layer.bias)};
  auto& node = model_->node(name, "Conv", inputs);
  integers(node, "kernel_shape", {kernel, kernel});
  integers(node, "strides", {layer.stride, layer.stride});
  integers(node, "pads", {pad, pad, pad, pad});
  integer(node, "group", layer.groups);
  return node.output(0);
}

std::string OnnxWriter::relu(const std::string& from) { return model_->node(from + "_relu", "Relu", {from}).output(0); }

std::string OnnxWriter::add(const std::string& name, const std::string& a, const std::string& b) {
  return model_->node(name, "Add", {a, b}).output(0);
}

std::string OnnxWriter::max_pool(const std::string& name, const std::string& from, std::int64_t size) {
  auto& node = model_->node(name, "MaxPool", {from});
  integers(node, "kernel_shape", {size, size});
  integers(node, "strides", {size, size});
  return node.output(0);
}

std::string OnnxWriter::global_average_pool(const std::string& name, const std::string& from) {
  return model_->node(name, "GlobalAveragePool", {from}).output(0);
}

std::string OnnxWriter::dense(const std::string& name, const std::string& from, const ConvolutionWeights& layer) {
  const auto flat = model_->node(name + "_flatten", "Flatten", {from}).output(0);
  auto& node =
      model_->node(name, "Gemm",
                   {flat, model_->initializer(name + "_weight", {layer.outputs, layer.inputs_of_group}, layer.weights),
                    model_->initializer(name + "_bias", {layer.outputs}, layer.bias)});
  integer(node, "transB", 1);
  return node.output(0);
}

void OnnxWriter::output(const std::string& from, std::int64_t size) {
  value_info(*model_->proto.mutable_graph()->add_output(), from, {1, size});
}

void OnnxWriter::metadata(const std::string& key, const std::string& value) {
  auto* entry = model_->proto.add_metadata_props();
  entry->set_key(key);
  entry->set_value(value);
}

void OnnxWriter::save(const std::string& path) const {
  std::ofstream file(path, std::ios::binary);
  if (!file || !model_->proto.SerializeToOstream(&file) || !file.flush()) {
    throw std::runtime_error(path + ": cannot be written");
  }
}

}  // namespace deltasim::sim
