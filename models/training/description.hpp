#pragma once

#include "models/network.hpp"

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

/// The networks that deltasim-train trains, as plain data: what a JSON description holds, what the built-in networks
/// are made of, what is counted without training anything. Layers are those of the delta layer (docs/architecture.md):
/// a sum of linear terms, one non-linear function, one delta activation layer.
namespace deltasim::models::training {

enum class Activation : std::uint8_t { none, relu, relu6, softmax };
inline constexpr const char* names_of(Activation) { return "none,relu,relu6,softmax"; }

/// What shares one trained threshold.
enum class ThresholdGrain : std::uint8_t { layer, channel, neuron };
inline constexpr const char* names_of(ThresholdGrain) { return "layer,channel,neuron"; }

enum class TermKind : std::uint8_t { convolution, dense, identity, average_pool };
inline constexpr const char* names_of(TermKind) { return "convolution,dense,identity,average_pool"; }

/// One linear term of a layer's sum.
struct TermDescription {
  TermKind kind = TermKind::convolution;
  std::string from;                      ///< "input" or the name of an earlier layer
  std::uint32_t kernel = 3, stride = 1;  ///< convolution, average_pool; kernel 0 = the whole map (global average)
  /// Zeros before (top, left) and after (bottom, right) the map; absent: (kernel - 1) / 2 before, and after it as many
  /// as give ceil(size / stride) outputs ("same" with odd kernels).
  std::optional<std::array<std::uint32_t, 2>> padding;
  std::uint32_t groups = 1;  ///< convolution; 0 = depthwise (as many as input channels)
  bool batch_norm = true;    ///< convolution, dense: followed by batch normalisation, and so without a bias
};

struct PoolDescription {
  std::uint32_t kernel = 2, stride = 2, padding = 0;
};

struct LayerDescription {
  std::string name;
  std::uint32_t outputs = 0;  ///< channels; 0 = as many as the first term's input
  std::vector<TermDescription> terms;
  Activation activation = Activation::relu;
  std::optional<PoolDescription> max_pool;  ///< after the activation, inside the delta layer
  bool delta = true;                        ///< followed by a delta activation layer; the last layer (logits) has none
};

struct NetworkDescription {
  std::string name;
  Shape input{3, 64, 64};
  bool input_delta = true;               ///< a delta layer on the image
  std::vector<LayerDescription> layers;  ///< in evaluation order; the last one gives the logits, one per class
};

/// Where a term's taps lie, all defaults resolved. A dense term is a window over its whole input; identity: 1 x 1.
struct TermGeometry {
  static constexpr std::size_t from_input = std::numeric_limits<std::size_t>::max();

  std::size_t from = from_input;  ///< index of the producing layer
  Shape input;
  std::uint32_t kernel_h = 1, kernel_w = 1, stride = 1, groups = 1;
  std::uint32_t top = 0, left = 0, bottom = 0, right = 0;  ///< rows and columns of padding
};

/// Shapes and counts that follow from a description, by layer (not counting the input).
struct LayerGeometry {
  Shape sum;                        ///< of the sum and the activation
  Shape output;                     ///< after max pool
  std::vector<TermGeometry> terms;  ///< as in the description
  std::uint64_t weights = 0;        ///< without biases and batch normalisation
  std::uint64_t macs_padded = 0;    ///< of a dense frame, taps on padding included (as papers count)
  std::uint64_t macs = 0;           ///< of a dense frame, taps on padding left out (as this project counts)
};

/// Errors: InputError naming the layer: unknown or later `from`, shapes that cannot be added, kernels larger than their
/// padded map, groups that do not divide, a repeated name, a layer that nobody reads, no logits.
std::vector<LayerGeometry> geometry(const NetworkDescription& network);

/// MACs that one change of each neuron of `layer`'s output (TermGeometry::from_input: of the input) causes in all of
/// its consumers: [height][width] weights, the same for every channel (kernel taps inside the consumer's output x
/// output channels of the group). Sums, averages and what they feed in turn cost no MACs here.
std::vector<double> fan_out_map(const NetworkDescription& network, std::size_t layer);

/// Whether a layer's output (TermGeometry::from_input: the image) is never below 0, so that its codes are unsigned: by
/// its activation, or as a sum of copies and averages of such outputs.
bool never_negative(const NetworkDescription& network, std::size_t layer);

}  // namespace deltasim::models::training
