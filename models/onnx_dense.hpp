#pragma once

#include "models/onnx_fuse.hpp"

namespace deltasim::models::onnx {

/// Gemm, MatMul with a constant: a convolution whose window is its whole input.
struct DenseWeights {
  std::shared_ptr<const Tensor> matrix;  ///< inputs x outputs, or transposed
  bool transposed = false;
  std::shared_ptr<const Tensor> bias;  ///< null, or one per output
  double alpha = 1.0, beta = 1.0;
};

Activation dense(Drafts& drafts, const Node& node, const Activation& x, const DenseWeights& weights);

}  // namespace deltasim::models::onnx
