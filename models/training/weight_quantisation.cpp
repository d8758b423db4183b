#include "models/training/weight_quantisation.hpp"

namespace deltasim::models::training {
namespace {

/// Each weight's input step relative to the largest, in the weight's shape; undefined where it makes no difference:
/// equal steps, or one input per output (depthwise), where it cancels out of the rounding.
torch::Tensor input_steps(const torch::Tensor& weight, const torch::Tensor& input_step, std::int64_t groups) {
  if (!input_step.defined() || input_step.numel() == 1 || weight.size(1) == 1) return {};
  const auto relative = (input_step.detach() / input_step.detach().max()).reshape({groups, 1, weight.size(1)});
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[0] = weight.size(0);
  shape[1] = weight.size(1);
  return relative.expand({groups, weight.size(0) / groups, weight.size(1)}).reshape(shape);
}

/// What rounding to 8 bits makes of the weights, as real numbers again. An output without weights stays without.
torch::Tensor rounded(const torch::Tensor& weight, const torch::Tensor& steps) {
  const auto scaled = steps.defined() ? weight * steps : weight;
  const auto largest = scaled.abs().flatten(1).amax(1);
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[0] = weight.size(0);
  const auto scale = torch::where(largest > 0, largest / 127, torch::ones_like(largest)).reshape(shape);
  const auto real = torch::round(scaled / scale).clamp(-127, 127) * scale;
  return steps.defined() ? real / steps : real;
}

}  // namespace

FoldedWeights folded(const torch::Tensor& weight, const torch::Tensor& bias, const torch::nn::BatchNorm2d& batch_norm,
                     const torch::Tensor& input_step, std::int64_t groups, bool quantised) {
  FoldedWeights result{weight, bias};
  if (!batch_norm.is_empty()) {
    const auto& norm = *batch_norm;
    const auto factor = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
    std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
    shape[0] = weight.size(0);
    result.weight = weight * factor.reshape(shape);
    result.bias = norm.bias + ((bias.defined() ? bias : torch::zeros_like(norm.bias)) - norm.running_mean) * factor;
  }
  if (!quantised) return result;
  const auto real = result.weight.detach();
  const auto codes = rounded(real, input_steps(real, input_step, groups));
  result.weight = result.weight + (codes - real);
  return result;
}

}  // namespace deltasim::models::training
