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

/// Code 1 of each output's weights. [outputs]
torch::Tensor scales(const torch::Tensor& scaled) {
  const auto largest = scaled.abs().flatten(1).amax(1);
  return torch::where(largest > 0, largest / 127, torch::ones_like(largest));
}

/// What rounding to 8 bits makes of the weights, as real numbers again. An output without weights stays without.
torch::Tensor rounded(const torch::Tensor& weight, const torch::Tensor& steps) {
  const auto scaled = steps.defined() ? weight * steps : weight;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[0] = weight.size(0);
  const auto scale = scales(scaled).reshape(shape);
  const auto real = torch::round(scaled / scale).clamp(-127, 127) * scale;
  return steps.defined() ? real / steps : real;
}

/// Biases in whole units of the integer network's sums: an output's weight scale times the step that it counts in.
torch::Tensor in_units_of_sums(const torch::Tensor& bias, const torch::Tensor& weight, const torch::Tensor& input_step,
                               std::int64_t groups) {
  const auto steps = input_steps(weight, input_step, groups);
  const auto scale = scales(steps.defined() ? weight * steps : weight);
  const bool one_each = input_step.numel() > 1 && weight.size(1) == 1;  // an output counts in its own input's step
  const auto unit = scale * (one_each ? input_step.repeat_interleave(weight.size(0) / groups) : input_step.max());
  return torch::round(bias / unit) * unit;
}

}  // namespace

FoldedWeights folded(const torch::Tensor& weight, const torch::Tensor& bias, const torch::nn::BatchNorm2d& batch_norm,
                     const torch::Tensor& input_step, std::int64_t groups, Rounding rounding) {
  FoldedWeights result{weight, bias};
  if (!batch_norm.is_empty()) {
    const auto& norm = *batch_norm;
    const auto factor = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
    std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
    shape[0] = weight.size(0);
    result.weight = weight * factor.reshape(shape);
    result.bias = norm.bias + ((bias.defined() ? bias : torch::zeros_like(norm.bias)) - norm.running_mean) * factor;
  }
  if (rounding == Rounding::none) return result;
  const auto real = result.weight.detach();
  if (rounding == Rounding::weights_and_biases && result.bias.defined() && input_step.defined())
    result.bias = in_units_of_sums(result.bias, real, input_step, groups);
  const auto codes = rounded(real, input_steps(real, input_step, groups));
  result.weight = result.weight + (codes - real);
  return result;
}

}  // namespace deltasim::models::training
