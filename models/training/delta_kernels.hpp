#pragma once

#include <cstddef>
#include <cstdint>

/// The loops of the delta layer and its penalties over plain memory, free of torch: one pass each where a chain of
/// tensor operations would take five. Built for AVX2, too, and chosen by the processor at run time.
/// `neurons` is one frame in any order; what belongs to a neuron comes as a map in the same order.
namespace deltasim::models::training {

/// code = clamp(floor(f(z) / q + 0.5), lowest, highest), o = code q, with f(z) = clamp(z, low, high).
struct QuantiseArgs {
  std::size_t frames = 0, neurons = 0;
  const float* step = nullptr;    ///< [neurons]
  float low = 0, high = 0;        ///< of f; infinite where it has no such limit
  float lowest = 0, highest = 0;  ///< codes; infinite where they never saturate
  const float* z = nullptr;       ///< [frames][neurons]
};
void quantise_codes(const QuantiseArgs& args, float* output);
/// dz = gradient where low < z < high and the code is not saturated, else 0; dq += -gradient code, and + gradient code
/// where saturated (the output is then highest q, whose derivative is true).
void quantise_gradients(const QuantiseArgs& args, const float* gradient, float* dz, float* dq);

enum class Phi : std::uint8_t { absolute, logarithm };  ///< |d| / s, log(1 + |d| / s)

/// Sum over frames and neurons of weight * phi(o(t) - previous), per clip.
struct PenaltyArgs {
  std::size_t clips = 0, frames = 0, neurons = 0;
  const float* weight = nullptr;  ///< [neurons]
  const float* scale = nullptr;   ///< s, [neurons]
  Phi phi = Phi::absolute;
  bool changes = true;       ///< previous = o(t - 1), else 0
  bool first_frame = false;  ///< changes: frame 0 against 0 counts, too
  const float* o = nullptr;  ///< [clips][frames][neurons]
};
double penalty_sum(const PenaltyArgs& args);
void penalty_gradients(const PenaltyArgs& args, float factor, float* gradient);

/// Of a clip's frames from 1 on: how many outputs are not 0, how many differ from the frame before.
struct ActivityCount {
  double nonzero = 0, changed = 0;                    ///< neurons
  double nonzero_weighted = 0, changed_weighted = 0;  ///< sum of weight
};
ActivityCount count_activity(const float* o, std::size_t clips, std::size_t frames, std::size_t neurons,
                             const float* weight);

}  // namespace deltasim::models::training
