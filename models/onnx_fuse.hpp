#pragma once

#include "models/onnx_draft.hpp"

namespace deltasim::models::onnx {

/// A tensor as input of a node. `sole`: only this node sees it and what its layers make, so they may be changed.
struct Operand {
  Activation value;
  bool sole = false;
};

/// y = x * scale + shift per channel; one entry each, or one per channel.
struct Affine {
  std::vector<double> scale, shift;
  bool missing = false;  ///< the numbers are not in the file
};

/// Relu, Clip: into the layers where possible, else a layer of its own.
Activation clip(Drafts& drafts, const Node& node, const Operand& x, double low, double high);
/// BatchNormalization and arithmetic with constants: into a convolution's weights where possible.
Activation affine(Drafts& drafts, const Node& node, const Operand& x, const Affine& change);
/// Residual sum: the branches of both become one layer.
Activation add(Drafts& drafts, const Node& node, const Operand& a, const Operand& b);
/// Sets the quantiser of the layers that make x, or adds a layer with it.
Activation quantise(Drafts& drafts, const Node& node, const Operand& x, const ActivationQuant& quant);

/// A constant operand of arithmetic with x as one number per channel of x's map.
std::vector<double> per_channel(const Node& node, const Tensor& constant, const Activation& x, const Shape& map);

bool same_quant(const ActivationQuant& a, const ActivationQuant& b);

/// A layer with one identity branch that holds x.
Draft identity_layer(Drafts& drafts, const Node& node, const Activation& x);

}  // namespace deltasim::models::onnx
