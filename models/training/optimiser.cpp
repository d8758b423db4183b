#include "models/training/optimiser.hpp"

#include <algorithm>
#include <cmath>

namespace deltasim::models::training {
namespace {

constexpr double first_decay = 0.9, second_decay = 0.999, epsilon = 1e-8, largest_share = 0.1;

}  // namespace

void GradientSteps::restore(std::uint64_t steps, NamedValues moments) {
  steps_ = steps;
  moments_ = std::move(moments);
}

std::vector<float>& GradientSteps::moment(const std::string& name, std::size_t size) {
  for (std::size_t tries = 0; tries < moments_.size(); ++tries, ++at_) {
    auto& [known, values] = moments_[at_ % moments_.size()];
    if (known != name) continue;
    values.resize(size);
    return values;
  }
  moments_.emplace_back(name, std::vector<float>(size, 0.0f));
  at_ = moments_.size() - 1;
  return moments_.back().second;
}

void GradientSteps::step(const std::vector<Parameter>& parameters, double rate) {
  ++steps_;
  for (const Parameter& p : parameters) {
    if (p.gradient == nullptr) continue;
    if (p.kind == ParameterKind::weight) {
      const auto kept = static_cast<float>(1 - rate * options_.weight_decay);
      for (std::size_t i = 0; i < p.size; ++i) p.values[i] *= kept;
    }
    if (options_.optimiser == Optimiser::adam)
      adam(p, rate);
    else
      sgd(p, rate);
  }
}

void GradientSteps::adam(const Parameter& p, double rate) {
  std::vector<float>& moments = moment(p.name, 2 * p.size);
  float *mean = moments.data(), *square = mean + p.size;
  const bool relative = p.kind == ParameterKind::threshold;
  const auto b1 = static_cast<float>(first_decay), b2 = static_cast<float>(second_decay);
  const double n = static_cast<double>(steps_);
  const auto unbias = static_cast<float>(std::sqrt(1 - std::pow(second_decay, n)));
  const auto step = static_cast<float>(rate * (relative ? options_.threshold_rate : 1.0) /
                                       (1 - std::pow(first_decay, n)) * static_cast<double>(unbias));
  const auto small = static_cast<float>(epsilon) * unbias, most = static_cast<float>(largest_share);
  for (std::size_t i = 0; i < p.size; ++i) {
    const float g = p.gradient[i];
    mean[i] = b1 * mean[i] + (1 - b1) * g;
    square[i] = b2 * square[i] + (1 - b2) * g * g;
    const float move = step * mean[i] / (std::sqrt(square[i]) + small);
    p.values[i] -= relative ? std::abs(p.values[i]) * std::clamp(move, -most, most) : move;
  }
}

void GradientSteps::sgd(const Parameter& p, double rate) {
  std::vector<float>& sums = moment(p.name, p.size);
  const auto momentum = static_cast<float>(options_.momentum), step = static_cast<float>(rate);
  const auto share = static_cast<float>(rate * options_.threshold_rate), most = static_cast<float>(largest_share);
  for (std::size_t i = 0; i < p.size; ++i) {
    if (p.kind == ParameterKind::threshold) {
      const float q = std::abs(p.values[i]);
      sums[i] = momentum * sums[i] + p.gradient[i] * q;
      p.values[i] -= q * std::clamp(share * sums[i], -most, most);
    } else {
      sums[i] = momentum * sums[i] + p.gradient[i];
      p.values[i] -= step * sums[i];
    }
  }
}

}  // namespace deltasim::models::training
