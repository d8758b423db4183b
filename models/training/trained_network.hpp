#pragma once

#include "models/training/description.hpp"

#include <string>
#include <utility>
#include <vector>

namespace deltasim::models::training {

/// y = (x - mean) * gamma / sqrt(variance + epsilon) + beta, per output channel.
struct Normalisation {
  std::vector<float> gamma, beta, mean, variance;
  double epsilon = 1e-5;
};

struct TrainedTerm {
  std::vector<float>
      weight;  ///< row-major [outputs][inputs / groups][kernel][kernel]; dense: [outputs][C x H x W]; else empty
  std::vector<float> bias;  ///< per output; empty = 0
  std::optional<Normalisation> batch_norm;
};

struct TrainedLayer {
  std::vector<TrainedTerm> terms;  ///< as in the description
  /// Step q of the delta layer: one, one per channel, or one per neuron (C, H, W); empty where the layer has none.
  std::vector<float> steps;
};

/// A network with its weights, free of torch: what an export writes and an import brings.
struct TrainedNetwork {
  NetworkDescription description;
  double input_scale = 1.0 / 255.0;  ///< the network computes on pixel * input_scale
  std::vector<float> input_steps;    ///< as TrainedLayer::steps, in units of pixel * input_scale
  std::vector<TrainedLayer> layers;  ///< as in the description
  std::vector<std::string> classes;
};

struct ExportOptions {
  /// QDQ: int8 weights and 8-bit activations with the trained steps as scales. false: real weights, no quantisers.
  bool quantised = true;
  bool fold_batch_norm = true;                                ///< not folded: real weights only
  std::vector<std::pair<std::string, std::string>> metadata;  ///< kept in the file: seed, regime, accuracy, ...
};

/// Writes ONNX (opset 13). Codes of activations are uint8 where the activation is not negative, else int8; weights
/// int8, one scale for each output channel: max |w q_in| / 127 with the input's steps folded in, so that `deltasim run`
/// recovers them bit by bit. Written beside and renamed. Errors: InputError where a layer cannot be written (steps per
/// neuron, softmax before a delta layer).
void export_onnx(const TrainedNetwork& network, const ExportOptions& options, const std::string& path);

/// A trained float network as a starting point. Layers get their names, weights and biases from the file; every layer
/// but the last gets a delta layer without steps (to be initialised from data). A max pool goes into the layer before.
/// @param pixel_scale  the file's network takes pixel * pixel_scale; as this program exports: the pixels themselves
/// Errors: InputError naming what the description cannot say.
TrainedNetwork import_trained(const std::string& onnx_path, double pixel_scale = 1.0);

}  // namespace deltasim::models::training
