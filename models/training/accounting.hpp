#pragma once

#include "models/training/description.hpp"

namespace deltasim::models::training {

struct LayerAccount {
  std::string name;  ///< "input" or the layer's
  Shape output;
  std::uint64_t delta_neurons = 0;  ///< that keep a sum and send its changes: counted before a max pool, as papers do
  std::uint64_t thresholds = 0;
  std::uint64_t weights = 0, convolution_weights = 0;  ///< without biases; the latter without dense terms
  std::uint64_t macs_padded = 0, macs = 0;             ///< of a dense frame: with taps on padding, and without
  std::uint64_t largest_maps = 0;  ///< activations in and out of the layer's largest term with weights
};

/// What a network costs before anything is trained or run.
struct Accounting {
  std::vector<LayerAccount> layers;  ///< the input first
  LayerAccount total;                ///< largest_maps: the largest
};

Accounting account(const NetworkDescription& network, ThresholdGrain grain);

/// Bytes that an inference holds, as the delta paper counts: 8-bit weights and, without deltas, the maps in and out of
/// the largest layer at 8 bit; with deltas, 16 bit for every delta neuron.
struct Memory {
  std::uint64_t normal = 0, delta = 0;
};
/// The paper's figures count the weights of convolutions alone.
Memory memory_of(const LayerAccount& total, bool convolutions_only);

}  // namespace deltasim::models::training
