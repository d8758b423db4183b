#include "models/multipliers.hpp"

#include "models/carry_channels.hpp"
#include "models/error.hpp"
#include "models/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models {
namespace {

/// |acc| < 2^27 times this stays within 64 bits; larger sums meet only multipliers far smaller.
constexpr double largest_multiplier = std::int64_t{1} << 36;
constexpr double finest_ratio = 1.0 / (1 << 12);

/// One entry where all are equal.
template <typename T>
std::vector<T> condensed(std::vector<T> values) {
  if (!values.empty() && std::all_of(values.begin(), values.end(), [&](const T& v) { return v == values.front(); }))
    values.resize(1);
  return values;
}

/// Sums of average pools become means by this; 1 for all other branches.
double pool_elements(const Network& network, const Layer& layer, const Branch& branch) {
  if (branch.kind != BranchKind::average_pool) return 1;
  if (branch.pool_divisor != 0) return branch.pool_divisor;
  const Window& w = branch.window;
  const auto inside = [](std::uint32_t in, std::uint32_t out, std::uint32_t k, std::uint32_t s, std::uint32_t d,
                         std::int32_t pad) {
    return pad <= 0 && std::int64_t{out - 1} * s - pad + std::int64_t{k - 1} * d < std::int64_t{in};
  };
  if (!inside(branch.input.height, layer.output.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top) ||
      !inside(branch.input.width, layer.output.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left))
    throw InputError(network.name, layer.name, "the network's output is an average over windows of different sizes",
                     "expected windows inside the input, or count_include_pad");
  return double{1} * w.kernel_h * w.kernel_w;
}

std::int64_t multiplier(const Network& network, const Branch& branch, double ratio) {
  const double m = ratio * static_cast<double>(unit_multiplier);
  if (!(m <= largest_multiplier))
    throw InputError(network.name, branch.name, fmt::format("its sums are {} steps of its output each", ratio),
                     "expected scales that are at most 4096 apart");
  return std::llround(m);
}

/// M of every branch towards an output whose channel c has the step unit(c).
template <typename Unit>
void derive(Network& network, Layer& layer, const Unit& unit) {
  for (Branch& branch : layer.branches) {
    const std::vector<double> scale = accumulator_scale(network, branch);
    branch.multiplier.assign(layer.output.channels, 0);
    for (std::uint32_t c = 0; c < layer.output.channels; ++c)
      branch.multiplier[c] = multiplier(network, branch, per_channel(scale, c, 1.0) / unit(c));
    branch.multiplier = condensed(std::move(branch.multiplier));
  }
}

void derive_raw(Network& network, Layer& layer) {
  const std::uint32_t channels = layer.output.channels;
  std::vector<double> finest(channels, 0), coarsest(channels, 0);
  for (const Branch& branch : layer.branches) {
    const std::vector<double> scale = accumulator_scale(network, branch);
    for (std::uint32_t c = 0; c < channels; ++c) {
      const double s = per_channel(scale, c, 1.0);
      finest[c] = finest[c] == 0 ? s : std::min(finest[c], s);
      coarsest[c] = std::max(coarsest[c], s);
    }
  }
  if (layer.branches.size() == 1) {
    const double elements = pool_elements(network, layer, layer.branches[0]);
    for (double& s : finest) s /= elements;
    layer.output_scale = condensed(std::move(finest));
    layer.branches[0].multiplier = {unit_multiplier};
    return;
  }
  for (std::uint32_t c = 0; c < channels; ++c) finest[c] = std::max(finest[c], coarsest[c] * finest_ratio);
  derive(network, layer, [&](std::uint32_t c) { return finest[c]; });
  for (double& s : finest) s /= static_cast<double>(unit_multiplier);
  layer.output_scale = condensed(std::move(finest));
}

}  // namespace

double reference_step(const Network& network, const Branch& branch) {
  const double message =
      network.sigma_delta.active ? static_cast<double>(std::int64_t{1} << network.sigma_delta.message_shift) : 1.0;
  return branch.sources.empty() ? 1.0 : network.layers[branch.sources.front().producer].step * message;
}

std::vector<double> input_steps(const Network& network, const Branch& branch) {
  const double first = reference_step(network, branch);
  if (branch.sources.empty()) return {first};
  const double message = first / network.layers[branch.sources.front().producer].step;
  const auto any = [&](auto test) {
    return std::any_of(branch.sources.begin(), branch.sources.end(),
                       [&](const Source& source) { return test(network.layers[source.producer]); });
  };
  const bool by_channel = any([](const Layer& layer) { return !layer.channel_steps.empty(); });
  if (!by_channel && !any([&](const Layer& layer) { return layer.step * message != first; })) return {first};
  if (!by_channel && branch.kind != BranchKind::identity)
    throw InputError(network.name, branch.name, "its concatenated inputs have different steps",
                     "expected one quantisation step for all tensors that a layer joins");
  std::vector<double> of_channel(branch.input.channels, 0);
  for (const Source& source : branch.sources) {
    const Layer& producer = network.layers[source.producer];
    const auto step = [&](std::size_t c) { return channel_step(producer, c) * message; };
    if (!carry_channels(source.view, producer.output, branch.input, step, of_channel))
      throw InputError(network.name, branch.name, "one channel joins tensors with different steps",
                       "expected one step for all of them");
  }
  for (double& step : of_channel)
    if (step == 0) step = first;  // no producer reaches this channel: it stays 0 in any unit
  return by_channel ? condensed(std::move(of_channel)) : of_channel;
}

std::vector<double> step_ratios(const Network& network, const Branch& branch) {
  const double reference = reference_step(network, branch);
  std::vector<double> ratios = input_steps(network, branch);
  if (ratios.size() == 1 && ratios.front() == reference) return {};
  for (double& ratio : ratios) ratio /= reference;
  return ratios;
}

std::vector<double> accumulator_scale(const Network& network, const Branch& branch) {
  std::vector<double> steps = input_steps(network, branch);  // tells of inputs that do not fit, too
  if (branch.kind != BranchKind::convolution) return steps;
  const double reference = reference_step(network, branch);
  std::vector<double> scale = branch.weight_scale.empty() ? std::vector<double>{1.0} : branch.weight_scale;
  for (double& s : scale) s *= reference;
  return scale;
}

void derive_multipliers(Network& network) {
  for (Layer& layer : network.layers) {
    if (layer.branches.empty()) continue;
    if (layer.raw_output) {
      derive_raw(network, layer);
      continue;
    }
    derive(network, layer,
           [&](std::uint32_t c) { return channel_step(layer, c) * per_channel(layer.multiple, c, std::int32_t{1}); });
  }
}

}  // namespace deltasim::models
