#include "models/training/weight_quantisation.hpp"

#include <doctest/doctest.h>

using namespace deltasim::models::training;

namespace {

/// Bits may differ in the last place: w + (rounded - w).
bool close(const torch::Tensor& a, const torch::Tensor& b) { return torch::allclose(a, b, 1e-5, 1e-6); }

torch::nn::BatchNorm2d normalisation(const std::vector<float>& gamma, const std::vector<float>& beta,
                                     const std::vector<float>& mean, const std::vector<float>& variance) {
  torch::nn::BatchNorm2d norm(torch::nn::BatchNorm2dOptions(static_cast<std::int64_t>(gamma.size())).eps(0));
  torch::NoGradGuard guard;
  norm->weight.copy_(torch::tensor(gamma));
  norm->bias.copy_(torch::tensor(beta));
  norm->running_mean.copy_(torch::tensor(mean));
  norm->running_var.copy_(torch::tensor(variance));
  return norm;
}

}  // namespace

TEST_CASE("weights of the export: code 127 is the largest of its output, zero outputs stay zero") {
  const auto w = torch::tensor({1.27f, 0.014f, 0.f, 0.f, -254.f, 3.1f}).reshape({3, 2});
  const auto result = folded(w, {}, nullptr, {}, 1, Rounding::weights);
  CHECK(close(result.weight, torch::tensor({1.27f, 0.01f, 0.f, 0.f, -254.f, 4.f}).reshape({3, 2})));
  CHECK_FALSE(result.bias.defined());
  CHECK(torch::equal(folded(w, {}, nullptr, {}, 1, Rounding::none).weight, w));
}

TEST_CASE("weights of the export: rounding happens on w x input step, per group's inputs") {
  // products 0.5, 12.7 -> scale 0.1: codes 5, 127
  const auto w = torch::tensor({0.52f, 6.35f}).reshape({1, 2, 1, 1});
  const auto result = folded(w, {}, nullptr, {torch::tensor({1.f, 2.f}), {}}, 1, Rounding::weights);
  CHECK(close(result.weight, torch::tensor({0.5f, 6.35f}).reshape({1, 2, 1, 1})));
  // two groups of two inputs: the second output sees steps 4 and 1; products 12.7 and 0.26 -> codes 127, 3
  const auto grouped = torch::tensor({0.52f, 6.35f, 3.175f, 0.26f}).reshape({2, 2, 1, 1});
  CHECK(close(folded(grouped, {}, nullptr, {torch::tensor({1.f, 2.f, 4.f, 1.f}), {}}, 2, Rounding::weights).weight,
              torch::tensor({0.5f, 6.35f, 3.175f, 0.3f}).reshape({2, 2, 1, 1})));
  // depthwise: an output has one input, whose step cancels out
  const auto depthwise = torch::rand({4, 1, 3, 3});
  CHECK(torch::equal(
      folded(depthwise, {}, nullptr, {torch::tensor({1.f, 2.f, 4.f, 1.f}), {}}, 4, Rounding::weights).weight,
      folded(depthwise, {}, nullptr, {}, 4, Rounding::weights).weight));
}

TEST_CASE("weights of the export: batch normalisation is folded in, gradients pass to all of its parts") {
  auto norm = normalisation({2.f, 1.f}, {1.f, -1.f}, {3.f, 0.f}, {4.f, 0.25f});
  auto w = torch::tensor({1.f, 127.f, 2.f, 0.f}).reshape({2, 2, 1, 1});
  w.set_requires_grad(true);
  const auto result = folded(w, {}, norm, {}, 1, Rounding::weights);
  CHECK(close(result.weight, torch::tensor({1.f, 127.f, 4.f, 0.f}).reshape({2, 2, 1, 1})));  // factors 1, 2
  CHECK(close(result.bias, torch::tensor({-2.f, -1.f})));
  (result.weight.sum() + result.bias.sum()).backward();
  CHECK(close(w.grad(), torch::tensor({1.f, 1.f, 2.f, 2.f}).reshape({2, 2, 1, 1})));
  CHECK(close(norm->weight.grad(), torch::tensor({(1 + 127 - 3) / 2.f, 2 / 0.5f})));
  CHECK(close(norm->bias.grad(), torch::tensor({1.f, 1.f})));

  const auto x = torch::randn({2, 2, 3, 3}), weight = torch::randn({2, 2, 3, 3});
  norm->eval();
  const auto folded_weights = folded(weight, {}, norm, {}, 1, Rounding::none);
  CHECK(torch::allclose(norm(torch::conv2d(x, weight)), torch::conv2d(x, folded_weights.weight, folded_weights.bias),
                        1e-4, 1e-4));
}

TEST_CASE("biases of the export are whole units of the integer network's sums") {
  const auto bias = torch::tensor({1.04f, 0.26f});
  const auto rounded = [&](const torch::Tensor& weight, const torch::Tensor& steps, std::int64_t groups) {
    return folded(weight, bias, nullptr, {steps, {}}, groups, Rounding::integers).bias;
  };
  // scales 0.1 and 0.2, step 0.5: units 0.05 and 0.1
  const auto two = torch::tensor({12.7f, 0.f, 25.4f, 0.f}).reshape({2, 2, 1, 1});
  CHECK(close(rounded(two, torch::tensor({0.5f}), 1), torch::tensor({1.05f, 0.3f})));
  // products with the steps over their largest: 3.175 and 6.35, scales 0.025 and 0.05, in units of the largest step
  CHECK(close(rounded(two, torch::tensor({0.5f, 2.f}), 1), torch::tensor({1.05f, 0.3f})));
  // depthwise: each output in its own input's step, units 0.02 and 0.4
  const auto each = torch::tensor({12.7f, 25.4f}).reshape({2, 1, 1, 1});
  CHECK(close(rounded(each, torch::tensor({0.2f, 2.f}), 2), torch::tensor({1.04f, 0.4f})));
  CHECK(torch::equal(folded(two, bias, nullptr, {}, 1, Rounding::integers).bias, bias));
}

TEST_CASE("multipliers of the export are whole numbers of 2^-24") {
  const auto weight = torch::tensor({12.7f, 25.4f}).reshape({2, 1, 1, 1}), bias = torch::tensor({1.f, 2.f});
  const auto with_output = [&](const torch::Tensor& step) {
    return folded(weight, bias, nullptr, {torch::tensor({0.5f}), step}, 1, Rounding::integers);
  };
  // units 0.05 and 0.1; M 2.4 and 4.8 become 2 and 5
  const auto result = with_output(torch::tensor({0.05f / 2.4f * 0x1p24f}));
  CHECK(close(result.weight.flatten(), torch::tensor({12.7f * 2 / 2.4f, 25.4f * 5 / 4.8f})));
  CHECK(close(result.bias, torch::tensor({2 / 2.4f, 2 * 5 / 4.8f})));
  // 0.4: nothing is left of this output
  CHECK(close(with_output(torch::tensor({0.05f / 0.4f * 0x1p24f, 1.f})).weight.flatten(), torch::tensor({0.f, 25.4f})));
}
