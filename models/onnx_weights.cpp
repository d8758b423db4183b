#include "models/onnx_weights.hpp"

#include <fmt/format.h>

namespace deltasim::models::onnx {
namespace {

std::int8_t as_int8(const Node& node, std::int32_t code) {
  if (code < -128 || code > 127)
    fail(node, fmt::format("a stored weight of {}", code), "weights of 8 bits, signed or with zero point 128");
  return static_cast<std::int8_t>(code);
}

void set_stored(const Node& node, GraphBranch& branch, const StoredCodes& stored, std::int64_t output_axis,
                std::uint32_t outputs, const WeightOrder& order) {
  const std::size_t scales = stored.scale.size();
  if (scales != 1 && (stored.axis != output_axis || scales != outputs))
    fail(node, "the weights' scales do not follow its output channels", "one scale, or one per output channel");
  branch.weight_scale = stored.scale;
  branch.stored_weights.reserve(stored.codes.size());
  for (std::size_t i = 0; i < stored.codes.size(); ++i)
    branch.stored_weights.push_back(as_int8(node, stored.codes[order(i)]));
}

}  // namespace

WeightOrder convolution_order(const Dims& dims, std::int64_t groups) {
  const auto size = [&](std::size_t d) { return d < dims.size() ? static_cast<std::size_t>(dims[d]) : 1; };
  const bool flat = dims.size() == 3;  // M x C/group x kW
  const std::size_t outputs = size(0) / static_cast<std::size_t>(groups), inputs = size(1);
  const std::size_t rows = flat ? 1 : size(2), columns = flat ? size(2) : size(3);
  return [=](std::size_t i) {
    const std::size_t output = i % outputs, input = i / outputs % inputs;
    const std::size_t tap = i / outputs / inputs % (rows * columns), group = i / outputs / inputs / (rows * columns);
    return ((group * outputs + output) * inputs + input) * rows * columns + tap;
  };
}

void set_weights(const Node& node, GraphBranch& branch, const std::shared_ptr<const Tensor>& tensor,
                 std::int64_t output_axis, std::uint32_t outputs, const WeightOrder& order) {
  branch.weights_missing = tensor->missing;
  if (tensor->missing) return;
  require_finite(*tensor);
  branch.derived_weights = tensor->derived;
  branch.weights.reserve(tensor->values.size());
  for (std::size_t i = 0; i < tensor->values.size(); ++i)
    branch.weights.push_back(static_cast<float>(tensor->values[order(i)]));
  if (tensor->stored) set_stored(node, branch, *tensor->stored, output_axis, outputs, order);
}

void set_bias(const Node& node, GraphBranch& branch, const std::shared_ptr<const Tensor>& tensor, std::uint32_t outputs,
              double factor) {
  if (!tensor) return;
  const std::uint64_t count = element_count(tensor->dims, place(node));
  const bool last = tensor->dims.empty() || static_cast<std::uint64_t>(tensor->dims.back()) == count;
  if ((count != outputs && count != 1) || !last)
    fail(node, fmt::format("a bias of [{}] for {} outputs", text(tensor->dims), outputs), "one number per output");
  if (tensor->missing) {
    branch.weights_missing = true;
    return;
  }
  require_finite(*tensor);
  for (std::uint32_t c = 0; c < outputs; ++c)
    branch.bias.push_back(static_cast<float>(tensor->values[count == 1 ? 0 : c] * factor));
  if (tensor->stored && count == outputs && factor == 1.0) branch.stored_bias = tensor->stored->codes;
}

}  // namespace deltasim::models::onnx
