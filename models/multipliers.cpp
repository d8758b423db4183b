#include "models/multipliers.hpp"

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

void spread(const Network& network, const Branch& branch, const Source& source, double step,
            std::vector<double>& of_channel) {
  const Shape& from = network.layers[source.producer].output;
  const auto set = [&](std::size_t channel) {
    double& known = of_channel.at(channel);
    if (known != 0 && known != step)
      throw InputError(network.name, branch.name, "one channel joins tensors with different steps",
                       "expected one step for all of them");
    known = step;
  };
  if (!source.view.map) {
    for (std::uint32_t c = 0; c < from.channels; ++c) set(source.view.channel_offset + c);
    return;
  }
  for (const std::uint32_t to : *source.view.map)
    if (to != View::nowhere) set(to / branch.input.pixels());
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

std::vector<double> input_steps(const Network& network, const Branch& branch) {
  const double message =
      network.sigma_delta.active ? static_cast<double>(std::int64_t{1} << network.sigma_delta.message_shift) : 1.0;
  const auto step_of = [&](const Source& source) { return network.layers[source.producer].step * message; };
  if (branch.sources.empty()) return {1.0};
  const double first = step_of(branch.sources.front());
  const bool alike = std::all_of(branch.sources.begin(), branch.sources.end(),
                                 [&](const Source& source) { return step_of(source) == first; });
  if (alike) return {first};
  if (branch.kind != BranchKind::identity)
    throw InputError(network.name, branch.name, "its concatenated inputs have different steps",
                     "expected one quantisation step for all tensors that a layer joins");
  std::vector<double> of_channel(branch.input.channels, 0);
  for (const Source& source : branch.sources) spread(network, branch, source, step_of(source), of_channel);
  for (double& step : of_channel)
    if (step == 0) step = first;  // no producer reaches this channel: it stays 0 in any unit
  return of_channel;
}

std::vector<double> accumulator_scale(const Network& network, const Branch& branch) {
  std::vector<double> steps = input_steps(network, branch);
  if (branch.kind != BranchKind::convolution) return steps;
  std::vector<double> scale = branch.weight_scale.empty() ? std::vector<double>{1.0} : branch.weight_scale;
  for (double& s : scale) s *= steps.front();
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
           [&](std::uint32_t c) { return layer.step * per_channel(layer.multiple, c, std::int32_t{1}); });
  }
}

}  // namespace deltasim::models
