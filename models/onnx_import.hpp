#pragma once

#include "models/onnx_dense.hpp"
#include "models/onnx_fold.hpp"
#include "models/onnx_quant.hpp"

#include <unordered_map>

namespace deltasim::models::onnx {

/// Walks through the nodes in their order and turns every tensor into a constant or into something that layers make.
class Import {
 public:
  Import(const File& file, const std::optional<Shape>& frame);

  Graph run();

 private:
  using Handler = Activation (Import::*)(const Node&);
  static const std::map<std::string, Handler>& handlers();

  void count_uses();
  const ValueInfo& frame_input() const;
  Dims frame_dims(const ValueInfo& input, const Shape& frame) const;
  void add_input(const Shape& frame);
  bool channels_last(const std::string& input) const;
  void handle(const Node& node);
  void handle_moved(const Node& node);
  bool handle_constant(const Node& node);
  std::optional<std::vector<Tensor>> folded(const Node& node, const Operands& inputs) const;
  void keep(const Node& node, std::vector<Tensor> results, const Operands& inputs);

  std::shared_ptr<const Tensor> constant(const Node& node, std::size_t i) const;
  std::shared_ptr<const Tensor> optional_constant(const Node& node, std::size_t i) const {
    return node.has_input(i) ? constant(node, i) : nullptr;
  }
  bool is_activation(const Node& node, std::size_t i) const {
    return node.has_input(i) && activations_.count(node.inputs[i]) != 0;
  }
  Operand operand(const Node& node, std::size_t i) const;
  /// An operand of arithmetic on real values.
  Operand real_operand(const Node& node, std::size_t i) const;
  ActivationQuant quant(const Node& node, std::size_t scale) const {
    return activation_quant(node, constant(node, scale), optional_constant(node, scale + 1));
  }
  /// The same, or one scale for each channel of x.
  ActivationQuant quant(const Node& node, std::size_t scale, const Activation& x) const {
    return activation_quant(node, constant(node, scale), optional_constant(node, scale + 1), x, drafts_.map_of(x));
  }
  /// Codes as a node with its own scales reads them.
  Activation codes(const Node& node, std::size_t i, const ActivationQuant& as);

  Activation conv(const Node& node);
  Activation gemm(const Node& node);
  Activation matmul(const Node& node);
  Activation batch_norm(const Node& node);
  Activation relu(const Node& node);
  Activation clipped(const Node& node);
  Activation sum(const Node& node);
  Activation difference(const Node& node);
  Activation product(const Node& node);
  Activation quotient(const Node& node);
  Activation pooled(const Node& node);
  Activation global_average(const Node& node);
  Activation global_maximum(const Node& node);
  Activation mean(const Node& node);
  Activation concat(const Node& node);
  Activation cast(const Node& node);
  Activation squash(const Node& node);
  Activation quantise_linear(const Node& node);
  Activation dequantise_linear(const Node& node);
  Activation qlinear_conv(const Node& node);
  Activation qlinear_matmul(const Node& node);
  Activation qlinear_add(const Node& node);

  const File& file_;
  Drafts drafts_;
  std::unordered_map<std::string, std::shared_ptr<const Tensor>> constants_;
  std::unordered_map<std::string, Activation> activations_;
  std::unordered_map<std::string, std::size_t> uses_;
  std::uint64_t folded_ = 0;  ///< elements of the constants made so far
  bool integer_input_ = false;
};

}  // namespace deltasim::models::onnx
