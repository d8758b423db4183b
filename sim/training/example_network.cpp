#include "sim/training/example_network.hpp"

#include "sim/training/onnx_writer.hpp"

namespace deltasim::sim {
namespace {

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const auto flat = tensor.detach().to(torch::kFloat).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// The convolution with its normalisation folded in: w' = w g / sqrt(v + e), b' = b - m g / sqrt(v + e).
ConvolutionWeights folded(const NormalisedConvolution& layer, double input_scale) {
  const auto& norm = *layer.normalisation;
  const auto factor = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
  const auto& weight = layer.convolution->weight;
  ConvolutionWeights result;
  result.outputs = weight.size(0);
  result.inputs_of_group = weight.size(1);
  result.kernel = weight.size(2);
  result.stride = layer.convolution->options.stride()->at(0);
  result.groups = layer.convolution->options.groups();
  result.weights = to_vector(weight * factor.view({-1, 1, 1, 1}) * input_scale);
  result.bias = to_vector(norm.bias - norm.running_mean * factor);
  return result;
}

/// MACs of a dense pass of this layer over a square output, padding included.
double macs(const NormalisedConvolution& layer, std::int64_t side) {
  return static_cast<double>(layer.convolution->weight.numel() * side * side);
}

}  // namespace

NormalisedConvolution::NormalisedConvolution(std::int64_t inputs, std::int64_t outputs, std::int64_t kernel,
                                             std::int64_t stride, std::int64_t groups) {
  const auto options = torch::nn::Conv2dOptions(inputs, outputs, kernel).stride(stride).padding(kernel / 2);
  convolution =
      register_module("convolution", torch::nn::Conv2d(torch::nn::Conv2dOptions(options).groups(groups).bias(false)));
  normalisation = register_module("normalisation", torch::nn::BatchNorm2d(outputs));
}

ExampleNetwork::ExampleNetwork(std::int64_t classes) {
  const auto layer = [this](const std::string& name, std::int64_t inputs, std::int64_t outputs, std::int64_t kernel,
                            std::int64_t stride, std::int64_t groups) {
    return register_module(name, std::make_shared<NormalisedConvolution>(inputs, outputs, kernel, stride, groups));
  };
  stem_ = layer("stem", 3, 8, 3, 2, 1);
  depthwise1_ = layer("depthwise1", 8, 8, 3, 1, 8);
  pointwise1_ = layer("pointwise1", 8, 16, 1, 1, 1);
  residual_a_ = layer("residual_a", 16, 16, 3, 1, 1);
  residual_b_ = layer("residual_b", 16, 16, 3, 1, 1);
  down1_ = layer("down1", 16, 32, 3, 2, 1);
  depthwise2_ = layer("depthwise2", 32, 32, 3, 1, 32);
  pointwise2_ = layer("pointwise2", 32, 48, 1, 1, 1);
  down2_ = layer("down2", 48, 64, 3, 2, 1);
  classifier_ = register_module("classifier", torch::nn::Linear(64, classes));
}

torch::Tensor ExampleNetwork::send(const std::string& name, const torch::Tensor& values, double macs) {
  sent_.push_back({name, values, macs});
  return values;
}

torch::Tensor ExampleNetwork::forward(torch::Tensor x) {
  constexpr std::int64_t half = example_side / 2, quarter = example_side / 4, eighth = example_side / 8;
  sent_.clear();
  x = send("input", x, macs(*stem_, half));
  x = send("stem", torch::relu(stem_->forward(x)), macs(*depthwise1_, half));
  x = send("depthwise1", torch::relu(depthwise1_->forward(x)), macs(*pointwise1_, half));
  x = torch::relu(pointwise1_->forward(x));
  x = send("pool", torch::max_pool2d(x, 2), macs(*residual_a_, quarter));
  auto y = send("residual_a", torch::relu(residual_a_->forward(x)), macs(*residual_b_, quarter));
  x = send("residual_b", torch::relu(residual_b_->forward(y) + x), macs(*down1_, eighth));
  x = send("down1", torch::relu(down1_->forward(x)), macs(*depthwise2_, eighth));
  x = send("depthwise2", torch::relu(depthwise2_->forward(x)), macs(*pointwise2_, eighth));
  x = send("pointwise2", torch::relu(pointwise2_->forward(x)), macs(*down2_, eighth / 2));
  x = torch::relu(down2_->forward(x)).mean({2, 3});
  return classifier_(x);
}

void ExampleNetwork::write(const std::string& path, const std::vector<std::pair<std::string, std::string>>& metadata) {
  torch::NoGradGuard no_gradients;
  OnnxWriter onnx("example", 3, example_side, example_side);
  const auto convolution = [&](const std::string& name, const std::string& from, const NormalisedConvolution& layer,
                               double input_scale = 1.0) {
    return onnx.convolution(name, from, folded(layer, input_scale));
  };
  auto x = onnx.relu(convolution("stem", onnx.input(), *stem_, 1.0 / 255.0));
  x = onnx.relu(convolution("depthwise1", x, *depthwise1_));
  x = onnx.relu(convolution("pointwise1", x, *pointwise1_));
  x = onnx.max_pool("pool", x, 2);
  const auto y = onnx.relu(convolution("residual_a", x, *residual_a_));
  x = onnx.relu(onnx.add("residual_add", convolution("residual_b", y, *residual_b_), x));
  x = onnx.relu(convolution("down1", x, *down1_));
  x = onnx.relu(convolution("depthwise2", x, *depthwise2_));
  x = onnx.relu(convolution("pointwise2", x, *pointwise2_));
  x = onnx.relu(convolution("down2", x, *down2_));
  x = onnx.global_average_pool("average", x);
  ConvolutionWeights dense;
  dense.outputs = classifier_->weight.size(0);
  dense.inputs_of_group = classifier_->weight.size(1);
  dense.weights = to_vector(classifier_->weight);
  dense.bias = to_vector(classifier_->bias);
  onnx.output(onnx.dense("classifier", x, dense), dense.outputs);
  for (const auto& [key, value] : metadata) onnx.metadata(key, value);
  onnx.save(path);
}

}  // namespace deltasim::sim
