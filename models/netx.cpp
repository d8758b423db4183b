#include "models/error.hpp"
#include "models/graph.hpp"
#include "models/hdf5_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

/// Lava netx: what the file says, found by reproducing the published PilotNet vectors bit for bit.
///   - shapes are (C, H, W); stride, padding, dilation and kernelSize are (vertical, horizontal);
///   - convolution weights are (out, in of the group, ky, kx) and slide unflipped over (C, H, W), flatten is in
///     (C, H, W) order. (Lava itself runs tensors as (W, H, C) and transposes the kernels when it loads the file.)
///   - act = relu(sigma + (bias << 12)) on every layer except the input, which keeps its sign;
///   - a layer fires where |difference| >= vThMant << 12 and sends the difference >> 6;
///   - the last layer (sigma_output) sends nothing: the network's output is its integrated sum, no relu, no threshold.
namespace deltasim::models {
namespace {

constexpr std::uint32_t spike_exponent = 6;
constexpr std::uint32_t state_exponent = 6;
constexpr std::uint32_t scale_bits = spike_exponent + state_exponent;
/// Lava wraps the sums of convolutions, not those of dense layers, at this width.
constexpr std::uint32_t convolution_bits = 24;
/// Weights and biases are in 1/64; so activations are in 2^-18, and messages (activation >> 6) in 2^-12.
constexpr double weight_step = 1.0 / (1 << spike_exponent);
constexpr double activation_step = weight_step / (1 << scale_bits);
/// The largest extent that is credible, so that products of a damaged file's extents cannot overflow.
constexpr double largest_extent = 1 << 16;

class Importer {
 public:
  explicit Importer(const std::string& path) : file_(path) {}

  Network import() {
    if (!file_.exists("layer")) fail("layer", "group is missing", "expected a netx network with one group per layer");
    network_.name = stem();
    network_.sigma_delta.active = true;
    network_.sigma_delta.message_shift = state_exponent;
    const std::size_t count = file_.members("layer").size();
    if (count < 2) fail("layer", fmt::format("{} layers", count), "expected an input layer and at least one more");
    for (std::size_t i = 0; i < count; ++i) {
      at_ = fmt::format("layer/{}", i);
      if (!file_.exists(at_)) fail(at_, "layer is missing", fmt::format("expected layers 0 to {}", count - 1));
      read_layer(i, i + 1 == count);
    }
    return std::move(network_);
  }

 private:
  [[noreturn]] void fail(const std::string& place, const std::string& problem, const std::string& remedy) const {
    throw InputError(file_.path(), place, problem, remedy);
  }
  std::string name(const char* dataset) const { return at_ + "/" + dataset; }
  std::string stem() const;

  void read_layer(std::size_t index, bool last);
  void read_input();
  void read_synapses(bool convolution, bool last);
  void read_flatten();
  void read_neuron(bool last);
  Branch read_convolution(std::uint32_t outputs);
  Branch read_dense(std::uint32_t outputs);
  Shape output_of(const Branch& branch, std::uint32_t channels) const;
  Shape read_shape() const;
  void check_shape(const Shape& computed) const;
  void read_bias(Branch& branch, std::uint32_t outputs) const;

  std::int64_t integer(const char* dataset, double low, double high) const;
  std::pair<std::uint32_t, std::uint32_t> pair(const char* dataset, std::uint32_t least) const;
  std::vector<double> integral(const char* dataset, double low, double high) const;
  std::vector<double> weights(const std::vector<std::uint64_t>& expected) const;

  Hdf5File file_;
  Network network_;
  std::string at_;          ///< group of the current layer
  Shape shape_;             ///< of the last layer's output
  bool flattened_ = false;  ///< a flatten layer came since the last layer with weights
};

std::string Importer::stem() const {
  const std::string& path = file_.path();
  const std::size_t slash = path.find_last_of('/');
  const std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
  return base.substr(0, base.find_last_of('.'));
}

std::vector<double> Importer::integral(const char* dataset, double low, double high) const {
  std::vector<double> values = file_.numbers(name(dataset));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!(values[i] >= low && values[i] <= high) || values[i] != std::floor(values[i]))
      fail(name(dataset), fmt::format("value {} at element {}", values[i], i),
           fmt::format("expected integers from {} to {}", low, high));
  return values;
}

std::int64_t Importer::integer(const char* dataset, double low, double high) const {
  const std::vector<double> values = integral(dataset, low, high);
  if (values.size() != 1) fail(name(dataset), fmt::format("{} values", values.size()), "expected one");
  return static_cast<std::int64_t>(values[0]);
}

std::pair<std::uint32_t, std::uint32_t> Importer::pair(const char* dataset, std::uint32_t least) const {
  const std::vector<double> values = integral(dataset, least, largest_extent);
  if (values.size() != 2 && !(values.size() == 3 && values[2] == least))  // a third entry is time's
    fail(name(dataset), fmt::format("{} values", values.size()), "expected two: vertical, horizontal");
  return {static_cast<std::uint32_t>(values[0]), static_cast<std::uint32_t>(values[1])};
}

std::vector<double> Importer::weights(const std::vector<std::uint64_t>& expected) const {
  std::vector<std::uint64_t> found = file_.extents(name("weight"));
  while (found.size() > expected.size() && found.back() == 1) found.pop_back();  // Lava's unit axes
  if (found != expected) fail(name("weight"), fmt::format("extents {}", found), fmt::format("expected {}", expected));
  return integral("weight", -128, 127);
}

Shape Importer::read_shape() const {
  const std::vector<double> v = integral("shape", 1, largest_extent);
  if (v.size() != 1 && v.size() != 3)
    fail(name("shape"), fmt::format("{} values", v.size()), "expected three (C, H, W), or one (features)");
  Shape shape{static_cast<std::uint32_t>(v[0]), 1, 1};
  if (v.size() == 3) shape.height = static_cast<std::uint32_t>(v[1]), shape.width = static_cast<std::uint32_t>(v[2]);
  return shape;
}

void Importer::check_shape(const Shape& computed) const {
  if (!file_.exists(name("shape"))) return;
  const Shape stated = read_shape();
  if (stated != computed)
    fail(name("shape"), fmt::format("{} x {} x {}", stated.channels, stated.height, stated.width),
         fmt::format("the layers before it give {} x {} x {}", computed.channels, computed.height, computed.width));
}

void Importer::read_layer(std::size_t index, bool last) {
  const std::string type = file_.text(name("type"));
  if ((index == 0) != (type == "input"))
    fail(name("type"), fmt::format("layer {} has type '{}'", index, type), "expected 'input' first and only there");
  if (last && type == "flatten") fail(name("type"), "the last layer is 'flatten'", "expected a layer with weights");
  if (type == "input")
    read_input();
  else if (type == "conv" || type == "dense")
    read_synapses(type == "conv", last);
  else if (type == "flatten")
    read_flatten();
  else
    fail(name("type"), fmt::format("layer type '{}' is not supported", type), "expected input, conv, dense or flatten");
}

void Importer::read_input() {
  shape_ = read_shape();
  Layer layer;
  layer.name = at_;
  layer.output = shape_;
  layer.step = activation_step;
  layer.low = std::numeric_limits<std::int32_t>::min();  // signed, nothing is clipped
  layer.high = std::numeric_limits<std::int32_t>::max();
  network_.layers.push_back(std::move(layer));
  // What Lava's encoder does with a pixel: trunc(2 * 64 * pixel / 255 - 64) << 12.
  network_.input.rounding = InputCoding::Rounding::truncate;
  network_.input.shift = scale_bits;
  network_.input.mean = 127.5;
  network_.input.numerator = 128.0;
  network_.input.denominator = 255.0;
  read_neuron(false);
}

void Importer::read_flatten() {
  shape_ = {static_cast<std::uint32_t>(shape_.size()), 1, 1};
  flattened_ = true;
  check_shape(shape_);
}

/// Appends the layer's threshold; refuses neurons that do something else.
void Importer::read_neuron(bool last) {
  const std::string type = file_.text(name("neuron/type"));
  if (type != "SDNN")
    fail(name("neuron/type"), fmt::format("neuron '{}' is not supported", type), "expected SDNN (sigma-delta)");
  if (file_.exists(name("neuron/activation"))) {
    const std::string activation = file_.text(name("neuron/activation"));
    if (activation != "relu")
      fail(name("neuron/activation"), fmt::format("activation '{}' is not supported", activation), "expected relu");
  }
  for (const char* delay : {"delay", "neuron/delay"}) {
    if (!file_.exists(name(delay))) continue;
    for (const double value : file_.numbers(name(delay)))
      if (value != 0) fail(name(delay), "axonal delays are not supported", "expected zeros");
  }
  const bool sums = file_.exists(name("neuron/sigma_output")) && integer("neuron/sigma_output", 0, 1) == 1;
  if (last && !sums)
    fail(name("neuron/sigma_output"), "the last layer sends messages instead of sums", "expected sigma_output true");
  if (sums && !last) fail(name("neuron/sigma_output"), "set on an inner layer", "expected it on the last layer only");
  constexpr double most = std::numeric_limits<std::int32_t>::max() >> scale_bits;
  const auto threshold = static_cast<std::int32_t>(integer("neuron/vThMant", 0, most) << scale_bits);
  network_.sigma_delta.threshold.push_back(threshold);
}

Shape Importer::output_of(const Branch& branch, std::uint32_t channels) const {
  const Window& w = branch.window;
  const auto along = [&](std::uint32_t in, std::uint32_t kernel, std::uint32_t stride, std::uint32_t dilation,
                         std::int32_t pad) {
    const std::int64_t span = std::int64_t{dilation} * (kernel - 1) + 1;
    const std::int64_t room = std::int64_t{in} + 2 * std::int64_t{pad} - span;
    if (room < 0)
      fail(name("weight"), fmt::format("a kernel of span {} on {} inputs with padding {}", span, in, pad),
           "expected a kernel that fits");
    return static_cast<std::uint32_t>(room / stride + 1);
  };
  return {channels, along(branch.input.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top),
          along(branch.input.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left)};
}

Branch Importer::read_convolution(std::uint32_t outputs) {
  if (flattened_) fail(name("type"), "a convolution after flatten", "expected a dense layer");
  Branch branch;
  branch.input = shape_;
  branch.groups = static_cast<std::uint32_t>(integer("groups", 1, shape_.channels));
  if (shape_.channels % branch.groups != 0 || outputs % branch.groups != 0)
    fail(name("groups"), fmt::format("{} groups of {} inputs, {} outputs", branch.groups, shape_.channels, outputs),
         "expected a common divisor");
  Window& w = branch.window;
  std::tie(w.kernel_h, w.kernel_w) = pair("kernelSize", 1);
  std::tie(w.stride_h, w.stride_w) = pair("stride", 1);
  std::tie(w.dilation_h, w.dilation_w) = pair("dilation", 1);
  std::tie(w.pad_top, w.pad_left) = pair("padding", 0);
  const std::uint32_t ic = shape_.channels / branch.groups;
  const std::uint32_t oc = outputs / branch.groups;
  const std::vector<double> stored = weights({outputs, ic, w.kernel_h, w.kernel_w});
  branch.weights.resize(stored.size());
  std::size_t from = 0;
  for (std::uint32_t o = 0; o < outputs; ++o)
    for (std::uint32_t i = 0; i < ic; ++i)
      for (std::uint32_t k = 0; k < w.kernel_h * w.kernel_w; ++k)
        branch.weights[((std::size_t{o / oc} * w.kernel_h * w.kernel_w + k) * ic + i) * oc + o % oc] =
            static_cast<std::int8_t>(stored[from++]);
  return branch;
}

/// A convolution whose window is the whole map: input feature (c, y, x) of the flattened vector stays where it is.
Branch Importer::read_dense(std::uint32_t outputs) {
  Branch branch;
  branch.input = network_.layers.back().output;
  if (!flattened_ && branch.input.pixels() != 1)
    fail(name("type"), "a dense layer on a map", "expected a flatten layer between them");
  branch.window.kernel_h = branch.input.height;
  branch.window.kernel_w = branch.input.width;
  const std::vector<double> stored = weights({outputs, branch.input.size()});
  branch.weights.resize(stored.size());
  const std::size_t pixels = branch.input.pixels();
  std::size_t from = 0;
  for (std::uint32_t o = 0; o < outputs; ++o)
    for (std::uint32_t c = 0; c < branch.input.channels; ++c)
      for (std::size_t p = 0; p < pixels; ++p)
        branch.weights[(p * branch.input.channels + c) * outputs + o] = static_cast<std::int8_t>(stored[from++]);
  return branch;
}

void Importer::read_bias(Branch& branch, std::uint32_t outputs) const {
  if (!file_.exists(name("bias"))) return;
  constexpr double most = std::numeric_limits<std::int32_t>::max() >> scale_bits;
  const std::vector<double> stored = integral("bias", -most, most);
  if (stored.size() != outputs)
    fail(name("bias"), fmt::format("{} values", stored.size()), fmt::format("expected {}", outputs));
  for (const double value : stored) branch.bias.push_back(static_cast<std::int32_t>(value) * (1 << scale_bits));
}

void Importer::read_synapses(bool convolution, bool last) {
  const char* channels = convolution ? "inChannels" : "inFeatures";
  const char* made = convolution ? "outChannels" : "outFeatures";
  if (file_.exists(name(channels)) && integer(channels, 1, 1e9) != static_cast<std::int64_t>(shape_.channels))
    fail(name(channels), fmt::format("{}", integer(channels, 1, 1e9)),
         fmt::format("the layer before it has {}", shape_.channels));
  const auto outputs = static_cast<std::uint32_t>(integer(made, 1, largest_extent));

  Layer layer;
  layer.name = at_;
  Branch branch = convolution ? read_convolution(outputs) : read_dense(outputs);
  branch.name = layer.name;
  branch.sources.push_back({static_cast<LayerId>(network_.layers.size() - 1), {}});
  read_bias(branch, outputs);
  branch.weight_scale = {weight_step};
  branch.multiplier = {std::int64_t{1} << 24};
  layer.output = convolution ? output_of(branch, outputs) : Shape{outputs, 1, 1};
  layer.branches.push_back(std::move(branch));
  layer.step = activation_step;
  layer.low = 0;
  layer.high = std::numeric_limits<std::int32_t>::max();
  if (convolution) layer.accumulator_bits = convolution_bits;
  shape_ = layer.output;
  flattened_ = false;
  check_shape(shape_);
  read_neuron(last);
  if (last) {
    layer.raw_output = true;
    layer.output_scale = {activation_step};
    std::vector<std::uint32_t> dims = {shape_.channels};
    if (shape_.pixels() > 1) dims = {shape_.channels, shape_.height, shape_.width};
    network_.outputs.push_back({"output", dims, {{static_cast<LayerId>(network_.layers.size()), {}}}});
  }
  network_.layers.push_back(std::move(layer));
}

}  // namespace

Network import_netx(const std::string& path) { return Importer(path).import(); }

}  // namespace deltasim::models
