#pragma once

#include "models/onnx_draft.hpp"

namespace deltasim::models::onnx {

/// Fills a branch's weights: entry i is the tensor's element order(i). Integers behind dequantised weights are kept as
/// they are; `output_axis` is the dimension that their scales must follow.
using WeightOrder = std::function<std::size_t(std::size_t)>;
void set_weights(const Node& node, GraphBranch& branch, const std::shared_ptr<const Tensor>& tensor,
                 std::int64_t output_axis, std::uint32_t outputs, const WeightOrder& order);
/// `tensor` may be null; one number, or one per output.
void set_bias(const Node& node, GraphBranch& branch, const std::shared_ptr<const Tensor>& tensor, std::uint32_t outputs,
              double factor = 1.0);

/// M x C/group x kH x kW to [group][ky][kx][input channel][output channel].
WeightOrder convolution_order(const Dims& dims, std::int64_t groups);

}  // namespace deltasim::models::onnx
