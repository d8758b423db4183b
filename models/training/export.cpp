#include "models/error.hpp"
#include "models/training/export_check.hpp"
#include "models/training/export_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace deltasim::models::training {
namespace {

using Dims = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

/// An ONNX file while it is written. A node's first output has the node's name.
class Document {
 public:
  explicit Document(const std::string& name) {
    proto_.set_ir_version(7);  // of opset 13's time: read by everything since ONNX 1.8
    proto_.set_producer_name("deltasim-train");
    proto_.add_opset_import()->set_version(13);
    proto_.mutable_graph()->set_name(name.empty() ? "network" : name);
  }

  onnx::NodeProto& node(const std::string& type, const std::string& name, const Names& inputs) {
    onnx::NodeProto& node = *proto_.mutable_graph()->add_node();
    node.set_op_type(type);
    node.set_name(free_name(name));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(node.name());
    return node;
  }
  std::string add(const std::string& type, const std::string& name, const Names& inputs) {
    return node(type, name, inputs).output(0);
  }
  static void set(onnx::NodeProto& node, const char* name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void set(onnx::NodeProto& node, const char* name, const Dims& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
  }

  std::string constant(const std::string& name, const Dims& dims, const std::vector<float>& values) {
    return initialiser(name, dims, onnx::TensorProto::FLOAT, values.data(), values.size() * sizeof(float));
  }
  std::string constant(const std::string& name, const Dims& dims, const std::vector<std::int8_t>& values) {
    return initialiser(name, dims, onnx::TensorProto::INT8, values.data(), values.size());
  }
  std::string zeros(const std::string& name, const Dims& dims, std::size_t count, bool is_signed) {
    const std::string bytes(count, '\0');
    return initialiser(name, dims, is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8, bytes.data(), count);
  }

  void input(const std::string& name, const Dims& dims) { describe(*proto_.mutable_graph()->add_input(), name, dims); }
  void output(const std::string& name, const Dims& dims) {
    describe(*proto_.mutable_graph()->add_output(), name, dims);
  }
  void metadata(const std::string& key, const std::string& value) {
    auto& entry = *proto_.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }

  /// Beside and renamed: the file is the old one or the new one, never a part.
  void save(const std::string& path) const {
    const std::string draft = path + ".unfinished";
    std::ofstream file(draft, std::ios::binary);
    const bool written = file && proto_.SerializeToOstream(&file) && file.flush();
    file.close();
    std::error_code failed;
    if (written) std::filesystem::rename(draft, path, failed);
    if (written && !failed) return;
    std::filesystem::remove(draft, failed);
    throw InputError(path, "", "cannot be written", "expected a folder that exists and has room");
  }

 private:
  // Raw bytes are little-endian by ONNX's definition, as every machine that libtorch runs on.
  std::string initialiser(const std::string& name, const Dims& dims, onnx::TensorProto::DataType type, const void* data,
                          std::size_t bytes) {
    onnx::TensorProto& tensor = *proto_.mutable_graph()->add_initializer();
    tensor.set_name(free_name(name));
    tensor.set_data_type(type);
    for (const std::int64_t dim : dims) tensor.add_dims(dim);
    tensor.set_raw_data(data, bytes);
    return tensor.name();
  }
  /// Layers may be called what others' parts are called.
  std::string free_name(std::string name) {
    while (!names_.insert(name).second) name += "_";
    return name;
  }
  static void describe(onnx::ValueInfoProto& info, const std::string& name, const Dims& dims) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : dims) tensor.mutable_shape()->add_dim()->set_dim_value(dim);
  }

  onnx::ModelProto proto_;
  std::set<std::string> names_{"input"};
};

/// Turns layer after layer into nodes. The node that gives a layer its name in deltasim is named like the layer; all
/// others are LAYER/WHAT.
class Export {
 public:
  Export(const TrainedNetwork& network, const ExportOptions& options)
      : network_(network),
        options_(options),
        geometry_(geometry(network.description)),
        document_(network.description.name) {
    check_exportable(network, options, geometry_);
  }

  void write(const std::string& path) {
    const Shape& shape = network_.description.input;
    document_.input("input", {1, shape.channels, shape.height, shape.width});
    input_ = "input";
    input_step_ = network_.input_steps;
    if (input_step_.empty()) input_step_ = {static_cast<float>(network_.input_scale)};  // the pixels as they are
    if (options_.quantised) {
      std::vector<float> pixels = input_step_;
      for (float& step : pixels) step = static_cast<float>(step / network_.input_scale);
      input_ = quantised("input", input_, pixels, false);
    }
    for (std::size_t l = 0; l < geometry_.size(); ++l) add_layer(l);
    finish();
    document_.save(path);
  }

 private:
  const LayerDescription& description(std::size_t l) const { return network_.description.layers[l]; }
  bool has_weights(std::size_t l, std::size_t term) const {
    const TermKind kind = description(l).terms[term].kind;
    return kind == TermKind::convolution || kind == TermKind::dense;
  }
  bool reads_matrix(std::size_t l) const;

  const std::string& value_of(std::size_t producer) const {
    return producer == TermGeometry::from_input ? input_ : values_[producer];
  }
  std::vector<float> step_of(std::size_t producer) const;

  void add_layer(std::size_t l);
  std::string term_name(std::size_t l, std::size_t term) const;
  std::string linear(std::size_t l, std::size_t term, const std::string& name);
  std::string average(std::size_t l, std::size_t term, const std::string& name);
  std::string weight(std::size_t l, std::size_t term, const std::string& name, const Dims& dims, RealTerm& real);
  std::string stored(const std::string& name, const Dims& dims, const StoredTerm& stored);
  std::string normalised(const std::string& name, const std::string& sum, const Normalisation& norm);
  std::string activated(std::size_t l, const std::string& sum);
  std::string quantised(const std::string& name, const std::string& value, const std::vector<float>& steps,
                        bool is_signed);
  std::string pooled(std::size_t l, const std::string& value);
  void finish();

  const TrainedNetwork& network_;
  const ExportOptions& options_;
  std::vector<LayerGeometry> geometry_;
  Document document_;
  std::string input_;
  std::vector<float> input_step_;
  std::vector<std::string> values_;  ///< by layer: what its readers read
  std::vector<bool> matrix_;         ///< by layer: it is 1 x features
};

/// All terms are dense, and so are all readers: then the layer is 1 x features, else a map of one pixel.
bool Export::reads_matrix(std::size_t l) const {
  const auto dense = [](const TermDescription& term) { return term.kind == TermKind::dense; };
  const auto& terms = description(l).terms;
  if (!std::all_of(terms.begin(), terms.end(), dense)) return false;
  for (std::size_t r = l + 1; r < geometry_.size(); ++r)
    for (std::size_t t = 0; t < description(r).terms.size(); ++t)
      if (geometry_[r].terms[t].from == l && !reads_matrix(r)) return false;
  return true;
}

/// Copies and averages without a quantiser keep their input's.
std::vector<float> Export::step_of(std::size_t producer) const {
  if (producer == TermGeometry::from_input) return input_step_;
  if (!network_.layers[producer].steps.empty()) return network_.layers[producer].steps;
  return step_of(geometry_[producer].terms.front().from);
}

std::string Export::stored(const std::string& name, const Dims& dims, const StoredTerm& stored) {
  const auto outputs = static_cast<std::int64_t>(stored.scale.size());
  const Names inputs{document_.constant(name + "/weight", dims, stored.codes),
                     document_.constant(name + "/weight_scale", {outputs}, stored.scale),
                     document_.zeros(name + "/weight_zero_point", {outputs}, stored.scale.size(), true)};
  onnx::NodeProto& real = document_.node("DequantizeLinear", name + "/weight_dequantise", inputs);
  Document::set(real, "axis", 0);
  if (stored.divisor.empty()) return real.output(0);
  const std::string value = real.output(0);
  if (dims.size() == 2) {  // an input channel's step for each of its pixels
    std::vector<float> columns;
    const std::size_t pixels = static_cast<std::size_t>(dims[1]) / stored.divisor.size();
    for (const float d : stored.divisor) columns.insert(columns.end(), pixels, d);
    return document_.add("Div", name + "/weight_by_step",
                         {value, document_.constant(name + "/input_step", {1, dims[1]}, columns)});
  }
  const std::int64_t rows = static_cast<std::int64_t>(stored.divisor.size()) / dims[1];
  return document_.add("Div", name + "/weight_by_step",
                       {value, document_.constant(name + "/input_step", {rows, dims[1], 1, 1}, stored.divisor)});
}

std::string Export::weight(std::size_t l, std::size_t t, const std::string& name, const Dims& dims, RealTerm& real) {
  const TrainedTerm& term = network_.layers[l].terms[t];
  const TermGeometry& g = geometry_[l].terms[t];
  const std::uint32_t outputs = geometry_[l].sum.channels;
  real = options_.fold_batch_norm ? fold_batch_norm(term, outputs) : RealTerm{term.weight, term.bias};
  const bool pixels = g.from == TermGeometry::from_input;  // the file's input is not scaled: its readers' weights are
  if (options_.quantised) {
    StoredTerm integers = store(real, outputs, g, step_of(g.from), l + 1 == geometry_.size());
    if (pixels)
      for (float& scale : integers.scale) scale = static_cast<float>(scale * network_.input_scale);
    return stored(name, dims, integers);
  }
  std::vector<float> values = real.weight;
  if (pixels)
    for (float& w : values) w = static_cast<float>(w * network_.input_scale);
  return document_.constant(name + "/weight", dims, values);
}

std::string Export::normalised(const std::string& name, const std::string& sum, const Normalisation& norm) {
  const Dims dims{static_cast<std::int64_t>(norm.gamma.size())};
  const std::string prefix = name + "/batch_norm";
  onnx::NodeProto& node = document_.node(
      "BatchNormalization", prefix,
      {sum, document_.constant(prefix + "/scale", dims, norm.gamma),
       document_.constant(prefix + "/bias", dims, norm.beta), document_.constant(prefix + "/mean", dims, norm.mean),
       document_.constant(prefix + "/variance", dims, norm.variance)});
  onnx::AttributeProto& epsilon = *node.add_attribute();
  epsilon.set_name("epsilon");
  epsilon.set_type(onnx::AttributeProto::FLOAT);
  epsilon.set_f(static_cast<float>(norm.epsilon));
  return node.output(0);
}

/// A dense term is a matrix where its layer is 1 x features, else a convolution whose window is its whole input.
std::string Export::linear(std::size_t l, std::size_t t, const std::string& name) {
  const TermGeometry& g = geometry_[l].terms[t];
  const std::int64_t outputs = geometry_[l].sum.channels;
  std::string x = value_of(g.from);
  Dims dims{outputs, g.input.channels / g.groups, g.kernel_h, g.kernel_w};
  if (matrix_[l]) {
    dims = {outputs, static_cast<std::int64_t>(g.input.size())};
    if (g.from == TermGeometry::from_input || !matrix_[g.from]) x = document_.add("Flatten", name + "/flatten", {x});
  }
  RealTerm real;
  Names inputs{x, weight(l, t, name, dims, real)};
  if (!real.bias.empty()) inputs.push_back(document_.constant(name + "/bias", {outputs}, real.bias));
  onnx::NodeProto& node = document_.node(matrix_[l] ? "Gemm" : "Conv", name, inputs);
  if (matrix_[l]) {
    Document::set(node, "transB", 1);
  } else {
    Document::set(node, "kernel_shape", Dims{g.kernel_h, g.kernel_w});
    Document::set(node, "strides", Dims{g.stride, g.stride});
    Document::set(node, "pads", Dims{g.top, g.left, g.bottom, g.right});
    Document::set(node, "group", g.groups);
  }
  const auto& norm = network_.layers[l].terms[t].batch_norm;
  return norm && !options_.fold_batch_norm ? normalised(name, node.output(0), *norm) : node.output(0);
}

std::string Export::average(std::size_t l, std::size_t t, const std::string& name) {
  const TermGeometry& g = geometry_[l].terms[t];
  if (g.kernel_h == g.input.height && g.kernel_w == g.input.width && geometry_[l].sum.pixels() == 1)
    return document_.add("GlobalAveragePool", name, {value_of(g.from)});
  onnx::NodeProto& node = document_.node("AveragePool", name, {value_of(g.from)});
  Document::set(node, "kernel_shape", Dims{g.kernel_h, g.kernel_w});
  Document::set(node, "strides", Dims{g.stride, g.stride});
  Document::set(node, "pads", Dims{g.top, g.left, g.bottom, g.right});
  return node.output(0);
}

/// The first term with weights is what deltasim names the layer after; else its only node, or the sum.
std::string Export::term_name(std::size_t l, std::size_t term) const {
  const std::size_t terms = description(l).terms.size();
  std::size_t first = 0;
  while (first < terms && !has_weights(l, first)) ++first;
  if (term == first || terms == 1) return description(l).name;
  return fmt::format(has_weights(l, term) ? "{}/shortcut{}" : "{}/term{}", description(l).name,
                     terms == 2 ? "" : std::to_string(term));
}

std::string Export::activated(std::size_t l, const std::string& sum) {
  const LayerDescription& layer = description(l);
  const bool copy = layer.terms.size() == 1 && layer.terms[0].kind == TermKind::identity;
  const std::string name =
      copy ? layer.name : layer.name + "/" + (layer.activation == Activation::relu ? "relu" : "relu6");
  if (layer.activation == Activation::relu) return document_.add("Relu", name, {sum});
  if (layer.activation != Activation::relu6) return sum;
  const Names inputs{sum, document_.constant(layer.name + "/low", {}, std::vector<float>{0}),
                     document_.constant(layer.name + "/high", {}, std::vector<float>{6})};
  return document_.add("Clip", name, inputs);
}

std::string Export::quantised(const std::string& name, const std::string& value, const std::vector<float>& steps,
                              bool is_signed) {
  const bool one = steps.size() == 1;
  const Dims dims = one ? Dims{} : Dims{static_cast<std::int64_t>(steps.size())};
  const std::string scale = document_.constant(name + "/step", dims, steps);
  const std::string zero = document_.zeros(name + "/zero_point", dims, steps.size(), is_signed);
  std::string result = value;
  for (const char* type : {"QuantizeLinear", "DequantizeLinear"}) {
    const std::string suffix = std::string(type) == "QuantizeLinear" ? "/quantise" : "/dequantise";
    onnx::NodeProto& node = document_.node(type, name + suffix, {result, scale, zero});
    if (!one) Document::set(node, "axis", 1);
    result = node.output(0);
  }
  return result;
}

std::string Export::pooled(std::size_t l, const std::string& value) {
  if (!description(l).max_pool) return value;
  const std::int64_t kernel = description(l).max_pool->kernel, stride = description(l).max_pool->stride,
                     pad = description(l).max_pool->padding;
  onnx::NodeProto& node = document_.node("MaxPool", description(l).name + "/pool", {value});
  Document::set(node, "kernel_shape", Dims{kernel, kernel});
  Document::set(node, "strides", Dims{stride, stride});
  Document::set(node, "pads", Dims{pad, pad, pad, pad});
  return node.output(0);
}

void Export::add_layer(std::size_t l) {
  const LayerDescription& layer = description(l);
  matrix_.push_back(reads_matrix(l));
  std::string sum;
  bool weights = false;
  for (std::size_t t = 0; t < layer.terms.size(); ++t) weights = weights || has_weights(l, t);
  for (std::size_t t = 0; t < layer.terms.size(); ++t) {
    std::string value = value_of(geometry_[l].terms[t].from);
    if (has_weights(l, t)) value = linear(l, t, term_name(l, t));
    if (layer.terms[t].kind == TermKind::average_pool) value = average(l, t, term_name(l, t));
    const bool last = t + 1 == layer.terms.size();
    const std::string name =
        last && !weights ? layer.name : fmt::format("{}/sum{}", layer.name, last ? "" : std::to_string(t));
    sum = t == 0 ? value : document_.add("Add", name, {sum, value});
  }
  sum = activated(l, sum);
  const bool quantises = options_.quantised && !network_.layers[l].steps.empty() && l + 1 < geometry_.size();
  if (quantises) sum = quantised(layer.name, sum, network_.layers[l].steps, !never_negative(network_.description, l));
  values_.push_back(pooled(l, sum));
}

void Export::finish() {
  const std::int64_t classes = geometry_.back().output.channels;
  const std::string& last = values_.back();
  const std::string name =
      matrix_.back() ? last : document_.add("Flatten", network_.description.layers.back().name + "/flatten", {last});
  document_.output(name, {1, classes});
  document_.metadata("network", network_.description.name);
  document_.metadata("input", fmt::format("pixels 0..255; trained on pixel * {}", network_.input_scale));
  if (!network_.classes.empty()) document_.metadata("classes", fmt::format("{}", fmt::join(network_.classes, ",")));
  for (const auto& [key, value] : options_.metadata) document_.metadata(key, value);
}

}  // namespace

void export_onnx(const TrainedNetwork& network, const ExportOptions& options, const std::string& path) {
  Export(network, options).write(path);
}

}  // namespace deltasim::models::training
