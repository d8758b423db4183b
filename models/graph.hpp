#pragma once

#include "models/network.hpp"

#include <optional>

/// The float network as it stands in the file, after folding and fusing: same layers and branches as the Network that
/// it becomes, real-valued weights, and the file's own quantisation where it has one.
namespace deltasim::models {

/// Quantisation of an activation as the file states it (QuantizeLinear).
struct ActivationQuant {
  double scale = 1.0;
  std::int32_t zero_point = 0;
  std::int32_t low = 0, high = 255;  ///< of the stored type
  /// One scale for each channel; empty = `scale` for all. `scale` is then the largest.
  std::vector<double> channel_scale = {};
};

inline double channel_scale(const ActivationQuant& quant, std::size_t channel) {
  return quant.channel_scale.empty() ? quant.scale : quant.channel_scale[channel];
}

struct GraphBranch {
  BranchKind kind = BranchKind::convolution;
  std::string name;
  std::vector<Source> sources;
  Shape input;
  Window window;
  std::uint32_t groups = 1;
  std::vector<float> weights;               ///< same layout as Branch::weights; real values
  std::vector<float> bias;                  ///< per output channel; empty = 0
  std::vector<std::int8_t> stored_weights;  ///< QDQ / QLinear: as they are in the file, else empty
  std::vector<std::int32_t> stored_bias;    ///< likewise
  std::vector<double> weight_scale;         ///< likewise: per output channel or one
  bool derived_weights = false;             ///< real weights that the file calculates from stored ones
  std::uint32_t pool_divisor = 0;
  bool weights_missing = false;  ///< shapes only: counting and mapping work, running does not
};

struct GraphLayer {
  std::string name;
  std::vector<GraphBranch> branches;
  Shape output;
  float low = -std::numeric_limits<float>::infinity();  ///< clip after the sum: Relu = [0, inf)
  float high = std::numeric_limits<float>::infinity();
  std::optional<ActivationQuant> quant;  ///< QDQ / QLinear networks
  bool raw_output = false;
};

enum class OutputActivation : std::uint8_t { none, softmax, sigmoid };

struct Graph {
  std::string name;
  std::vector<GraphLayer> layers;  ///< layer 0 is the input, as in Network
  std::vector<Output> outputs;
  std::vector<OutputActivation> output_activation;  ///< per output; reported, never needed for top-1
  bool quantised = false;                           ///< scales come from the file
  bool integer_input = false;                       ///< the input tensor has an integer type: frames are codes
  bool weights_missing = false;
};

/// Reads an ONNX network. Errors: InputError naming the node and the operator that is not supported, a file that
/// cannot be parsed (byte), NaN or infinite weights (initialiser), inconsistent shapes.
/// `input`: overrides a missing or symbolic input height and width.
Graph import_onnx(const std::string& path, std::optional<Shape> input = std::nullopt);
/// The same from a file's bytes; `name` stands for the file in messages. Tensors in other files count as missing.
Graph import_onnx_bytes(const std::string& bytes, const std::string& name, std::optional<Shape> input = std::nullopt);

/// Reads a Lava netx sigma-delta network (HDF5): integer weights, no calibration needed.
Network import_netx(const std::string& path);

/// Largest absolute value (or largest value where the layer's clip makes it non-negative) of every layer's output over
/// the calibration frames, by LayerId.
struct Calibration {
  std::vector<float> low, high;
};

/// Runs the graph in float, frame by frame.
class FloatNetwork {
 public:
  explicit FloatNetwork(const Graph& graph);
  ~FloatNetwork();
  /// The network's outputs (before Softmax/Sigmoid), Graph::outputs one after another.
  const std::vector<float>& run(const std::vector<float>& frame);
  /// Activations of a layer in the last frame, row-major C, H, W.
  const std::vector<float>& activations(LayerId layer) const;

 private:
  class Plan;
  std::unique_ptr<Plan> plan_;
};

/// Post-training quantisation (delta-rules: maximum of each tensor / 255, signed: / 127; weights: maximum of each
/// output channel / 127); QDQ and QLinear networks keep their own scales and ignore the calibration.
/// Concatenated tensors share one step; pools keep their input's step.
/// Where a quantised file has a scale for each channel, the channels' steps go into the real weights that read them,
/// which are quantised then; stored weights stay as they are where a group reads one step alone (depthwise).
/// Errors: InputError for networks without weights, for activations or weights that are not finite.
Network quantise(const Graph& graph, const Calibration& calibration);

/// The integer network without its numbers: counting and mapping work, running does not. For Graph::weights_missing.
Network shapes_only(const Graph& graph);

/// Runs `frames` (at most `count`) through the float network and records the ranges.
class FrameSource;
Calibration calibrate(const Graph& graph, FrameSource& frames, std::uint64_t count);

}  // namespace deltasim::models
