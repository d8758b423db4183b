#pragma once

#include "models/event.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

/// The integer network: what is simulated. Made by an importer or by quantising a Graph; never changed afterwards.
/// Arithmetic: docs/architecture.md, "What the reference network computes".
namespace deltasim::models {

using LayerId = std::uint32_t;  ///< index into Network::layers; layer 0 is the network's input

/// Where an element of a producer's output lands in a consumer's input: concatenation is a channel offset;
/// flatten, reshape, transpose and slices are an index map.
struct View {
  static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t channel_offset = 0;
  /// Null, or: producer element (row-major C, H, W) -> consumer input element (row-major C, H, W) or `nowhere`.
  /// A view without a map keeps (y, x).
  std::shared_ptr<const std::vector<std::uint32_t>> map;
};

struct Source {
  LayerId producer = 0;
  View view;
};

/// Kernel geometry. Rows and columns that would lie outside the input are padding: no MACs.
struct Window {
  std::uint32_t kernel_h = 1, kernel_w = 1;
  std::uint32_t stride_h = 1, stride_w = 1;
  std::uint32_t dilation_h = 1, dilation_w = 1;
  std::int32_t pad_top = 0, pad_left = 0;  ///< bottom and right follow from the output's shape
};

enum class BranchKind : std::uint8_t {
  convolution,   ///< acc += w * d; a dense layer is a convolution whose window is its whole input (1 x 1 output)
  identity,      ///< residual or concatenation: r += d
  average_pool,  ///< sum += d over the window
  max_pool,      ///< r += d; maximum over the window at evaluation
};

/// One linear (or max) term of a layer: its own accumulators, one for each output neuron
/// (identity, max_pool: one for each input neuron).
struct Branch {
  BranchKind kind = BranchKind::convolution;
  std::string name;             ///< the node's name in the network file
  std::vector<Source> sources;  ///< disjoint parts of the branch's input
  Shape input;
  Window window;
  std::uint32_t groups = 1;
  /// convolution: [group][ky][kx][input channel of the group][output channel of the group]
  std::vector<std::int8_t> weights;
  std::vector<std::int32_t> bias;        ///< per output channel, in accumulator units; empty = 0
  std::vector<double> weight_scale;      ///< s_w, per output channel (sole entry: all channels; identity, pools: 1)
  std::vector<std::int64_t> multiplier;  ///< M = round(s_x s_w / s_y 2^24), per output channel (sole entry: all)
  std::uint32_t pool_divisor = 0;        ///< average_pool: 0 = elements inside the input, else this constant
};

/// Smallest and largest code.
struct CodeRange {
  std::int32_t low = 0, high = 255;
};

/// What a layer does with its sum: q = clamp((sum over branches of acc * M + 2^23) >> 24, low, high).
/// A sole average_pool with M = 2^24: q = floor((2 sum + n) / (2 n)), n = elements of the window inside the input or
/// pool_divisor; any other average_pool adds the term floor((sum * M + floor(n / 2)) / n). All in 64 bits; max_pool:
/// the maximum is the acc. models/evaluate.hpp is this arithmetic.
struct Layer {
  std::string name;              ///< of the first branch that has weights, else of the node
  std::vector<Branch> branches;  ///< empty for the network's input
  Shape output;
  double step = 1.0;        ///< real value of code 1 on the output
  std::int32_t low = 0;     ///< smallest code; not of raw outputs, which are never clamped
  std::int32_t high = 255;  ///< largest code
  /// Real value of code 1 per channel; empty = `step`. `step` is then the largest of them, and the weights of
  /// convolutions that read this layer hold channel_steps / step.
  std::vector<double> channel_steps;
  /// Per channel where a clip ends at different codes; empty = low .. high. Those are then the widest.
  std::vector<CodeRange> channel_ranges;
  /// Per channel, empty = 1: the layer sends multiple * q. Per-channel steps of rule `delta` are multiples of `step`;
  /// q is then clamped to low / multiple .. high / multiple, to the nearest, so that all channels saturate alike.
  std::vector<std::int32_t> multiple;
  /// Sends no events: its accumulators are (part of) the network's output. One branch: the bare sums (max pool: the
  /// maxima); several: the sum of acc * M, not shifted.
  bool raw_output = false;
  std::uint32_t accumulator_bits = 32;  ///< sums wrap (two's complement) at this width
  /// raw_output: real value of one accumulator unit, per output channel (sole entry: all channels)
  std::vector<double> output_scale;
};

/// One output of the network: raw accumulators of one or several layers, re-indexed.
struct Output {
  std::string name;
  std::vector<std::uint32_t> dims;  ///< as in the network file, without the batch
  std::vector<Source> sources;      ///< producers are raw_output layers; the map goes to the flat output index
};

/// How a frame (real values, C, H, W) becomes codes of layer 0.
struct InputCoding {
  enum class Rounding : std::uint8_t { half_even, half_away, truncate };
  Rounding rounding = Rounding::half_even;
  bool frames_are_codes = false;  ///< integer-typed inputs: a frame's values are codes already
  std::int32_t zero_point = 0;    ///< frames_are_codes: code = value - zero_point
  std::uint32_t shift = 0;        ///< not 0: values count in units of 1, code = rounded << shift (Loihi)
  /// frames_are_codes, shift: values per code before the shift; rule `delta` scales it with the input's step
  double value_step = 1.0;
  /// what the network file says that a pixel 0..255 needs: value = (pixel - mean) * numerator / denominator
  double mean = 0.0, numerator = 1.0, denominator = 1.0;
};

/// Loihi's fixed-point sigma-delta parameters of a network from a netx file.
struct SigmaDelta {
  bool active = false;
  std::uint32_t message_shift = 0;      ///< bits that a message loses (state_exp)
  std::vector<std::int32_t> threshold;  ///< by LayerId, already shifted
};

struct Network {
  std::string name;
  std::vector<Layer> layers;  ///< in evaluation order; a layer's producers come before it
  std::vector<Output> outputs;
  InputCoding input;
  SigmaDelta sigma_delta;

  /// Identity of everything that decides the streams: a name-based UUID over the canonical bytes.
  std::string hash() const;
};

/// MACs that an event at (channel, y, x) of the branch's input causes. `output` is the layer's output shape.
std::uint64_t fan_out(const Branch& branch, const Shape& output, std::uint32_t y, std::uint32_t x);
/// MACs of one dense frame, none on padding.
std::uint64_t dense_macs(const Branch& branch, const Shape& output);

}  // namespace deltasim::models
