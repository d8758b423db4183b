#pragma once

#include <torch/torch.h>

/// Weights as the export has them, for the last epochs of a training. Private to models/training.
namespace deltasim::models::training {

struct FoldedWeights {
  torch::Tensor weight;  ///< shape of the term's weight
  torch::Tensor bias;    ///< [outputs]; undefined: none
};

/// `weights`: for training, gradients pass straight through. `weights_and_biases`: for evaluation, without gradients;
/// the integer network's biases are whole units of its sums, and with coarse steps behind it that difference grows from
/// layer to layer.
enum class Rounding : std::uint8_t { none, weights, weights_and_biases };

/// Weight and bias with a batch normalisation (its running statistics; null: none) folded in; the
/// weight rounded as export_onnx writes it: per output channel, the largest |w * input_step| is code 127.
/// @param weight      [outputs, inputs / groups, kernel, kernel], or [outputs, inputs] of a dense term
/// @param bias        [outputs] or undefined
/// @param input_step  real value of code 1 for each of the term's inputs: [inputs], or [1]; undefined: equal steps
/// @param groups      of the convolution: the weight sees inputs / groups of them for each output
FoldedWeights folded(const torch::Tensor& weight, const torch::Tensor& bias, const torch::nn::BatchNorm2d& batch_norm,
                     const torch::Tensor& input_step, std::int64_t groups, Rounding rounding);

}  // namespace deltasim::models::training
