#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// How ranges of single figures become the range of a sum or of a ratio: the figures are drawn many times, the sum is
/// taken of every draw, and its range is that of 90 % of the draws. Draws are made once and are the same in every run.
namespace deltasim::sim {

inline constexpr std::size_t draw_total = 1000;
inline constexpr std::uint64_t draw_seed = 1;
inline constexpr double low_percentile = 5, high_percentile = 95;

/// A figure with its range.
struct Energy {
  double value = 0, low = 0, high = 0;

  friend bool operator==(const Energy& a, const Energy& b) {
    return a.value == b.value && a.low == b.low && a.high == b.high;
  }
};

/// A figure and what it is in every draw; none: the figure is certain.
struct Spread {
  double value = 0;
  std::vector<double> draws;

  /// + n x other, draw by draw.
  Spread& add(double n, const Spread& other);
  friend Spread operator+(Spread a, const Spread& b) { return a.add(1, b); }
  friend Spread operator*(double n, const Spread& s) { return Spread{}.add(n, s); }
  /// `value` and the percentiles of the draws.
  Energy range() const;
};

/// a * b and a / b, draw by draw: what both have in common cancels out of a ratio. A ratio to 0 is 0.
Spread product(const Spread& a, const Spread& b);
Spread ratio(const Spread& a, const Spread& b);

/// Draws figures whose errors go together where they come from the same source.
///
/// A source is a standard normal variate z; a figure that names n sources follows the sum of their z over the root of n
/// and takes the quantile of that sum's probability. So figures of equal sources move together, those of different
/// ones independently, those that share some sources partly.
///
/// A figure's distribution: as likely below `value` as above it; on either side its density falls to zero at `low` and
/// `high`, linearly in the logarithm, because ranges are factors ("within a factor of 2"); linearly where low is 0.
class FigureDraws {
 public:
  explicit FigureDraws(std::uint64_t seed = draw_seed) : seed_(seed) {}
  /// `sources`: keys separated by ", ".
  Spread draw(const Energy& figure, const std::string& sources);

 private:
  const std::vector<std::uint32_t>& ranks(const std::string& source);
  std::vector<double> probabilities(const std::string& sources);

  std::uint64_t seed_;
  std::map<std::string, std::vector<std::uint32_t>> ranks_;  ///< by source: the order of its quantiles
};

}  // namespace deltasim::sim
