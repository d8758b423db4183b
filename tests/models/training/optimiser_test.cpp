#include "models/training/optimiser.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim::models::training;

namespace {

struct Sole {
  std::vector<float> values, gradient;
  Parameter parameter(ParameterKind kind) { return {"p", kind, values.data(), gradient.data(), values.size()}; }
};

TrainingOptions options_of(Optimiser optimiser) {
  TrainingOptions options;
  options.optimiser = optimiser;
  options.momentum = 0.5;
  options.weight_decay = 0;
  return options;
}

}  // namespace

TEST_CASE("Adam: a first step is the rate with the gradient's sign, later ones follow its moments") {
  GradientSteps steps(options_of(Optimiser::adam));
  Sole p{{1.f, 1.f}, {0.5f, -3.f}};
  steps.step({p.parameter(ParameterKind::offset)}, 0.1);
  CHECK(p.values[0] == doctest::Approx(0.9));
  CHECK(p.values[1] == doctest::Approx(1.1));
  p.gradient = {-0.5f, -3.f};
  steps.step({p.parameter(ParameterKind::offset)}, 0.1);
  // m = 0.9 x 0.05 - 0.05 = -0.005, over 1 - 0.81; sqrt(v / (1 - 0.999^2)) = 0.5
  CHECK(p.values[0] == doctest::Approx(0.9 + 0.1 * (0.005 / 0.19) / 0.5));
  CHECK(p.values[1] == doctest::Approx(1.2));
}

TEST_CASE("SGD: momentum") {
  GradientSteps steps(options_of(Optimiser::sgd));
  Sole p{{1.f}, {2.f}};
  steps.step({p.parameter(ParameterKind::offset)}, 0.1);
  steps.step({p.parameter(ParameterKind::offset)}, 0.1);
  CHECK(p.values[0] == doctest::Approx(1 - 0.1 * (2 + 3)));
}

TEST_CASE("thresholds move by shares of themselves, at most a tenth") {
  for (const auto optimiser : {Optimiser::adam, Optimiser::sgd}) {
    auto options = options_of(optimiser);
    options.threshold_rate = 2;
    GradientSteps steps(options);
    Sole p{{0.01f, 100.f}, {50.f, 0.005f}};
    steps.step({p.parameter(ParameterKind::threshold)}, 0.01);
    // Adam: 0.01 x 2; SGD: q g = 0.5 for both
    const double share = optimiser == Optimiser::adam ? 0.02 : 0.01 * 2 * 0.5;
    CHECK(p.values[0] == doctest::Approx(0.01 * (1 - share)));
    CHECK(p.values[1] == doctest::Approx(100 * (1 - share)));
    p.gradient = {1e9f, -1e9f};
    steps.step({p.parameter(ParameterKind::threshold)}, 1.0);
    CHECK(p.values[0] == doctest::Approx(0.01 * (1 - share) * 0.9));
    CHECK(p.values[1] == doctest::Approx(100 * (1 - share) * 1.1));
  }
}

TEST_CASE("only weights decay") {
  for (const auto kind : {ParameterKind::weight, ParameterKind::offset, ParameterKind::threshold}) {
    auto options = options_of(Optimiser::sgd);
    options.weight_decay = 0.5;
    GradientSteps steps(options);
    Sole p{{2.f}, {0.f}};
    steps.step({p.parameter(kind)}, 0.1);
    CHECK(p.values[0] == doctest::Approx(kind == ParameterKind::weight ? 2 * 0.95 : 2.0));
  }
}

TEST_CASE("moments belong to their parameter, whichever others have gradients") {
  GradientSteps steps(options_of(Optimiser::sgd)), alone(options_of(Optimiser::sgd));
  Sole a{{0.f}, {1.f}}, b{{0.f}, {5.f}}, same{{0.f}, {5.f}};
  const auto named = [](Sole& p, const char* name) {
    auto parameter = p.parameter(ParameterKind::offset);
    parameter.name = name;
    return parameter;
  };
  steps.step({named(a, "a"), named(b, "b")}, 0.1);
  steps.step({named(b, "b")}, 0.1);
  steps.step({named(a, "a"), named(b, "b")}, 0.1);
  for (int i = 0; i < 3; ++i) alone.step({named(same, "b")}, 0.1);
  CHECK(b.values == same.values);
}
