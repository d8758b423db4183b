#pragma once

#include "models/training/checkpoint.hpp"

/// Gradient steps on plain memory. Own code, because thresholds move by a share of themselves, and because a resumed
/// training must go on with the same bits. Free of torch.
namespace deltasim::models::training {

enum class ParameterKind : std::uint8_t { weight, offset, threshold };

struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::offset;  ///< weight: decays; offset: biases and batch normalisation
  float* values = nullptr;
  const float* gradient = nullptr;  ///< null: none in this step
  std::size_t size = 0;
};

/// Adam (Kingma & Ba 2015; 0.9, 0.999) or SGD with momentum. Weight decay is decoupled (Loshchilov & Hutter 2019): w -=
/// rate x decay x w. A threshold's step is a share of it, so that steps of any size learn alike and never cross 0:
///     Adam: q *= 1 - rate x threshold_rate x m / (sqrt(v) + 1e-8), at most 10 % a step
///     SGD:  q *= 1 - rate x threshold_rate x momentum sum of (q dL/dq), at most 10 % a step
class GradientSteps {
 public:
  explicit GradientSteps(const TrainingOptions& options) : options_(options) {}
  void step(const std::vector<Parameter>& parameters, double rate);

  std::uint64_t steps() const { return steps_; }
  const NamedValues& moments() const { return moments_; }
  void restore(std::uint64_t steps, NamedValues moments);

 private:
  std::vector<float>& moment(const std::string& name, std::size_t size);
  void adam(const Parameter& p, double rate);
  void sgd(const Parameter& p, double rate);

  TrainingOptions options_;
  std::uint64_t steps_ = 0;
  NamedValues moments_;  ///< Adam: mean and mean square, one after the other; in the order of first use
  std::size_t at_ = 0;   ///< in moments_: parameters come in the same order in each step
};

/// Errors: InputError naming the option.
void check_options(const TrainingOptions& options, const NetworkDescription& network, const ClipSource& train);
/// What a checkpoint must agree on.
std::vector<std::pair<std::string, std::string>> identity_of(const TrainingOptions& options,
                                                             const NetworkDescription& network, const ClipSource& train,
                                                             const ClipSource& test);

}  // namespace deltasim::models::training
