#include "models/onnx_tensor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace deltasim::models::onnx {
namespace {

constexpr std::uint64_t most_elements = std::uint64_t{1} << 28;  // 1 GB of floats: beyond any edge network
constexpr std::size_t most_dimensions = 16;

}  // namespace

std::string text(const Dims& dims) { return fmt::format("{}", fmt::join(dims, " x ")); }

std::uint64_t element_count(const Dims& dims, const std::string& place) {
  if (dims.size() > most_dimensions)
    throw Fault{place, fmt::format("a tensor with {} dimensions", dims.size()),
                fmt::format("at most {}", most_dimensions)};
  std::uint64_t count = 1;
  bool empty = false;
  for (const std::int64_t d : dims) {
    if (d < 0) throw Fault{place, "negative dimension in " + text(dims), "dimensions from 0 up"};
    if (d == 0) empty = true;
    if (d > 0 && static_cast<std::uint64_t>(d) > most_elements / count)
      throw Fault{place, "a tensor of " + text(dims) + " elements", fmt::format("at most {} elements", most_elements)};
    if (d > 0) count *= static_cast<std::uint64_t>(d);
  }
  return empty ? 0 : count;
}

void require_finite(const Tensor& tensor) {
  for (std::size_t i = 0; i < tensor.values.size(); ++i)
    if (!std::isfinite(tensor.values[i]))
      throw Fault{"initialiser '" + tensor.name + "'",
                  fmt::format("element {} is {}", i, std::isnan(tensor.values[i]) ? "NaN" : "infinite"),
                  "finite weights"};
}

std::size_t front_axis(std::int64_t axis, std::size_t rank, const std::string& place) {
  const auto dims = static_cast<std::int64_t>(rank);
  if (axis < -dims || axis >= dims)
    throw Fault{place, fmt::format("axis {} of a tensor with {} dimensions", axis, rank), "an axis that exists"};
  return static_cast<std::size_t>(axis < 0 ? axis + dims : axis);
}

}  // namespace deltasim::models::onnx
