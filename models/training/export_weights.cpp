#include "models/training/export_weights.hpp"

#include <algorithm>
#include <cmath>

namespace deltasim::models::training {
namespace {

constexpr float smallest_scale = 1e-30F;  // float32 without denormal numbers

bool alike(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [&](float v) { return v == values.front(); });
}

}  // namespace

RealTerm fold_batch_norm(const TrainedTerm& term, std::uint32_t outputs) {
  RealTerm real{term.weight, term.bias};
  if (!term.batch_norm) return real;
  const Normalisation& norm = *term.batch_norm;
  const std::size_t row = term.weight.size() / outputs;
  real.bias.resize(outputs, 0.0F);
  for (std::uint32_t o = 0; o < outputs; ++o) {
    const float factor = norm.gamma[o] / std::sqrt(norm.variance[o] + static_cast<float>(norm.epsilon));
    for (std::size_t i = o * row; i < (o + 1) * row; ++i) real.weight[i] *= factor;
    const float shifted = (real.bias[o] - norm.mean[o]) * factor;
    real.bias[o] = norm.beta[o] + shifted;
  }
  return real;
}

StoredTerm store(const RealTerm& term, std::uint32_t outputs, const TermGeometry& geometry,
                 const std::vector<float>& step, bool logits) {
  const std::size_t row = term.weight.size() / outputs, area = std::size_t{geometry.kernel_h} * geometry.kernel_w;
  const std::size_t inputs = row / area;  // of a group
  const std::uint32_t of_group = outputs / geometry.groups;
  const float reference = *std::max_element(step.begin(), step.end());
  const bool by_input = step.size() > 1 && inputs > 1 && !alike(step);
  const auto channel = [&](std::uint32_t o, std::size_t i) {
    return step.size() == 1 ? 0 : std::size_t{o / of_group} * inputs + i / area;
  };
  StoredTerm stored;
  stored.codes.resize(term.weight.size());
  for (std::uint32_t o = 0; o < outputs; ++o) {
    const auto scaled = [&](std::size_t i) {
      const float weight = term.weight[o * row + i];
      return by_input ? weight * (step[channel(o, i)] / reference) : weight;
    };
    float largest = 0;
    for (std::size_t i = 0; i < row; ++i) largest = std::max(largest, std::abs(scaled(i)));
    float scale = largest / 127;
    if (!(scale >= smallest_scale)) scale = 0;
    const float unit = by_input ? reference : step[channel(o, 0)];
    const float bias = term.bias.empty() ? 0 : std::abs(term.bias[o]);
    if (scale == 0) scale = bias > 0 ? bias / (unit * lone_bias) : 1.0F;
    scale = std::max({scale, bias / (unit * (logits ? largest_logit_bias : largest_bias)), smallest_scale});
    stored.scale.push_back(scale);
    for (std::size_t i = 0; i < row; ++i)
      stored.codes[o * row + i] =
          static_cast<std::int8_t>(std::clamp(std::nearbyint(scaled(i) / scale), -127.0F, 127.0F));
  }
  if (!by_input) return stored;
  for (std::uint32_t o = 0; o < (geometry.groups == 1 ? 1 : outputs); ++o)
    for (std::size_t i = 0; i < inputs; ++i) stored.divisor.push_back(step[channel(o, i * area)] / reference);
  return stored;
}

}  // namespace deltasim::models::training
