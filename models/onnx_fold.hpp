#pragma once

#include "models/onnx_file.hpp"

namespace deltasim::models::onnx {

using Operands = std::vector<std::shared_ptr<const Tensor>>;  ///< by input position; null where absent

/// Outputs of a node whose inputs are all constants; nullopt for an operator that is not folded.
std::optional<std::vector<Tensor>> fold(const Node& node, const Operands& inputs, std::int64_t opset);

/// A shape as the constant that operator Shape gives.
Tensor shape_constant(const Dims& dims);

}  // namespace deltasim::models::onnx
