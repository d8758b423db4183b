#include "models/training/weight_quantisation.hpp"

#include "models/training/export_weights.hpp"

namespace deltasim::models::training {
namespace {

/// A value per output, against weights of any shape.
torch::Tensor per_output(const torch::Tensor& values, const torch::Tensor& weight) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[0] = weight.size(0);
  return values.reshape(shape);
}

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

/// As scales(), with room for the bias, as store() has it. step: what each output counts in
torch::Tensor scales_for_bias(const torch::Tensor& scaled, const torch::Tensor& bias, const torch::Tensor& step,
                              bool logits) {
  const auto scale = scales(scaled), size = bias.abs();
  const auto alone = torch::where(size > 0, size / (step * lone_bias), torch::ones_like(scale));
  const auto chosen = torch::where(scaled.abs().flatten(1).amax(1) > 0, scale, alone);
  return torch::maximum(chosen, size / (step * (logits ? largest_logit_bias : largest_bias)));
}

/// What rounding to 8 bits makes of the weights, as real numbers again. An output without weights stays without.
torch::Tensor rounded(const torch::Tensor& scaled, const torch::Tensor& scale) {
  return torch::round(scaled / per_output(scale, scaled)).clamp(-127, 127) * per_output(scale, scaled);
}

/// How much larger an output becomes because its multiplier is a whole number of 2^-24. [outputs]
torch::Tensor rounded_multiplier(const torch::Tensor& unit, const torch::Tensor& output_step) {
  const auto multiplier = (unit.to(torch::kDouble) / output_step.to(torch::kDouble)) * 0x1p24;
  return (torch::floor(multiplier + 0.5) / multiplier).to(torch::kFloat);
}

}  // namespace

FoldedWeights folded(const torch::Tensor& weight, const torch::Tensor& bias, const torch::nn::BatchNorm2d& batch_norm,
                     const Steps& steps, std::int64_t groups, Rounding rounding) {
  FoldedWeights result{weight, bias};
  if (!batch_norm.is_empty()) {
    const auto& norm = *batch_norm;
    const auto factor = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
    result.weight = weight * per_output(factor, weight);
    result.bias = norm.bias + ((bias.defined() ? bias : torch::zeros_like(norm.bias)) - norm.running_mean) * factor;
  }
  if (rounding == Rounding::none) return result;
  const auto real = result.weight.detach();
  const auto relative = input_steps(real, steps.input, groups);
  const auto scaled = relative.defined() ? real * relative : real;
  const auto in_codes_of = [&](const torch::Tensor& scale) {
    const auto whole = rounded(scaled, scale);
    return relative.defined() ? whole / relative : whole;
  };
  if (rounding == Rounding::weights || !steps.input.defined()) {
    result.weight = result.weight + (in_codes_of(scales(scaled)) - real);
    return result;
  }
  // depthwise: an output counts in its own input's step
  const auto step = weight.size(1) == 1 && steps.input.numel() > 1
                        ? steps.input.repeat_interleave(weight.size(0) / groups)
                        : steps.input.max().expand({weight.size(0)});
  const auto scale =
      result.bias.defined() ? scales_for_bias(scaled, result.bias, step, !steps.output.defined()) : scales(scaled);
  const auto unit = scale * step;
  result.weight = in_codes_of(scale);
  if (result.bias.defined()) result.bias = torch::round(result.bias / unit) * unit;
  if (!steps.output.defined()) return result;
  const auto factor = rounded_multiplier(unit, steps.output);
  result.weight = result.weight * per_output(factor, weight);
  if (result.bias.defined()) result.bias = result.bias * factor;
  return result;
}

}  // namespace deltasim::models::training
