#include "models/training/network_module.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>

#include <cmath>

namespace deltasim::models::training {
namespace {

namespace nnf = torch::nn::functional;

torch::Tensor kaiming(torch::IntArrayRef sizes, at::Generator& dice) {
  auto weight = torch::empty(sizes);
  const double fan_in = static_cast<double>(weight.numel()) / static_cast<double>(sizes[0]);
  return weight.normal_(0.0, std::sqrt(2.0 / fan_in), dice);
}

/// Elements of the map that each window of an average pool holds: [1, 1, H, W].
torch::Tensor window_sizes(const TermGeometry& t) {
  const auto ones = torch::ones({1, 1, t.input.height, t.input.width});
  const auto padded = nnf::pad(ones, nnf::PadFuncOptions({t.left, t.right, t.top, t.bottom}));
  return nnf::avg_pool2d(padded, nnf::AvgPool2dFuncOptions({t.kernel_h, t.kernel_w}).stride(t.stride)) *
         static_cast<double>(t.kernel_h * t.kernel_w);
}

/// Of a layer without a delta layer; the others' is part of that.
torch::Tensor activated(const LayerDescription& layer, torch::Tensor z) {
  if (layer.activation == Activation::relu) z = torch::relu(z);
  if (layer.activation == Activation::relu6) z = torch::clamp(z, 0.0, 6.0);
  if (layer.activation == Activation::softmax) z = torch::softmax(z, 1);
  if (!layer.max_pool) return z;
  return torch::max_pool2d(z, layer.max_pool->kernel, layer.max_pool->stride, layer.max_pool->padding);
}

}  // namespace

LinearTerm::LinearTerm(const TermDescription& term, const TermGeometry& geometry, const Shape& sum, at::Generator& dice)
    : kind_(term.kind), geometry_(geometry) {
  if (kind_ != TermKind::convolution && kind_ != TermKind::dense) return;
  const std::int64_t of_group = geometry.input.channels / geometry.groups, outputs = sum.channels;
  const auto initial = kind_ == TermKind::dense
                           ? kaiming({outputs, static_cast<std::int64_t>(geometry.input.size())}, dice)
                           : kaiming({outputs, of_group, geometry.kernel_h, geometry.kernel_w}, dice);
  weight = register_parameter("weight", initial);
  if (term.batch_norm)
    batch_norm = register_module("batch_norm", torch::nn::BatchNorm2d(outputs));
  else
    bias = register_parameter("bias", torch::zeros({outputs}));
}

torch::Tensor LinearTerm::linear(const torch::Tensor& x, const torch::Tensor& w, const torch::Tensor& b) const {
  if (kind_ == TermKind::dense) return torch::linear(x.flatten(1), w, b).unsqueeze(2).unsqueeze(3);
  const TermGeometry& t = geometry_;
  const std::vector<std::int64_t> stride{t.stride, t.stride}, none{1, 1};
  if (even_padding()) return torch::conv2d(x, w, b, stride, std::vector<std::int64_t>{t.top, t.left}, none, t.groups);
  const auto padded = nnf::pad(x, nnf::PadFuncOptions({t.left, t.right, t.top, t.bottom}));
  return torch::conv2d(padded, w, b, stride, std::vector<std::int64_t>{0, 0}, none, t.groups);
}

/// Over the elements inside the map, as the integer network does it.
torch::Tensor LinearTerm::average(const torch::Tensor& x) const {
  const TermGeometry& t = geometry_;
  const auto options = nnf::AvgPool2dFuncOptions({t.kernel_h, t.kernel_w}).stride(t.stride);
  if (t.top + t.left + t.bottom + t.right == 0) return nnf::avg_pool2d(x, options);
  const auto padded = nnf::pad(x, nnf::PadFuncOptions({t.left, t.right, t.top, t.bottom}));
  return nnf::avg_pool2d(padded, options) * (static_cast<double>(t.kernel_h * t.kernel_w) / window_sizes(t));
}

torch::Tensor LinearTerm::forward(const torch::Tensor& x) {
  if (kind_ == TermKind::identity) return x;
  if (kind_ == TermKind::average_pool) return average(x);
  const auto sum = linear(x, weight, bias);
  return batch_norm.is_empty() ? sum : batch_norm(sum);
}

torch::Tensor LinearTerm::forward_exported(const torch::Tensor& x, Steps steps) {
  if (kind_ == TermKind::identity || kind_ == TermKind::average_pool) return forward(x);
  if (kind_ == TermKind::dense && steps.input.defined() &&
      steps.input.numel() > 1)  // a channel's for each of its pixels
    steps.input = steps.input.repeat_interleave(static_cast<std::int64_t>(geometry_.input.pixels()));
  const FoldedWeights now =
      folded(weight, bias, batch_norm, steps, geometry_.groups, is_training() ? Rounding::weights : Rounding::integers);
  return linear(x, now.weight, now.bias);
}

NetworkModule::NetworkModule(NetworkDescription network, ThresholdGrain grain, std::uint64_t seed)
    : network_(std::move(network)), geometry_(geometry(network_)), grain_(grain) {
  auto dice = at::make_generator<at::CPUGeneratorImpl>(seed);
  if (network_.input_delta) {
    DeltaActivationOptions options;
    options.activation = Activation::none;
    options.output = network_.input;
    input_point_ = points_.size();
    add_point("input", TermGeometry::from_input, options);
  }
  for (std::size_t l = 0; l < network_.layers.size(); ++l) {
    const LayerDescription& from = network_.layers[l];
    Layer layer;
    for (std::size_t i = 0; i < from.terms.size(); ++i)
      layer.terms.push_back(
          register_module(fmt::format("layer{}_term{}", l, i),
                          std::make_shared<LinearTerm>(from.terms[i], geometry_[l].terms[i], geometry_[l].sum, dice)));
    if (from.delta) {
      DeltaActivationOptions options;
      options.activation = from.activation;
      options.max_pool = from.max_pool;
      options.output = geometry_[l].output;
      options.signed_codes = !never_negative(network_, l);
      layer.point = points_.size();
      add_point(from.name, l, options);
    }
    layers_.push_back(std::move(layer));
  }
}

void NetworkModule::add_point(const std::string& name, std::size_t layer, const DeltaActivationOptions& options) {
  DeltaActivationOptions with_grain = options;
  with_grain.grain = grain_;
  auto weights = fan_out_map(network_, layer);
  const auto fan_out = torch::tensor(weights, torch::kFloat).view({options.output.height, options.output.width});
  const auto registered =
      register_module(layer == TermGeometry::from_input ? "input_delta" : fmt::format("layer{}_delta", layer),
                      std::make_shared<DeltaActivation>(with_grain));
  points_.push_back({name, layer, registered, fan_out, {}});
}

torch::Tensor NetworkModule::forward(const torch::Tensor& frames, std::int64_t frames_of_clip) {
  auto input = frames;
  if (input_point_ != no_point) {
    DeltaPoint& point = points_[input_point_];
    input = point.sent = point.activation->forward(input, frames_of_clip);
  }
  outputs_.clear();
  for (std::size_t l = 0; l < layers_.size(); ++l) outputs_.push_back(evaluate(l, input, frames_of_clip));
  auto logits = outputs_.back().flatten(1);
  outputs_.clear();  // what no gradient needs is free before the backward pass
  return logits;
}

torch::Tensor NetworkModule::evaluate(std::size_t l, const torch::Tensor& input, std::int64_t frames_of_clip) {
  torch::Tensor sum;
  for (std::size_t i = 0; i < layers_[l].terms.size(); ++i) {
    const std::size_t from = geometry_[l].terms[i].from;
    const auto& x = from == TermGeometry::from_input ? input : outputs_[from];
    LinearTerm& term = *layers_[l].terms[i];
    const auto result = as_exported_ ? term.forward_exported(x, {step_of(from), step_of(l)}) : term.forward(x);
    sum = sum.defined() ? sum + result : result;
  }
  if (layers_[l].point == no_point) return activated(network_.layers[l], rounded_mean(l, sum));
  DeltaPoint& point = points_[layers_[l].point];
  return point.sent = point.activation->forward(sum, frames_of_clip);
}

/// An average pool without steps of its own passes on whole codes of its input, as the integer network does; gradients
/// pass straight through.
torch::Tensor NetworkModule::rounded_mean(std::size_t l, const torch::Tensor& sum) const {
  const auto step = step_of(l);
  if (!step.defined() || network_.layers[l].terms[0].kind != TermKind::average_pool) return sum;
  const auto unit = step.view({1, -1, 1, 1});
  return sum + (torch::floor(sum / unit + 0.5) * unit - sum).detach();
}

/// Real value of code 1 of what a layer passes on: [channels] or [1]. Copies and averages that are not quantised keep
/// their input's; undefined where there is none.
torch::Tensor NetworkModule::step_of(std::size_t layer) const {
  const bool is_input = layer == TermGeometry::from_input;
  const std::size_t point = is_input ? input_point_ : layers_[layer].point;
  if (point != no_point) {
    const DeltaActivation& delta = *points_[point].activation;
    if (!delta.quantises() || grain_ == ThresholdGrain::neuron) return {};
    return delta.step().detach().flatten();
  }
  if (is_input || layers_[layer].terms.size() != 1) return {};
  const TermKind kind = network_.layers[layer].terms[0].kind;
  if (kind != TermKind::identity && kind != TermKind::average_pool) return {};
  return step_of(geometry_[layer].terms[0].from);
}

}  // namespace deltasim::models::training
