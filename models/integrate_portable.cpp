#include "models/integrate.hpp"

namespace deltasim::models {
namespace {

// Left to the compiler's vectoriser: without AVX2, holding a tile of the row in registers is slower than this.
void add_rows(std::int32_t* __restrict row, std::uint32_t outputs, const std::int8_t* __restrict weights,
              std::size_t stride, std::uint32_t first, const std::uint32_t* channels, const std::int32_t* values,
              std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const std::int8_t* w = weights + std::size_t{channels[i] - first} * stride;
    const auto value = static_cast<std::uint32_t>(values[i]);  // unsigned: sums wrap
    for (std::uint32_t o = 0; o < outputs; ++o)
      row[o] = static_cast<std::int32_t>(static_cast<std::uint32_t>(row[o]) +
                                         static_cast<std::uint32_t>(std::int32_t{w[o]}) * value);
  }
}

}  // namespace

AddRows add_rows_portable() { return &add_rows; }

}  // namespace deltasim::models
