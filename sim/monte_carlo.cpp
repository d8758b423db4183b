#include "sim/monte_carlo.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace deltasim::sim {
namespace {

double normal_probability(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

/// The middles of equally likely intervals: every source takes each of them once (a Latin hypercube), so a figure of
/// one source has exact percentiles.
double middle(std::uint32_t rank) { return (rank + 0.5) / draw_total; }

std::vector<double> normal_middles() {
  std::vector<double> z(draw_total);
  for (std::uint32_t i = 0; i < draw_total; ++i) {
    double low = -10, high = 10;
    for (int step = 0; step < 60; ++step)
      (normal_probability((low + high) / 2) < middle(i) ? low : high) = (low + high) / 2;
    z[i] = (low + high) / 2;
  }
  return z;
}

/// FNV-1a: a source's draws depend on its name, not on what else the table names.
std::uint64_t hash(const std::string& text) {
  std::uint64_t h = 14695981039346656037U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return h;
}

/// The distribution's value below which it lies with probability p.
double quantile(const Energy& f, double p) {
  const double end = p < 0.5 ? f.low : f.high;
  const double towards_value = std::sqrt(2 * std::min(p, 1 - p));
  if (f.low <= 0) return end + towards_value * (f.value - end);
  return end * std::pow(f.value / end, towards_value);
}

double percentile(std::vector<double>& draws, double percent) {
  const double place =
      std::clamp(percent / 100 * static_cast<double>(draws.size()) - 0.5, 0.0, static_cast<double>(draws.size()) - 1);
  const auto below = static_cast<std::ptrdiff_t>(place);
  std::nth_element(draws.begin(), draws.begin() + below, draws.end());
  const double at = draws[static_cast<std::size_t>(below)];
  if (below + 1 == static_cast<std::ptrdiff_t>(draws.size())) return at;
  const double next = *std::min_element(draws.begin() + below + 1, draws.end());
  return at + (place - static_cast<double>(below)) * (next - at);
}

template <class Operation>
Spread draw_by_draw(const Spread& a, const Spread& b, Operation operation) {
  Spread s{operation(a.value, b.value), {}};
  if (a.draws.empty() && b.draws.empty()) return s;
  s.draws.resize(draw_total);
  for (std::size_t i = 0; i < draw_total; ++i)
    s.draws[i] = operation(a.draws.empty() ? a.value : a.draws[i], b.draws.empty() ? b.value : b.draws[i]);
  return s;
}

}  // namespace

Spread& Spread::add(double n, const Spread& other) {
  if (n == 0 || (other.value == 0 && other.draws.empty())) return *this;
  if (draws.empty()) draws.assign(draw_total, value);
  value += n * other.value;
  for (std::size_t i = 0; i < draw_total; ++i) draws[i] += n * (other.draws.empty() ? other.value : other.draws[i]);
  return *this;
}

Energy Spread::range() const {
  if (draws.empty()) return {value, value, value};
  std::vector<double> sorted = draws;
  const double low = percentile(sorted, low_percentile), high = percentile(sorted, high_percentile);
  return {value, low, high};
}

Spread product(const Spread& a, const Spread& b) {
  return draw_by_draw(a, b, [](double x, double y) { return x * y; });
}

Spread ratio(const Spread& a, const Spread& b) {
  return draw_by_draw(a, b, [](double x, double y) { return y > 0 ? x / y : 0; });
}

const std::vector<std::uint32_t>& FigureDraws::ranks(const std::string& source) {
  auto& order = ranks_[source];
  if (!order.empty()) return order;
  order.resize(draw_total);
  std::iota(order.begin(), order.end(), 0U);
  std::mt19937_64 bits(seed_ ^ hash(source));  // raw bits: the standard's distributions differ between libraries
  for (std::size_t i = draw_total - 1; i > 0; --i) std::swap(order[i], order[bits() % (i + 1)]);
  return order;
}

std::vector<double> FigureDraws::probabilities(const std::string& sources) {
  static const std::vector<double> normal = normal_middles();
  std::vector<double> p(draw_total, 0.0);
  std::size_t named = 0;
  for (std::size_t begin = 0, end = 0; end < sources.size() || named == 0; begin = end + 2, ++named) {
    end = std::min(sources.find(", ", begin), sources.size());
    const auto& order = ranks(sources.substr(begin, end - begin));
    for (std::size_t i = 0; i < draw_total; ++i) p[i] += normal[order[i]];
  }
  if (named == 1) {
    const auto& order = ranks(sources);
    for (std::size_t i = 0; i < draw_total; ++i) p[i] = middle(order[i]);
  } else {
    for (double& z : p) z = normal_probability(z / std::sqrt(static_cast<double>(named)));
  }
  return p;
}

Spread FigureDraws::draw(const Energy& figure, const std::string& sources) {
  Spread s{figure.value, {}};
  if (figure.low == figure.high) return s;
  s.draws = probabilities(sources);
  for (double& p : s.draws) p = quantile(figure, p);
  return s;
}

}  // namespace deltasim::sim
