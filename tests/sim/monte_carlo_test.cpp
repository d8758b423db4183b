#include "sim/monte_carlo.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace deltasim::sim;

namespace {

const Energy factor_two{10, 5, 20};

/// The percentile of a figure by the formula of the distribution.
double exact(const Energy& f, double p) {
  return p < 0.5 ? f.low * std::pow(f.value / f.low, std::sqrt(2 * p))
                 : f.high * std::pow(f.value / f.high, std::sqrt(2 * (1 - p)));
}

}  // namespace

TEST_CASE("a figure's percentiles are those of its distribution, its median is its value, no draw leaves its range") {
  FigureDraws draws;
  for (const Energy figure : {factor_two, Energy{10, 9, 30}, Energy{3, 0.5, 3}}) {
    const Spread s = draws.draw(figure, "A");
    const Energy range = s.range();
    CHECK(range.value == figure.value);
    CHECK(range.low == doctest::Approx(exact(figure, 0.05)).epsilon(1e-3));
    CHECK(range.high == doctest::Approx(exact(figure, 0.95)).epsilon(1e-3));
    CHECK(*std::min_element(s.draws.begin(), s.draws.end()) >= figure.low);
    CHECK(*std::max_element(s.draws.begin(), s.draws.end()) <= figure.high);
    CHECK(std::count_if(s.draws.begin(), s.draws.end(), [&](double x) { return x < figure.value; }) <=
          static_cast<std::ptrdiff_t>(draw_total / 2));
  }
  const Energy linear = draws.draw({0.5, 0, 1}, "A").range();  // no logarithm of 0
  CHECK(linear.low == doctest::Approx(0.5 * std::sqrt(0.1)).epsilon(1e-3));
  CHECK(linear.high == doctest::Approx(1 - 0.5 * std::sqrt(0.1)).epsilon(1e-3));
}

TEST_CASE("a certain figure has no width") {
  FigureDraws draws;
  CHECK(draws.draw({7, 7, 7}, "A").range() == Energy{7, 7, 7});
  CHECK(Spread{}.range() == Energy{});
  CHECK((2 * draws.draw({7, 7, 7}, "A") + draws.draw({1, 1, 1}, "B")).range() == Energy{15, 15, 15});
}

TEST_CASE("figures of one source add linearly") {
  FigureDraws draws;
  const Spread a = draws.draw(factor_two, "A"), b = draws.draw({3, 2, 9}, "A");
  const Energy sum = (a + 4 * b).range(), ra = a.range(), rb = b.range();
  CHECK(sum.low == doctest::Approx(ra.low + 4 * rb.low));
  CHECK(sum.high == doctest::Approx(ra.high + 4 * rb.high));
}

TEST_CASE("figures of different sources add nearly in quadrature, those that share a source lie between") {
  FigureDraws draws;
  const Spread a = draws.draw(factor_two, "A");
  const auto width = [&](const Spread& s) { return s.range().high - s.range().low; };
  const double one = width(a);
  const double together = width(a + draws.draw(factor_two, "A"));
  const double apart = width(a + draws.draw(factor_two, "B"));
  const double partly = width(draws.draw(factor_two, "A, C") + draws.draw(factor_two, "B, C"));
  CHECK(together == doctest::Approx(2 * one));
  CHECK(apart == doctest::Approx(std::sqrt(2.0) * one).epsilon(0.05));
  CHECK(partly > 1.08 * apart);
  CHECK(partly < 0.97 * together);
}

TEST_CASE("the order of the keys of a source does not matter, and a pair of sources is one of its own") {
  FigureDraws draws;
  CHECK(draws.draw(factor_two, "A, B").draws == draws.draw(factor_two, "B, A").draws);
  CHECK(draws.draw(factor_two, "A, B").draws != draws.draw(factor_two, "A").draws);
  const Energy pair = draws.draw(factor_two, "A, B").range(), single = draws.draw(factor_two, "A").range();
  CHECK(pair.low == doctest::Approx(single.low).epsilon(0.03));
  CHECK(pair.high == doctest::Approx(single.high).epsilon(0.03));
}

TEST_CASE("the ratio of equal counts has no width, of different counts less than either") {
  FigureDraws draws;
  const Spread mac = draws.draw(factor_two, "A"), memory = draws.draw({30, 15, 60}, "B");
  const Spread dense = 4 * (mac + memory), delta = mac + memory;
  const Energy four = ratio(dense, delta).range();
  CHECK(four.low == doctest::Approx(4));
  CHECK(four.high == doctest::Approx(4));
  const Energy other = ratio(dense, 0.5 * mac + memory).range();  // 160 / 35
  CHECK(other.value == doctest::Approx(160.0 / 35));
  CHECK(other.low < other.value);
  CHECK(other.high > other.value);
  CHECK((other.high - other.low) / other.value < 0.25 * (dense.range().high - dense.range().low) / dense.value);
  CHECK(ratio(dense, Spread{}).range().value == 0);
}

TEST_CASE("draws follow from seed and source alone") {
  FigureDraws first, second, reseeded(draw_seed + 1);
  second.draw(factor_two, "Z");  // another source before it
  CHECK(first.draw(factor_two, "A").draws == second.draw(factor_two, "A").draws);
  CHECK(first.draw(factor_two, "A").draws != reseeded.draw(factor_two, "A").draws);
  CHECK(first.draw(factor_two, "A").draws != first.draw(factor_two, "B").draws);
  // Raw bits of the generator, whose sequence the standard fixes: the same everywhere.
  CHECK(first.draw({0.5, 0, 1}, "A").draws[0] == doctest::Approx(0.522768));
}
