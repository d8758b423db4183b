#include "sim/tune/search.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace deltasim::sim;

namespace {

/// A made-up network: layers with a work that falls with the threshold and an error that grows with it; a threshold
/// also spares the next layer some work and hides some of the error before it.
struct Made {
  std::vector<double> work, error;
  std::uint32_t levels = 5;
  int asked = 0;

  explicit Made(unsigned seed, std::size_t knobs) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> draw(0.5, 8.0);
    for (std::size_t k = 0; k < knobs; ++k) work.push_back(draw(random)), error.push_back(0.01 * draw(random));
  }

  Judgement of(const Setting& s) const {
    Judgement e;
    double spared = 1.0;
    for (std::size_t k = 0; k < s.size(); ++k) {
      const double t = s[k];
      e.cost += work[k] * spared / (1 + t);
      e.power += error[k] * t * std::sqrt(t) * (0.8 + 0.2 * spared);
      spared = 1 / (1 + 0.2 * t);
    }
    e.loss = std::sqrt(e.power);
    return e;
  }
  Evaluate evaluate() {
    return [this](const std::vector<Setting>& settings, const std::string&) {
      std::vector<Judgement> found;
      for (const auto& s : settings) found.push_back(of(s)), ++asked;
      return found;
    };
  }
  SearchLimits limits(double loss) const {
    SearchLimits limits;
    limits.loss = loss;
    limits.power = loss * loss;
    limits.top = levels - 1;
    return limits;
  }
  double optimum(double loss) const {
    double best = std::numeric_limits<double>::max();
    Setting s(work.size(), 0);
    for (;;) {
      const Judgement e = of(s);
      if (e.loss <= loss) best = std::min(best, e.cost);
      std::size_t k = 0;
      while (k < s.size() && ++s[k] == levels) s[k++] = 0;
      if (k == s.size()) return best;
    }
  }
};

}  // namespace

TEST_CASE("the search finds what trying everything finds, within 6 %, mostly exactly") {
  double sum = 0;
  for (unsigned seed = 1; seed <= 40; ++seed)
    for (const double loss : {0.2, 0.4}) {
      Made made(seed, 4);
      const Candidate found = descend(Setting(4, 0), 4, made.limits(loss), made.evaluate());
      CHECK(found.judgement.loss <= loss);
      const double excess = found.judgement.cost / made.optimum(loss) - 1;
      CHECK(excess < 0.06);
      sum += excess;
    }
  CHECK(sum / 80 < 0.005);
}

TEST_CASE("a start that loses too much comes back within the limits") {
  Made made(7, 6);
  const Candidate found = descend(Setting(6, 4), 6, made.limits(0.3), made.evaluate());
  CHECK(made.of(Setting(6, 4)).loss > 0.3);
  CHECK(found.judgement.loss <= 0.3);
}

TEST_CASE("a search is the same every time, and its rounds say what each knob would change") {
  Made made(3, 5);
  std::vector<Round> rounds, again;
  const Candidate found = descend(Setting(5, 1), 5, made.limits(0.3), made.evaluate(), &rounds);
  CHECK(descend(Setting(5, 1), 5, made.limits(0.3), made.evaluate(), &again).setting == found.setting);
  REQUIRE(rounds.size() == again.size());
  CHECK(rounds.back().to.setting == found.setting);
  const Round& first = rounds.front();
  REQUIRE(first.moves.size() == 5);
  CHECK(first.moves[0].size() == 3);  // one up, one down, two up; two down and four up do not exist
  for (const Move& move : first.moves[2]) {
    Setting other(5, 1);
    other[2] = move.level;
    CHECK(move.cost == doctest::Approx(made.of(other).cost - made.of(Setting(5, 1)).cost));
    CHECK(move.power == doctest::Approx(made.of(other).power - made.of(Setting(5, 1)).power));
  }
}

TEST_CASE("within the limits beats cheap, cheap beats small, and ties have an order") {
  const Candidate in{{1}, {5, 0.1, 0}}, out{{2}, {1, 0.3, 0}}, worse{{3}, {1, 0.4, 0}}, same{{0}, {5, 0.1, 0}};
  CHECK(better(in, out, 0.2));
  CHECK_FALSE(better(out, in, 0.2));
  CHECK(better(out, worse, 0.2));
  CHECK(better(out, in, 0.3));  // at the limit is within
  CHECK(better(same, in, 0.2));
}
