#include "tests/hw/systolic_oracle.hpp"

namespace deltasim::test {
namespace {

struct Operand {
  std::size_t fold, step;
  std::int64_t value;
};
using Grid = std::vector<std::optional<Operand>>;

/// Where a fold lies in the held (or the resulting) matrix.
struct Block {
  std::size_t row, column;
};

std::vector<Block> blocks(std::size_t rows, std::size_t columns, std::size_t array_rows, std::size_t array_columns) {
  std::vector<Block> all;
  for (std::size_t c = 0; c < columns; c += array_columns)
    for (std::size_t r = 0; r < rows; r += array_rows) all.push_back({r, c});
  return all;
}

/// Weights (or inputs) in place, the other operand flows to the right, sums flow down.
class Stationary {
 public:
  Stationary(const Matrix& moving, const Matrix& held, std::size_t rows, std::size_t columns)
      : moving_(moving), held_(held), rows_(rows), columns_(columns) {}

  std::uint64_t run(const std::vector<Block>& folds, Matrix& product) {
    folds_ = folds;
    operand_.assign(rows_ * columns_, {});
    sum_.assign(rows_ * columns_, 0);
    active_.assign(rows_ * columns_, 0);
    shadow_ = active_;
    loading_.assign(columns_, Load{0, 0});
    fold_ = 0;
    start_.reset();
    const std::size_t wanted = folds.size() * moving_.rows * columns_;
    std::uint64_t t = 0;
    for (std::size_t left = 0; left < wanted; ++t) left += cycle(t, product);
    return t;
  }

 private:
  struct Load {
    std::size_t fold;
    std::uint64_t since;
  };

  void start_fold(std::uint64_t t) {
    if (start_ && t >= *start_ + moving_.rows && fold_ + 1 < folds_.size() && loading_[0].fold == fold_ + 1 &&
        t >= loading_[0].since + rows_) {
      waves_.push_back({fold_, *start_});
      ++fold_;
      start_ = t;
    }
    if (!start_ && t >= loading_[0].since + rows_) start_ = t;
  }

  std::optional<Operand> fed(std::size_t row, std::uint64_t t) const {
    const auto from = [&](std::size_t fold, std::uint64_t start) -> std::optional<Operand> {
      if (t < start + row || t >= start + row + moving_.rows) return {};
      const std::size_t step = t - start - row;
      return Operand{fold, step, moving_.at(step, folds_[fold].row + row)};
    };
    if (start_)
      if (const auto o = from(fold_, *start_)) return o;
    for (const auto& [fold, start] : waves_)
      if (const auto o = from(fold, start)) return o;
    return {};
  }

  std::size_t cycle(std::uint64_t t, Matrix& product) {
    start_fold(t);
    Grid operand(operand_.size());
    std::vector<std::int64_t> sum(sum_.size());
    const auto shadow = shadow_;
    std::size_t left = 0;
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < columns_; ++j) {
        const std::size_t e = i * columns_ + j;
        operand[e] = j == 0 ? fed(i, t) : operand_[e - 1];
        if (!operand[e]) continue;
        if (operand[e]->step == 0) {
          active_[e] = shadow[e];
          if (i == 0) loading_[j] = {operand[e]->fold + 1, t};
        }
        sum[e] = (i == 0 ? 0 : sum_[e - columns_]) + operand[e]->value * active_[e];
        if (i + 1 < rows_) continue;
        ++left;
        const std::size_t column = folds_[operand[e]->fold].column + j;
        if (column < product.columns) product.at(operand[e]->step, column) += sum[e];
      }
    load(t, shadow);
    operand_ = operand;
    sum_ = sum;
    return left;
  }

  /// A column's next block moves down its second registers, behind the wave that has just used the last one.
  void load(std::uint64_t t, const std::vector<std::int64_t>& shadow) {
    for (std::size_t j = 0; j < columns_; ++j) {
      const auto [fold, since] = loading_[j];
      if (fold >= folds_.size()) continue;
      for (std::size_t i = 0; i < rows_; ++i) {
        if (t < since + i || t >= since + rows_) continue;
        const std::size_t from = rows_ - 1 - (t - since);
        shadow_[i * columns_ + j] =
            i > 0 ? shadow[(i - 1) * columns_ + j] : held_.at(folds_[fold].row + from, folds_[fold].column + j);
      }
    }
  }

  const Matrix &moving_, &held_;
  const std::size_t rows_, columns_;
  std::vector<Block> folds_;
  Grid operand_;
  std::vector<std::int64_t> sum_, active_, shadow_;
  std::vector<Load> loading_;  ///< per column
  std::size_t fold_ = 0;
  std::optional<std::uint64_t> start_;
  std::vector<std::pair<std::size_t, std::uint64_t>> waves_;  ///< earlier folds that rows further down still take in
};

/// Sums in place; one operand flows to the right, the other down. Gives nothing where a sum was overwritten.
class OutputStationary {
 public:
  OutputStationary(const Matrix& left, const Matrix& top, std::size_t rows, std::size_t columns)
      : left_(left), top_(top), rows_(rows), columns_(columns) {}

  std::optional<std::uint64_t> run(const std::vector<Block>& folds, std::uint64_t interval, bool drained,
                                   Matrix& product) {
    folds_ = folds;
    sum_.assign(rows_ * columns_, 0);
    leaving_.assign(rows_ * columns_, {});
    finished_.assign(folds.size() * columns_, {});
    std::size_t done = 0;
    std::uint64_t t = 0;
    for (; done < folds.size() * rows_ * columns_; ++t) {
      const auto moved = drained ? drain(t, product) : 0;
      const auto summed = accumulate(t, interval, drained, product);
      if (!moved || !summed) return {};
      done += *moved + *summed;
    }
    return t;
  }

 private:
  /// An element takes step k of fold f in cycle f x interval + k + its distance from the corner.
  std::optional<std::size_t> accumulate(std::uint64_t t, std::uint64_t interval, bool drained, Matrix& product) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < columns_; ++j) {
        if (t < i + j) continue;
        const std::size_t fold = (t - i - j) / interval, k = (t - i - j) % interval;
        if (fold >= folds_.size() || k >= left_.columns) continue;
        auto& sum = sum_[i * columns_ + j];
        if (k == 0) sum = 0;
        sum += left_.at(folds_[fold].row + i, k) * top_.at(k, folds_[fold].column + j);
        if (k + 1 < left_.columns) continue;
        if (!drained) {
          deliver(product, fold, i, j, sum), ++done;
          continue;
        }
        if (leaving_[i * columns_ + j]) return {};
        leaving_[i * columns_ + j] = Operand{fold, i, sum};
        if (i == 0) finished_[fold * columns_ + j] = t;
      }
    return done;
  }

  /// Once the bottom row of a column has its sum, row i passes i + 1 sums on, one a cycle.
  std::optional<std::size_t> drain(std::uint64_t t, Matrix& product) {
    std::size_t done = 0;
    for (std::size_t j = 0; j < columns_; ++j)
      for (std::size_t i = rows_; i-- > 0;)
        for (std::size_t fold = 0; fold < folds_.size(); ++fold) {
          const auto& since = finished_[fold * columns_ + j];
          if (!since || t < *since + rows_ || t > *since + rows_ + i) continue;
          auto& from = leaving_[i * columns_ + j];
          if (!from || from->fold != fold) return {};
          if (i + 1 == rows_) {
            deliver(product, fold, from->step, j, from->value), ++done;
          } else {
            auto& to = leaving_[(i + 1) * columns_ + j];
            if (to) return {};
            to = from;
          }
          from.reset();
        }
    return done;
  }

  void deliver(Matrix& product, std::size_t fold, std::size_t i, std::size_t j, std::int64_t value) const {
    const std::size_t row = folds_[fold].row + i, column = folds_[fold].column + j;
    if (row < product.rows && column < product.columns) product.at(row, column) = value;
  }

  const Matrix &left_, &top_;
  const std::size_t rows_, columns_;
  std::vector<Block> folds_;
  std::vector<std::int64_t> sum_;
  Grid leaving_;                                        ///< second registers; step = the row that the sum is of
  std::vector<std::optional<std::uint64_t>> finished_;  ///< [fold][column]: when row 0 had its sum
};

}  // namespace

ArrayRun run_stationary(const Matrix& moving, const Matrix& held, std::size_t rows, std::size_t columns,
                        bool overlapped) {
  ArrayRun result{0, Matrix(moving.rows, held.columns)};
  const auto folds = blocks(held.rows, held.columns, rows, columns);
  if (overlapped) {
    result.cycles = Stationary(moving, held, rows, columns).run(folds, result.product);
    return result;
  }
  for (const Block& fold : folds) result.cycles += Stationary(moving, held, rows, columns).run({fold}, result.product);
  return result;
}

ArrayRun run_output_stationary(const Matrix& left, const Matrix& top, std::size_t rows, std::size_t columns,
                               bool drained, bool overlapped) {
  const auto folds = blocks(left.rows, top.columns, rows, columns);
  const std::uint64_t steps = left.columns;
  ArrayRun result{0, Matrix(left.rows, top.columns)};
  if (!overlapped) {
    for (const Block& fold : folds)
      result.cycles += OutputStationary(left, top, rows, columns).run({fold}, steps, drained, result.product).value();
    return result;
  }
  for (std::uint64_t interval = steps;; ++interval) {
    result.product = Matrix(left.rows, top.columns);
    const auto cycles = OutputStationary(left, top, rows, columns).run(folds, interval, drained, result.product);
    if (!cycles) continue;
    result.cycles = *cycles;
    return result;
  }
}

}  // namespace deltasim::test
