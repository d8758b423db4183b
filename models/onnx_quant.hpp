#pragma once

#include "models/onnx_window.hpp"

namespace deltasim::models::onnx {

/// Scale and zero point that a node gives for an activation, one of each.
ActivationQuant activation_quant(const Node& node, const std::shared_ptr<const Tensor>& scale,
                                 const std::shared_ptr<const Tensor>& zero_point);
/// The same, or one scale for each channel of x.
ActivationQuant activation_quant(const Node& node, const std::shared_ptr<const Tensor>& scale,
                                 const std::shared_ptr<const Tensor>& zero_point, const Activation& x,
                                 const Shape& map);
/// Whether the channels of its scales are those of the layers that make x, in their order.
bool by_layer_channel(const Activation& x, const ActivationQuant& quant);
/// What it means for channels first .. first + count - 1.
ActivationQuant of_channels(const ActivationQuant& quant, std::uint32_t first, std::uint32_t count);

/// Real values of stored integers; the integers stay with them. `axis`: of several scales.
Tensor dequantised(const Node& node, const Tensor& stored, const std::shared_ptr<const Tensor>& scale,
                   const std::shared_ptr<const Tensor>& zero_point, std::int64_t axis);

/// Real constants as the integers that QuantizeLinear makes of them.
Tensor quantised(const Node& node, const Tensor& real, const std::shared_ptr<const Tensor>& scale,
                 const std::shared_ptr<const Tensor>& zero_point, std::int64_t axis);

/// Codes to real values: the layers that make x must have this quantiser; an integer input gets it.
Activation dequantise(Drafts& drafts, const Node& node, const Activation& x, const ActivationQuant& quant);

/// The bias of a QLinearConv: its unit is the input's step times the weights'.
Tensor integer_bias(const Node& node, const Tensor& bias, const ActivationQuant& input, const StoredCodes& weights);

/// After all nodes: what a quantised network still needs to be run with its own scales. True where it is one.
bool complete_quantisation(Drafts& drafts);

}  // namespace deltasim::models::onnx
