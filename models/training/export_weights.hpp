#pragma once

#include "models/training/trained_network.hpp"

#include <cstdint>

/// Weights as files hold them. Free of torch; the operations are those of training's `folded` in the same order and
/// width, so that both round the same weights to the same codes.
namespace deltasim::models::training {

/// Most that a bias is, in units of its sum: its output's multiplier, a whole number of 2^-24, stays fine enough.
constexpr float largest_bias = 1 << 23, largest_logit_bias = 1 << 30;
/// What the bias of an output without weights is.
constexpr float lone_bias = 1 << 12;

struct RealTerm {
  std::vector<float> weight;  ///< as TrainedTerm::weight
  std::vector<float> bias;    ///< per output; empty = 0
};

/// Weight and bias of a term with its batch normalisation folded in.
RealTerm fold_batch_norm(const TrainedTerm& term, std::uint32_t outputs);

/// weight = code * scale / divisor.
struct StoredTerm {
  std::vector<std::int8_t> codes;  ///< as TrainedTerm::weight
  std::vector<float> scale;        ///< per output
  /// Steps of the inputs over the largest of them: one for each of a group's inputs, for every output where there are
  /// several groups. Empty: 1.
  std::vector<float> divisor;
};

/// Per output, the largest |weight * step| is code 127. Scales grow where a bias would not fit the integer network's
/// sums otherwise (models/quantise.cpp has the same limits).
/// @param step  real value of code 1 for each input channel, or one for all
StoredTerm store(const RealTerm& term, std::uint32_t outputs, const TermGeometry& geometry,
                 const std::vector<float>& step, bool logits);

}  // namespace deltasim::models::training
