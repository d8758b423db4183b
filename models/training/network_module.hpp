#pragma once

#include "models/training/delta_activation.hpp"
#include "models/training/trained_network.hpp"
#include "models/training/weight_quantisation.hpp"

#include <torch/torch.h>

#include <memory>

/// The network that is trained. Private to models/training: it includes torch.
namespace deltasim::models::training {

/// One linear term of a layer's sum, with its own batch normalisation.
class LinearTerm : public torch::nn::Module {
 public:
  LinearTerm(const TermDescription& term, const TermGeometry& geometry, const Shape& sum, at::Generator& dice);

  torch::Tensor forward(const torch::Tensor& x);
  /// With the weights of the export: batch normalisation folded in and frozen, 8 bits.
  torch::Tensor forward_exported(const torch::Tensor& x, Steps steps);

  torch::Tensor weight;  ///< as TrainedTerm::weight; undefined: identity, average pool
  torch::Tensor bias;    ///< undefined: none, or that of the batch normalisation
  torch::nn::BatchNorm2d batch_norm{nullptr};

 private:
  torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& w, const torch::Tensor& b) const;
  torch::Tensor average(const torch::Tensor& x) const;
  bool even_padding() const { return geometry_.top == geometry_.bottom && geometry_.left == geometry_.right; }

  TermKind kind_;
  TermGeometry geometry_;
};

/// A delta layer of the network, and what it sent in the last pass.
struct DeltaPoint {
  std::string name;                              ///< of the layer, or "input"
  std::size_t layer = TermGeometry::from_input;  ///< index into the description's layers
  std::shared_ptr<DeltaActivation> activation;
  torch::Tensor fan_out;  ///< [H, W], MACs that a change causes
  torch::Tensor sent;     ///< [clips * frames, C, H, W], undefined before the first pass
};

class NetworkModule : public torch::nn::Module {
 public:
  /// Kaiming's normal initialisation from `seed` alone: no global generator is touched.
  NetworkModule(NetworkDescription network, ThresholdGrain grain, std::uint64_t seed);

  /// frames: [clips * T, C, H, W], pixel / 255, frames of a clip one after another. Logits, [clips * T, classes].
  torch::Tensor forward(const torch::Tensor& frames, std::int64_t frames_of_clip);
  /// From now on linear terms compute with the weights of the export, training or not.
  void compute_as_exported(bool on) { as_exported_ = on; }

  const NetworkDescription& description() const { return network_; }
  /// All delta layers, the input's first, in evaluation order.
  std::vector<DeltaPoint>& delta_points() { return points_; }
  const std::vector<DeltaPoint>& delta_points() const { return points_; }
  LinearTerm& term(std::size_t layer, std::size_t term) { return *layers_.at(layer).terms.at(term); }

 private:
  static constexpr std::size_t no_point = TermGeometry::from_input;
  struct Layer {
    std::vector<std::shared_ptr<LinearTerm>> terms;
    std::size_t point = no_point;  ///< index into points_
  };

  void add_point(const std::string& name, std::size_t layer, const DeltaActivationOptions& options);
  torch::Tensor evaluate(std::size_t layer, const torch::Tensor& input, std::int64_t frames_of_clip);
  torch::Tensor step_of(std::size_t layer) const;
  torch::Tensor rounded_mean(std::size_t l, const torch::Tensor& sum) const;

  NetworkDescription network_;
  std::vector<LayerGeometry> geometry_;
  ThresholdGrain grain_;
  std::vector<Layer> layers_;
  std::vector<DeltaPoint> points_;
  std::size_t input_point_ = no_point;
  std::vector<torch::Tensor> outputs_;  ///< by layer, of the pass that is running
  bool as_exported_ = false;
};

/// Weights, normalisations and steps (where delta layers quantise) of a module.
TrainedNetwork to_trained(NetworkModule& module);
/// The other way round. Steps: layers that have them quantise from now on. A last layer with another number of classes
/// keeps its initial weights. Errors: InputError naming the layer whose weights do not fit.
void load(NetworkModule& module, const TrainedNetwork& network);

}  // namespace deltasim::models::training
