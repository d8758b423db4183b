#include "models/training/accounting.hpp"

#include <algorithm>

namespace deltasim::models::training {
namespace {

/// A max pool thins what is sent, and with it the thresholds of single neurons.
std::uint64_t thresholds(const Shape& output, ThresholdGrain grain) {
  switch (grain) {
    case ThresholdGrain::layer:
      return 1;
    case ThresholdGrain::channel:
      return output.channels;
    case ThresholdGrain::neuron:
      break;
  }
  return output.size();
}

LayerAccount account(const LayerDescription& layer, const LayerGeometry& geometry, ThresholdGrain grain) {
  LayerAccount result;
  result.name = layer.name, result.output = geometry.output;
  result.weights = geometry.weights;
  result.macs_padded = geometry.macs_padded, result.macs = geometry.macs;
  for (std::size_t i = 0; i < layer.terms.size(); ++i) {
    const TermKind kind = layer.terms[i].kind;
    const TermGeometry& t = geometry.terms[i];
    if (kind != TermKind::convolution && kind != TermKind::dense) continue;
    if (kind == TermKind::convolution)
      result.convolution_weights +=
          std::uint64_t{geometry.sum.channels} * (t.input.channels / t.groups) * t.kernel_h * t.kernel_w;
    result.largest_maps = std::max<std::uint64_t>(result.largest_maps, t.input.size() + geometry.sum.size());
  }
  if (layer.delta) {
    result.delta_neurons = geometry.sum.size();
    result.thresholds = thresholds(geometry.output, grain);
  }
  return result;
}

void add(const LayerAccount& layer, LayerAccount& total) {
  total.delta_neurons += layer.delta_neurons;
  total.thresholds += layer.thresholds;
  total.weights += layer.weights;
  total.convolution_weights += layer.convolution_weights;
  total.macs_padded += layer.macs_padded;
  total.macs += layer.macs;
  total.largest_maps = std::max(total.largest_maps, layer.largest_maps);
}

}  // namespace

Accounting account(const NetworkDescription& network, ThresholdGrain grain) {
  Accounting result;
  LayerAccount input;
  input.name = "input", input.output = network.input;
  if (network.input_delta) {
    input.delta_neurons = network.input.size();
    input.thresholds = thresholds(network.input, grain);
  }
  result.layers.push_back(std::move(input));
  const auto layers = geometry(network);
  for (std::size_t l = 0; l < layers.size(); ++l) result.layers.push_back(account(network.layers[l], layers[l], grain));
  for (const LayerAccount& layer : result.layers) add(layer, result.total);
  return result;
}

Memory memory_of(const LayerAccount& total, bool convolutions_only) {
  const std::uint64_t weights = convolutions_only ? total.convolution_weights : total.weights;
  return {weights + total.largest_maps, weights + 2 * total.delta_neurons};
}

}  // namespace deltasim::models::training
