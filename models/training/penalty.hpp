#pragma once

#include "models/training/trainer.hpp"

#include <torch/torch.h>

/// Penalties that promote sparsity, and what they are to reduce. Private to models/training.
namespace deltasim::models::training {

struct PenaltyTerm {
  std::int64_t frames = 1;  ///< of each clip
  torch::Tensor weight;     ///< [H, W] (or [1, C, H, W]): fan-outs, with all constant factors
  torch::Tensor step;       ///< q of the layer; undefined: 1 (unquantised outputs)
  PenaltyForm form = PenaltyForm::absolute;
  FirstFrame first_frame = FirstFrame::left_out;
};

/// sum over neurons of weight * form(o(t) - o(t-1)), as a mean over clips and the time steps that count. A true
/// gradient in o; the step that `codes` and `logarithm` divide by is a constant to it (a threshold learns from a
/// penalty through o alone: do/dq = -o / q makes it grow where outputs change). o: [clips * frames, C, H, W]. The
/// paper's penalty: weight = fan-out / neurons. One frame per clip, left out: 0.
torch::Tensor change_penalty(const torch::Tensor& o, const PenaltyTerm& term);
/// The same of o(t) itself, over all frames: spatial sparsity, the l1 regime.
torch::Tensor activity_penalty(const torch::Tensor& o, const PenaltyTerm& term);

/// What a layer's outputs would cause, first frames left out.
struct OutputActivity {
  double frames = 0;                                  ///< counted
  double nonzero = 0, changed = 0;                    ///< outputs
  double nonzero_weighted = 0, changed_weighted = 0;  ///< sum of weight
};
OutputActivity output_activity(const torch::Tensor& o, std::int64_t frames, const torch::Tensor& weight);

}  // namespace deltasim::models::training
