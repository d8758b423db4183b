#pragma once

#include <cstdint>
#include <optional>
#include <vector>

/// A systolic array register by register: moves operands, weights and sums one element a cycle and counts the cycles
/// until the last result has left. Knows nothing of fold formulas; the products it returns show that it worked.
namespace deltasim::test {

struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<std::int64_t> values;

  Matrix(std::size_t r, std::size_t c) : rows(r), columns(c), values(r * c) {}
  std::int64_t& at(std::size_t r, std::size_t c) { return values[r * columns + c]; }
  /// Beyond the edge lies 0: what fills the unused part of the array.
  std::int64_t at(std::size_t r, std::size_t c) const { return r < rows && c < columns ? values[r * columns + c] : 0; }
};

struct ArrayRun {
  std::uint64_t cycles = 0;
  Matrix product;
};

/// `moving` x `held`, the blocks of `held` kept in the array. Overlapped: the next block enters through second
/// registers while the present one works.
ArrayRun run_stationary(const Matrix& moving, const Matrix& held, std::size_t rows, std::size_t columns,
                        bool overlapped);

/// `left` x `top`, sums kept in the array. `drained`: the run ends when the sums have been shifted out below.
/// Overlapped: they leave through second registers, and folds follow each other as closely as gives right products.
ArrayRun run_output_stationary(const Matrix& left, const Matrix& top, std::size_t rows, std::size_t columns,
                               bool drained, bool overlapped);

}  // namespace deltasim::test
