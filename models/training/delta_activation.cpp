#include "models/training/delta_activation.hpp"

#include "models/error.hpp"
#include "models/training/delta_kernels.hpp"

#include <limits>

namespace deltasim::models::training {
namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// f and the codes' range, as the kernels take them.
struct Range {
  float low, high, lowest, highest;
};

Range range_of(const DeltaActivationOptions& options) {
  Range range{-infinite, infinite, -infinite, infinite};
  if (options.activation == Activation::relu || options.activation == Activation::relu6) range.low = 0;
  if (options.activation == Activation::relu6) range.high = 6;
  if (options.bits == 0) return range;
  const auto codes = static_cast<float>(std::uint64_t{1} << options.bits);
  range.lowest = options.signed_codes ? -codes / 2 : 0;
  range.highest = options.signed_codes ? codes / 2 - 1 : codes - 1;
  return range;
}

QuantiseArgs arguments(const torch::Tensor& z, const torch::Tensor& steps, const Range& range) {
  QuantiseArgs args;
  args.frames = static_cast<std::size_t>(z.size(0));
  args.neurons = static_cast<std::size_t>(steps.numel());
  args.step = steps.data_ptr<float>();
  args.low = range.low, args.high = range.high;
  args.lowest = range.lowest, args.highest = range.highest;
  args.z = z.data_ptr<float>();
  return args;
}

class Quantise : public torch::autograd::Function<Quantise> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& input,
                               const torch::Tensor& step, double low, double high, double lowest, double highest) {
    const Range range{static_cast<float>(low), static_cast<float>(high), static_cast<float>(lowest),
                      static_cast<float>(highest)};
    const torch::Tensor z = channels_last(input), steps = neuron_map(step, z);
    torch::Tensor output = torch::empty_like(z);
    quantise_codes(arguments(z, steps, range), output.data_ptr<float>());
    ctx->save_for_backward({z, steps, step});
    ctx->saved_data["range"] = std::vector<double>{low, high, lowest, highest};
    return output;
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                               const torch::autograd::tensor_list& gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto limits = ctx->saved_data["range"].toDoubleVector();
    const Range range{static_cast<float>(limits[0]), static_cast<float>(limits[1]), static_cast<float>(limits[2]),
                      static_cast<float>(limits[3])};
    const torch::Tensor &z = saved[0], &steps = saved[1], gradient = channels_last(gradients[0]);
    torch::Tensor dz = torch::empty_like(z), dq = torch::zeros_like(steps);
    quantise_gradients(arguments(z, steps, range), gradient.data_ptr<float>(), dz.data_ptr<float>(),
                       dq.data_ptr<float>());
    torch::Tensor none;
    return {dz, dq.sum_to_size(saved[2].sizes()), none, none, none, none};
  }
};

std::vector<std::int64_t> threshold_shape(const DeltaActivationOptions& options) {
  if (options.grain == ThresholdGrain::layer) return {1, 1, 1, 1};
  if (options.grain == ThresholdGrain::channel) return {1, options.output.channels, 1, 1};
  return {1, options.output.channels, options.output.height, options.output.width};
}

torch::Tensor running_sum(const torch::Tensor& z, std::int64_t frames) {
  return z.reshape({-1, frames, z.size(1), z.size(2), z.size(3)}).cumsum(1).reshape(z.sizes());
}

}  // namespace

torch::Tensor channels_last(const torch::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

torch::Tensor neuron_map(const torch::Tensor& map, const torch::Tensor& x) {
  return map.detach().expand({1, x.size(1), x.size(2), x.size(3)}).contiguous(at::MemoryFormat::ChannelsLast);
}

DeltaActivation::DeltaActivation(const DeltaActivationOptions& options) : options_(options) {
  if (options.bits > 16) throw InputError("", "delta layer", "codes of more than 16 bits", "use 0 to 16");
  threshold = register_parameter("threshold", torch::zeros(threshold_shape(options)));
  largest_ = register_buffer("largest", torch::zeros(threshold_shape(options)));
  quantise_ = register_buffer("quantise", torch::zeros({1}));
}

torch::Tensor DeltaActivation::activated(const torch::Tensor& z) const {
  switch (options_.activation) {
    case Activation::relu:
      return torch::relu(z);
    case Activation::relu6:
      return torch::clamp(z, 0, 6);
    case Activation::softmax:
      return torch::softmax(z, 1);
    case Activation::none:
      break;
  }
  return z;
}

torch::Tensor DeltaActivation::forward(const torch::Tensor& input, std::int64_t frames) {
  torch::Tensor z = options_.integrate ? running_sum(input, frames) : input;
  if (options_.activation == Activation::softmax) z = torch::softmax(z, 1);
  // Every other activation rises with z, as rounding does: the pool may come first, where its gradient is the same.
  if (options_.max_pool)
    z = torch::max_pool2d(z, options_.max_pool->kernel, options_.max_pool->stride, options_.max_pool->padding);
  if (quantises()) {
    const Range range = range_of(options_);
    return Quantise::apply(z, step(), range.low, range.high, range.lowest, range.highest);
  }
  torch::Tensor f = options_.activation == Activation::softmax ? z : activated(z);
  if (is_training()) note_largest(f.detach());
  return f;
}

void DeltaActivation::note_largest(const torch::Tensor& f) {
  torch::NoGradGuard guard;
  torch::Tensor largest = options_.signed_codes ? f.abs() : f;
  if (options_.grain == ThresholdGrain::layer) largest = largest.amax({0, 1, 2, 3}, true);
  if (options_.grain == ThresholdGrain::channel) largest = largest.amax({0, 2, 3}, true);
  if (options_.grain == ThresholdGrain::neuron) largest = largest.amax({0}, true);
  largest_.copy_(torch::maximum(largest_, largest));
}

void DeltaActivation::quantise(bool on) { quantise_.fill_(on ? 1 : 0); }

void DeltaActivation::observe() {
  quantise(false);
  largest_.zero_();
}

bool DeltaActivation::quantises() const {
  return quantise_.data_ptr<float>()[0] != 0 && threshold.data_ptr<float>()[0] != 0;
}

double DeltaActivation::largest_code() const {
  const std::uint32_t bits = options_.bits == 0 ? 8 : options_.bits;
  return options_.signed_codes ? (1u << (bits - 1)) - 1 : (1u << bits) - 1;
}

void DeltaActivation::initialise(double share) {
  torch::NoGradGuard guard;
  const auto seen = largest_.max().item<float>(), most = seen > 0 ? seen : 1.0f;
  threshold.copy_(torch::clamp_min(largest_, most / 64) * (share / largest_code()));
}

torch::Tensor DeltaActivation::step() const { return threshold.abs(); }

}  // namespace deltasim::models::training
