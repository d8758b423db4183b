#pragma once

#include <torch/torch.h>

/// Weights as the export has them, for the last epochs of a training. Private to models/training.
namespace deltasim::models::training {

struct FoldedWeights {
  torch::Tensor weight;  ///< shape of the term's weight
  torch::Tensor bias;    ///< [outputs]; undefined: none
};

/// Real values of code 1, one for each channel or one for all; undefined: not quantised.
struct Steps {
  torch::Tensor input;   ///< [inputs] or [1], of what the term reads
  torch::Tensor output;  ///< [outputs] or [1], of the delta layer behind it
};

/// `weights`: for training, gradients pass straight through. `integers`: for evaluation, without gradients, all that
/// the integer network rounds: scales leave room for biases (store()), biases are whole units of sums, multipliers
/// whole numbers of 2^-24 (delta-rules' M). Behind coarse steps these differences grow from layer to layer.
enum class Rounding : std::uint8_t { none, weights, integers };

/// Weight and bias with a batch normalisation (its running statistics; null: none) folded in; the
/// weight rounded as export_onnx writes it: per output channel, the largest |w * input_step| is code 127.
/// @param weight  [outputs, inputs / groups, kernel, kernel], or [outputs, inputs] of a dense term
/// @param bias    [outputs] or undefined
/// @param groups  of the convolution: the weight sees inputs / groups of them for each output
FoldedWeights folded(const torch::Tensor& weight, const torch::Tensor& bias, const torch::nn::BatchNorm2d& batch_norm,
                     const Steps& steps, std::int64_t groups, Rounding rounding);

}  // namespace deltasim::models::training
