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

/// The delta activation layer (Yousefzadeh & Sifalakis 2021; docs/architecture.md, "Training"):
///     o = clamp(floor(f(z) / q + 0.5)) q,    q = |threshold|
///     do/dz := f'(z)                         straight through
///     do/dq := -o / q                        surrogate
/// Where the code saturates, o = highest q: do/dz = 0 and do/dq = highest, both true derivatives. (ReLU6's own limit is
/// f, not saturation.) It returns o, not the differences: training runs a quantised network with a penalty on changes.
class DeltaActivation : public torch::nn::Module {
 public:
  explicit DeltaActivation(const DeltaActivationOptions& options);

  /// z: [clips * frames, C, H, W], frames of a clip one after another. Until `quantise(true)`, or before its thresholds
  /// are initialised, it passes f(z) (with pool) on unquantised; in training mode it then notes the largest |f(z)|.
  torch::Tensor forward(const torch::Tensor& z, std::int64_t frames);
  void quantise(bool on);
  void observe();          ///< notes the largest |f(z)| afresh, unquantised, until initialise() and quantise(true)
  bool quantises() const;  ///< quantise(true) and thresholds initialised
  /// Sets thresholds to `share` of the largest |f(z)| seen since observe() or construction (per layer, channel, neuron)
  /// / largest code, but to no less than 1/64 of the layer's largest (of 1 where nothing was active): the steps of a
  /// layer stay within what integer multipliers can express.
  void initialise(double share);
  torch::Tensor step() const;  ///< |threshold|, [1, C or 1, H or 1, W or 1]
  const DeltaActivationOptions& options() const { return options_; }
  double largest_code() const;  ///< 255 for 8 bits, signed 127; the same where codes never saturate

  torch::Tensor threshold;  ///< parameter; 0 = not initialised

 private:
  torch::Tensor activated(const torch::Tensor& z) const;
  void note_largest(const torch::Tensor& f);

  DeltaActivationOptions options_;
  torch::Tensor largest_;   ///< buffer, shape of the threshold
  torch::Tensor quantise_;  ///< buffer, 0 or 1
};

/// x in the memory order that the kernels and convolutions share: dense, channels last.
torch::Tensor channels_last(const torch::Tensor& x);
/// A map [1, C or 1, H or 1, W or 1] (or [H, W]) for every neuron of a frame of x, in x's memory order.
torch::Tensor neuron_map(const torch::Tensor& map, const torch::Tensor& x);

}  // namespace deltasim::models::training
