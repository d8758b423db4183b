#pragma once

#include "hw/params.hpp"
#include "sim/validation/comparison.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A layer by its shape alone.
struct LayerSize {
  std::string name;
  bool convolution = true;
  std::uint64_t weights = 0, macs = 0;  ///< without biases; padding counts, as in the paper
  std::uint64_t inputs = 0, outputs = 0;
  std::uint64_t delta_neurons = 0, delta_channels = 0;  ///< that send changes after this layer
};

/// ResNet-50 as the delta paper uses it: 224 x 224, stride in the first 1x1 of a stage, deltas on the input and after
/// every ReLU, a hidden dense layer of 1024 before the 101 classes.
std::vector<LayerSize> resnet50_delta();

/// What inference with and without deltas holds.
struct Holding {
  std::uint64_t weights = 0;       ///< words of 8 bit
  std::uint64_t states = 0;        ///< words of 16 bit, one per delta neuron
  std::uint64_t macs = 0;          ///< of a dense frame
  std::uint64_t largest_maps = 0;  ///< input and output of the layer with most of both: the buffers of normal inference

  double normal_bytes() const { return static_cast<double>(weights + largest_maps); }
  double delta_bytes() const { return static_cast<double>(weights + 2 * states); }
};
/// Weights of the convolutions alone, or of all layers; states, MACs and maps are of all layers.
Holding holding_of(const std::vector<LayerSize>& layers, bool convolutions_only);

struct Ratio {
  double words = 0, bytes = 0;
};
/// External traffic of delta inference over that of normal inference, with hw::dram_words, the count of the machine's
/// own DRAM model. On-chip memory holds activations and nothing between frames: weights are too many for it either way,
/// and state is kept outside. No MAC is skipped: the ratio is per MAC, or per frame.
Ratio external_traffic(const Holding& holding, hw::Reuse reuse);

/// DAL-mem and DAL-ext.
std::vector<Comparison> delta_memory();

}  // namespace deltasim::sim
