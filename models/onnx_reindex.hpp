#pragma once

#include "models/onnx_file.hpp"

#include <functional>

namespace deltasim::models::onnx {

/// A tensor whose elements are another tensor's elements in another order, or zeros.
struct Reindexed {
  static constexpr std::uint32_t zero = 0xffffffffu;

  Dims dims;
  bool same_order = true;           ///< only the dimensions change; `from` is empty
  std::vector<std::uint32_t> from;  ///< for every element, row-major: the input's element, or `zero`
};

/// Constant inputs of a node by position; null where absent, faults where not constant.
using Constants = std::function<std::shared_ptr<const Tensor>(std::size_t input)>;

/// True for the operators that only move elements: Reshape, Transpose, Slice, ...
bool is_reindexing(const std::string& op);

/// What the node's outputs hold of its first input.
std::vector<Reindexed> reindex(const Node& node, const Dims& input, std::int64_t opset, const Constants& constants);

/// Zeros that a Pad node puts in front of and behind every dimension.
struct Padding {
  std::vector<std::int64_t> before, after;
};
Padding padding(const Node& node, std::size_t rank, const Constants& constants);

}  // namespace deltasim::models::onnx
