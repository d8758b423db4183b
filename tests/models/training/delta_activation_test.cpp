#include "models/training/delta_activation.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim::models::training;

namespace {

DeltaActivationOptions options_of(Activation activation, std::uint32_t channels = 2, std::uint32_t side = 3) {
  DeltaActivationOptions options;
  options.activation = activation;
  options.output = {channels, side, side};
  options.signed_codes = activation == Activation::none;
  return options;
}

void set_steps(DeltaActivation& layer, const std::vector<float>& steps) {
  torch::NoGradGuard guard;
  layer.threshold.copy_(torch::tensor(steps).reshape(layer.threshold.sizes()));
  layer.quantise(true);
}

/// One frame, one row: channel c holds values[c].
torch::Tensor frame_of(const std::vector<std::vector<float>>& values) {
  std::vector<torch::Tensor> rows;
  for (const auto& row : values) rows.push_back(torch::tensor(row).reshape({1, 1, 1, -1}));
  return torch::cat(rows, 1);
}

bool same(const torch::Tensor& a, const torch::Tensor& b) { return torch::equal(a.contiguous(), b.contiguous()); }

/// Largest difference between the gradient of sum(f(x) * weights) and central differences.
template <typename F>
double gradient_error(F f, torch::Tensor x, const torch::Tensor& weights) {
  x.set_requires_grad(true);
  (f(x) * weights).sum().backward();
  const torch::Tensor gradient = x.grad().clone();
  torch::NoGradGuard guard;
  double error = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const float h = 1e-2f, kept = x.view(-1)[i].item<float>();
    x.view(-1)[i] = kept + h;
    const double above = (f(x) * weights).sum().template item<double>();
    x.view(-1)[i] = kept - h;
    const double below = (f(x) * weights).sum().template item<double>();
    x.view(-1)[i] = kept;
    error = std::max(error, std::abs((above - below) / (2 * h) - gradient.reshape(-1)[i].item<double>()));
  }
  return error;
}

}  // namespace

TEST_CASE("delta layer: codes are rounded half up and saturate at 8 bits, per channel") {
  DeltaActivation layer(options_of(Activation::relu, 2, 1));
  set_steps(layer, {0.5f, -0.25f});  // q = |threshold|
  const torch::Tensor z = frame_of({{-1.f, 0.24f, 0.25f, 1.25f, 1000.f}, {-1.f, 0.124f, 0.125f, 0.625f, 63.9f}});
  CHECK(same(layer.forward(z, 1), frame_of({{0, 0, 0.5f, 1.5f, 127.5f}, {0, 0, 0.25f, 0.75f, 63.75f}})));

  DeltaActivation linear(options_of(Activation::none, 1, 1));
  set_steps(linear, {1.0f});
  CHECK(same(linear.forward(frame_of({{-1.5f, -0.5f, 0.5f, -200.f, 200.f}}), 1),
             frame_of({{-1.f, 0.f, 1.f, -128.f, 127.f}})));

  auto wide = options_of(Activation::relu, 1, 1);
  wide.bits = 0;
  DeltaActivation unlimited(wide);
  set_steps(unlimited, {0.5f});
  CHECK(same(unlimited.forward(frame_of({{1000.2f}}), 1), frame_of({{1000.f}})));
}

TEST_CASE("delta layer: ReLU6 ends at round(6 / q), or at code 255 before it") {
  DeltaActivation layer(options_of(Activation::relu6, 2, 1));
  set_steps(layer, {0.7f, 0.01f});
  const torch::Tensor o = layer.forward(frame_of({{5.f, 7.f}, {5.f, 7.f}}), 1);
  CHECK(o[0][0][0][0].item<double>() == doctest::Approx(7 * 0.7));
  CHECK(o[0][0][0][1].item<double>() == doctest::Approx(9 * 0.7));  // 6 / 0.7 = 8.57
  CHECK(o[0][1][0][0].item<double>() == doctest::Approx(2.55));
  CHECK(o[0][1][0][1].item<double>() == doctest::Approx(2.55));
}

TEST_CASE("delta layer: straight through in z, -o / q in q, the true derivatives where codes saturate") {
  DeltaActivation layer(options_of(Activation::relu, 1, 1));
  set_steps(layer, {0.5f});
  //              f' = 0   code 0  code 2  saturated
  torch::Tensor z = frame_of({{-1.f, 0.1f, 1.1f, 1000.f}});
  z.set_requires_grad(true);
  const torch::Tensor g = frame_of({{1.f, 2.f, 3.f, 5.f}});
  (layer.forward(z, 1) * g).sum().backward();
  CHECK(same(z.grad(), frame_of({{0.f, 2.f, 3.f, 0.f}})));
  CHECK(layer.threshold.grad().item<double>() == doctest::Approx(-3.0 * 2 + 5.0 * 255));

  DeltaActivation six(options_of(Activation::relu6, 1, 1));
  set_steps(six, {-1.0f});  // dq / dthreshold = -1
  torch::Tensor z6 = frame_of({{5.2f, 8.f}});
  z6.set_requires_grad(true);
  (six.forward(z6, 1) * frame_of({{1.f, 1.f}})).sum().backward();
  CHECK(same(z6.grad(), frame_of({{1.f, 0.f}})));
  CHECK(six.threshold.grad().item<double>() == doctest::Approx(5 + 6));
}

TEST_CASE("delta layer: thresholds per layer, channel and neuron collect the gradients of what they serve") {
  torch::manual_seed(3);
  const torch::Tensor z = torch::rand({4, 2, 3, 3}) * 4, g = torch::randn({4, 2, 3, 3});
  for (const auto grain : {ThresholdGrain::layer, ThresholdGrain::channel, ThresholdGrain::neuron}) {
    auto options = options_of(Activation::relu);
    options.grain = grain;
    DeltaActivation layer(options);
    torch::NoGradGuard guard;
    layer.threshold.copy_(torch::rand_like(layer.threshold) * 0.3 + 0.1);
    layer.quantise(true);
    const torch::Tensor q = layer.step(), o = torch::floor(z / q + 0.5) * q;
    torch::Tensor got;
    {
      torch::AutoGradMode grad(true);
      got = layer.forward(z, 2);
      (got * g).sum().backward();
    }
    CHECK(torch::allclose(got, o));
    const torch::Tensor expected = (-o / q * g).sum_to_size(q.sizes());
    CHECK(torch::allclose(layer.threshold.grad(), expected, 1e-4, 1e-4));
  }
}

TEST_CASE("delta layer: memory order changes nothing") {
  torch::manual_seed(4);
  DeltaActivation layer(options_of(Activation::relu, 5, 4));
  set_steps(layer, {0.1f, 0.2f, 0.3f, 0.4f, 0.5f});
  const torch::Tensor z = torch::randn({6, 5, 4, 4});
  CHECK(same(layer.forward(z, 2), layer.forward(channels_last(z), 2)));
}

TEST_CASE("delta layer: before quantisation it is f, with true gradients") {
  torch::manual_seed(5);
  for (const auto activation : {Activation::none, Activation::relu, Activation::relu6, Activation::softmax}) {
    auto options = options_of(activation, 3, 2);
    options.max_pool = PoolDescription{};
    DeltaActivation layer(options);
    const torch::Tensor x = torch::randperm(48).reshape({1, 3, 4, 4}).to(torch::kFloat) / 4 - 4.1;
    const double error =
        gradient_error([&](const torch::Tensor& z) { return layer.forward(z, 1); }, x, torch::randn({1, 3, 2, 2}));
    CHECK(error < 2e-3);
  }
}

TEST_CASE("delta layer: max pool acts on f(z), and its maximum gets the gradient") {
  auto options = options_of(Activation::relu, 1, 1);
  options.max_pool = PoolDescription{};
  DeltaActivation layer(options);
  set_steps(layer, {0.5f});
  torch::Tensor z = torch::tensor({0.1f, 2.2f, -3.f, 1.f}).reshape({1, 1, 2, 2});
  z.set_requires_grad(true);
  const torch::Tensor o = layer.forward(z, 1);
  CHECK(o.item<double>() == doctest::Approx(2.0));
  o.sum().backward();
  CHECK(same(z.grad(), torch::tensor({0.f, 1.f, 0.f, 0.f}).reshape({1, 1, 2, 2})));
}

TEST_CASE("delta layer: the sum of sent differences is o, and integration takes differences back to it") {
  torch::manual_seed(6);
  DeltaActivation layer(options_of(Activation::relu, 2, 3));
  set_steps(layer, {0.25f, 0.5f});  // powers of two: float sums are exact
  const torch::Tensor z = torch::floor(torch::randn({2 * 5, 2, 3, 3}) * 256) / 256;
  const torch::Tensor o = layer.forward(z, 5).reshape({2, 5, 2, 3, 3});
  torch::Tensor sent = o.clone();
  sent.slice(1, 1) -= o.slice(1, 0, 4);
  CHECK(same(sent.cumsum(1), o));
  const torch::Tensor codes = sent / layer.step();
  CHECK(same(codes, codes.round()));

  auto options = options_of(Activation::relu, 2, 3);
  options.integrate = true;
  DeltaActivation sigma(options);
  set_steps(sigma, {0.25f, 0.5f});
  torch::Tensor changes = z.reshape({2, 5, 2, 3, 3}).clone();
  changes.slice(1, 1) -= z.reshape({2, 5, 2, 3, 3}).slice(1, 0, 4);
  CHECK(same(sigma.forward(changes.reshape({10, 2, 3, 3}), 5).reshape(o.sizes()), o));
}

TEST_CASE("delta layer: thresholds start from the largest activation of their channel") {
  DeltaActivation layer(options_of(Activation::relu, 4, 1));
  CHECK_FALSE(layer.quantises());
  layer.forward(frame_of({{1.f, 5.1f}, {-3.f, -1.f}, {2.55f, 0.f}, {1e-22f, 0.f}}), 1);
  layer.forward(frame_of({{10.2f, 0.f}, {-3.f, -1.f}, {1.f, 0.f}, {0.f, -1.f}}), 1);
  layer.eval();
  layer.forward(frame_of({{100.f, 0.f}, {100.f, 0.f}, {100.f, 0.f}, {100.f, 0.f}}), 1);  // evaluation sets nothing
  layer.initialise(2);
  layer.quantise(true);
  CHECK(layer.quantises());
  CHECK(torch::allclose(layer.step().reshape({4}),
                        torch::tensor({0.08f, 2 * 10.2f / 64 / 255, 0.02f, 2 * 10.2f / 64 / 255})));
}
