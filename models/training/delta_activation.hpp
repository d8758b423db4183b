#pragma once

#include "models/training/description.hpp"

#include <torch/torch.h>

/// Only files in models/training, and their tests, include torch; headers that other folders include do not.
namespace deltasim::models::training {

struct DeltaActivationOptions {
  Activation activation = Activation::relu;
  std::optional<PoolDescription> max_pool;  ///< after the activation, before quantisation
  ThresholdGrain grain = ThresholdGrain::channel;
  Shape output;               ///< of the layer (after max pool): sizes the thresholds
  bool integrate = false;     ///< the input holds changes along time: sigma (running sum) first
  std::uint32_t bits = 8;     ///< codes saturate at 2^bits - 1 (signed: -2^(bits-1) .. 2^(bits-1) - 1); 0 = never
  bool signed_codes = false;  ///< activation none
};

/// The delta activation layer (Yousefzadeh & Sifalakis 2021; docs/architecture.md, "Training"): o = round(f(z) / q) q
/// with q = |threshold|, straight-through in z, do/dq := -o / q. It returns o, not the differences: training runs a
/// quantised network with a penalty on changes.
class DeltaActivation : public torch::nn::Module {
 public:
  explicit DeltaActivation(const DeltaActivationOptions& options);

  /// z: [clips * frames, C, H, W], frames of a clip one after another. Until `quantise(true)`, or before its thresholds
  /// are initialised, it passes f(z) (with pool) on unquantised.
  torch::Tensor forward(const torch::Tensor& z, std::int64_t frames);
  void quantise(bool on);
  bool quantises() const;
  /// Sets thresholds to `share` of the largest |f(z)| seen since construction (per layer, channel) / largest code.
  void initialise(double share);
  torch::Tensor step() const;  ///< |threshold|, [1, C or 1, H or 1, W or 1]

  torch::Tensor threshold;  ///< parameter

 private:
  DeltaActivationOptions options_;
  torch::Tensor largest_;   ///< buffer
  torch::Tensor quantise_;  ///< buffer
};

/// sum over neurons of fan_out * |o(t) - o(t+1)|, as a mean over clips, time steps and neurons (paper). o: [clips *
/// frames, C, H, W]; fan_out: [H, W]. One frame per clip: 0.
torch::Tensor change_penalty(const torch::Tensor& o, std::int64_t frames, const torch::Tensor& fan_out);
/// The same of |o(t)|: spatial sparsity, the L1 regime.
torch::Tensor activity_penalty(const torch::Tensor& o, const torch::Tensor& fan_out);

}  // namespace deltasim::models::training
