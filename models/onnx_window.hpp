#pragma once

#include "models/onnx_fuse.hpp"

namespace deltasim::models::onnx {

/// Weights of a convolution or dense layer as a node names them.
struct Weights {
  std::shared_ptr<const Tensor> kernel;  ///< M x C/group x kH x kW (convolution)
  std::shared_ptr<const Tensor> bias;    ///< null, or M
};

Activation convolution(Drafts& drafts, const Node& node, const Activation& x, const Weights& weights);
Activation pool(Drafts& drafts, const Node& node, const Activation& x);
/// GlobalAveragePool, GlobalMaxPool; `keep` false: rows and columns disappear from the dimensions.
Activation global_pool(Drafts& drafts, const Node& node, const Activation& x, BranchKind kind, bool keep);

}  // namespace deltasim::models::onnx
