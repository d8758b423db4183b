#include "models/training/network_module.hpp"
#include "models/error.hpp"
#include "models/graph.hpp"
#include "models/training/builtin.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <random>

using namespace deltasim::models;
using namespace deltasim::models::training;

namespace {

TermDescription term(TermKind kind, const std::string& from, std::uint32_t kernel = 3, std::uint32_t stride = 1) {
  TermDescription t;
  t.kind = kind, t.from = from, t.kernel = kernel, t.stride = stride;
  return t;
}

/// Every kind of term, an even kernel, uneven maps, padding on one side, groups, averages at borders, a max pool.
NetworkDescription odd() {
  NetworkDescription n;
  n.name = "odd";
  n.input = {3, 11, 16};
  const auto add = [&](const char* name, std::uint32_t outputs, std::vector<TermDescription> terms) -> auto& {
    LayerDescription layer;
    layer.name = name, layer.outputs = outputs, layer.terms = std::move(terms);
    return n.layers.emplace_back(layer);
  };
  auto first = term(TermKind::convolution, "input", 4, 2);
  first.batch_norm = false;
  auto& one = add("one", 8, {first});
  one.max_pool = PoolDescription{3, 2, 1};
  auto grouped = term(TermKind::convolution, "one", 3, 2);
  grouped.groups = 4, grouped.padding = {0, 2};
  auto& two = add("two", 8, {grouped, term(TermKind::average_pool, "one", 3, 2)});
  two.activation = Activation::relu6;
  add("three", 0, {term(TermKind::identity, "two"), term(TermKind::convolution, "two", 1)});
  add("four", 6, {term(TermKind::dense, "three")}).activation = Activation::none;
  auto& logits = add("logits", 5, {term(TermKind::dense, "four")});
  logits.terms[0].batch_norm = false;
  logits.activation = Activation::none, logits.delta = false;
  return n;
}

using Map = std::vector<float>;  // C, H, W

/// One output of a term, tap by tap.
double sum_at(const TermDescription& term, const TermGeometry& t, const TrainedTerm& w, const Map& x, const Shape& sum,
              std::uint32_t c, std::uint32_t y, std::uint32_t x_at) {
  if (term.kind == TermKind::identity) return x[(c * sum.height + y) * sum.width + x_at];
  const bool average = term.kind == TermKind::average_pool;
  const std::uint32_t inputs = average ? 1 : t.input.channels / t.groups, of_group = sum.channels / t.groups;
  double total = 0;
  int inside = 0;
  for (std::uint32_t i = 0; i < inputs; ++i)
    for (std::uint32_t ky = 0; ky < t.kernel_h; ++ky)
      for (std::uint32_t kx = 0; kx < t.kernel_w; ++kx) {
        const std::int64_t in_y = std::int64_t{y} * t.stride + ky - t.top,
                           in_x = std::int64_t{x_at} * t.stride + kx - t.left;
        if (in_y < 0 || in_x < 0 || in_y >= t.input.height || in_x >= t.input.width) continue;
        ++inside;
        const std::uint32_t channel = average ? c : c / of_group * inputs + i;
        const float value = x[(channel * t.input.height + static_cast<std::uint32_t>(in_y)) * t.input.width +
                              static_cast<std::uint32_t>(in_x)];
        total += average ? value : value * w.weight[((c * inputs + i) * t.kernel_h + ky) * t.kernel_w + kx];
      }
  if (average) return total / inside;
  if (!w.bias.empty()) total += w.bias[c];
  if (!w.batch_norm) return total;
  const Normalisation& n = *w.batch_norm;
  return (total - n.mean[c]) * n.gamma[c] / std::sqrt(n.variance[c] + n.epsilon) + n.beta[c];
}

Map pooled(const PoolDescription& pool, const Map& x, const Shape& from, const Shape& to) {
  Map result;
  for (std::uint32_t c = 0; c < to.channels; ++c)
    for (std::uint32_t y = 0; y < to.height; ++y)
      for (std::uint32_t x_at = 0; x_at < to.width; ++x_at) {
        float most = -1e30F;
        for (std::uint32_t k = 0; k < pool.kernel * pool.kernel; ++k) {
          const std::int64_t in_y = std::int64_t{y} * pool.stride + k / pool.kernel - pool.padding,
                             in_x = std::int64_t{x_at} * pool.stride + k % pool.kernel - pool.padding;
          if (in_y >= 0 && in_x >= 0 && in_y < from.height && in_x < from.width)
            most = std::max(most, x[static_cast<std::size_t>((c * from.height + in_y) * from.width + in_x)]);
        }
        result.push_back(most);
      }
  return result;
}

/// The network in float, straight from its description: no torch.
Map evaluated(const TrainedNetwork& network, const Map& input) {
  const auto layers = geometry(network.description);
  std::vector<Map> maps;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const LayerDescription& layer = network.description.layers[l];
    const Shape& sum = layers[l].sum;
    Map map;
    for (std::uint32_t c = 0; c < sum.channels; ++c)
      for (std::uint32_t y = 0; y < sum.height; ++y)
        for (std::uint32_t x = 0; x < sum.width; ++x) {
          double z = 0;
          for (std::size_t i = 0; i < layer.terms.size(); ++i) {
            const TermGeometry& t = layers[l].terms[i];
            z += sum_at(layer.terms[i], t, network.layers[l].terms[i], t.from < maps.size() ? maps[t.from] : input, sum,
                        c, y, x);
          }
          if (layer.activation != Activation::none) z = std::max(z, 0.0);
          if (layer.activation == Activation::relu6) z = std::min(z, 6.0);
          map.push_back(static_cast<float>(z));
        }
    maps.push_back(layer.max_pool ? pooled(*layer.max_pool, map, sum, layers[l].output) : map);
  }
  return maps.back();
}

Map noise(std::size_t size, unsigned seed, float high = 1.0F) {
  std::mt19937 dice(seed);
  Map values(size);
  for (float& value : values) value = static_cast<float>(dice() % 256) / 255.0F * high;
  return values;
}

torch::Tensor frames_of(const Map& values, const Shape& shape) {
  return torch::tensor(values).view({-1, shape.channels, shape.height, shape.width});
}

void check_close(const torch::Tensor& got, const Map& expected, double tolerance) {
  REQUIRE(got.numel() == static_cast<std::int64_t>(expected.size()));
  const double scale = std::max(1.0, torch::tensor(expected).abs().max().item<double>());
  const auto flat = got.flatten();
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(std::abs(flat[static_cast<std::int64_t>(i)].item<double>() - expected[i]) <= tolerance * scale);
}

/// Batch normalisations that do something.
void stir(NetworkModule& module) {
  torch::NoGradGuard no_gradients;
  std::mt19937 dice(5);
  for (auto& named : module.named_buffers())
    if (named.key().find("running") != std::string::npos)
      for (std::int64_t i = 0; i < named.value().numel(); ++i) named.value()[i] = 0.25 + (dice() % 100) / 100.0;
  for (auto& named : module.named_parameters())
    if (named.key().find("batch_norm") != std::string::npos || named.key().find("bias") != std::string::npos)
      for (std::int64_t i = 0; i < named.value().numel(); ++i) named.value()[i] = 0.5 + (dice() % 100) / 100.0;
}

void check_imported(const std::string& path, double pixel_scale) {
  const TrainedNetwork trained = import_trained(path, pixel_scale);
  const Graph graph = import_onnx(path);
  FloatNetwork real(graph);
  NetworkModule module(trained.description, ThresholdGrain::channel, 1);
  load(module, trained);
  module.eval();
  torch::NoGradGuard no_gradients;
  Map frame = noise(trained.description.input.size(), 3);
  const auto logits = module.forward(frames_of(frame, trained.description.input), 1);
  for (float& pixel : frame) pixel *= static_cast<float>(255.0 * pixel_scale);
  check_close(logits, real.run(frame), 1e-4);
}

}  // namespace

TEST_CASE("the module computes what the description says, tap by tap") {
  NetworkModule module(odd(), ThresholdGrain::channel, 7);
  stir(module);
  module.eval();
  const Shape shape = odd().input;
  const Map one = noise(shape.size(), 1), two = noise(shape.size(), 2);
  Map both = one;
  both.insert(both.end(), two.begin(), two.end());
  torch::NoGradGuard no_gradients;
  const auto logits = module.forward(frames_of(both, shape), 2);
  const TrainedNetwork trained = to_trained(module);
  CHECK(logits.sizes() == torch::IntArrayRef{2, 5});
  check_close(logits[0], evaluated(trained, one), 1e-5);
  check_close(logits[1], evaluated(trained, two), 1e-5);
}

TEST_CASE("every delta layer hands out what it sent and what a change of it costs") {
  NetworkModule module(odd(), ThresholdGrain::channel, 7);
  module.forward(torch::rand({2, 3, 11, 16}), 2);
  const auto& points = module.delta_points();
  REQUIRE(points.size() == 5);
  CHECK(points[0].name == "input");
  CHECK(points[0].sent.sizes() == torch::IntArrayRef{2, 3, 11, 16});
  CHECK(points[1].name == "one");
  CHECK(points[1].sent.sizes() == torch::IntArrayRef{2, 8, 3, 4});  // after its max pool
  const auto map = fan_out_map(odd(), 0);
  CHECK(points[1].fan_out.sum().item<double>() == std::accumulate(map.begin(), map.end(), 0.0));
  CHECK(points[4].activation->options().signed_codes);
  CHECK_FALSE(points[3].activation->options().signed_codes);
}

TEST_CASE("a module starts from its seed alone") {
  const NetworkModule a(odd(), ThresholdGrain::channel, 7);
  torch::rand({3});  // the global generator is somewhere else now
  const NetworkModule b(odd(), ThresholdGrain::channel, 7), c(odd(), ThresholdGrain::channel, 8);
  for (const auto& named : a.named_parameters()) {
    CHECK(named.value().equal(b.named_parameters()[named.key()]));
    if (named.key().find("weight") != std::string::npos && named.value().dim() > 1)
      CHECK_FALSE(named.value().equal(c.named_parameters()[named.key()]));
  }
}

TEST_CASE("weights, normalisations and steps go out and come back") {
  NetworkModule from(odd(), ThresholdGrain::channel, 1), to(odd(), ThresholdGrain::channel, 2);
  stir(from);
  const auto x = torch::rand({4, 3, 11, 16});
  from.forward(x, 2);
  TrainedNetwork plain = to_trained(from);
  CHECK(plain.input_steps.empty());
  CHECK(plain.layers[0].steps.empty());
  for (DeltaPoint& point : from.delta_points()) {
    point.activation->quantise(true);
    point.activation->initialise(1.0);
  }
  const TrainedNetwork trained = to_trained(from);
  CHECK(trained.input_steps.size() == 3);
  CHECK(trained.layers[0].steps.size() == 8);
  CHECK(trained.layers[4].steps.empty());
  load(to, trained);
  from.eval();
  to.eval();
  CHECK(to.delta_points()[2].activation->quantises());
  CHECK(to.forward(x, 2).equal(from.forward(x, 2)));
  NetworkModule per_neuron(odd(), ThresholdGrain::neuron, 3);
  load(per_neuron, trained);
  per_neuron.eval();
  CHECK(per_neuron.forward(x, 2).equal(from.forward(x, 2)));
}

TEST_CASE("as exported: 8-bit weights with the inputs' steps folded in, and frozen normalisations") {
  NetworkModule module(odd(), ThresholdGrain::channel, 1);
  stir(module);
  const auto x = torch::rand({2, 3, 11, 16});
  module.forward(x, 2);
  for (DeltaPoint& point : module.delta_points()) {
    point.activation->quantise(true);
    point.activation->initialise(1.0);
  }
  module.eval();
  const auto real = module.forward(x, 2);
  module.compute_as_exported(true);
  const auto rounded = module.forward(x, 2);
  CHECK_FALSE(rounded.equal(real));
  CHECK((rounded - real).abs().max().item<double>() < 0.05 * real.abs().max().item<double>());
  module.train();
  const auto trained = module.forward(x, 2);  // biases are real numbers here, or in whole units of sums
  CHECK((trained - rounded).abs().max().item<double>() < 0.02 * real.abs().max().item<double>());
  CHECK(
      module.forward(2 * x, 2).slice(0, 0, 1).equal(module.forward(2 * x.slice(0, 0, 1), 1)));  // nothing of the batch
  module.eval();
  CHECK(module.forward(x, 2).equal(rounded));

  // layer 'four' reads 8 channels of 2 x 2 pixels: each weight times its channel's step is a multiple of 1/127 of the
  // largest
  torch::NoGradGuard no_gradients;
  const auto step = torch::linspace(0.1, 0.8, 8);
  auto pixels = torch::eye(32).view({32, 8, 2, 2});
  const auto zero = module.term(3, 0).forward_exported(torch::zeros({1, 8, 2, 2}), {step, {}});
  const auto weights = (module.term(3, 0).forward_exported(pixels, {step, {}}) - zero).flatten(1);  // [32, 6]
  const auto scaled = weights * step.repeat_interleave(4).unsqueeze(1);
  const auto codes = scaled / scaled.abs().amax(0, true) * 127;
  CHECK((codes - codes.round()).abs().max().item<double>() < 0.01);
  const auto unscaled = weights / weights.abs().amax(0, true) * 127;
  CHECK((unscaled - unscaled.round()).abs().max().item<double>() > 0.1);
}

TEST_CASE("weights of other shapes are refused, other classes keep their start") {
  NetworkModule module(odd(), ThresholdGrain::channel, 1);
  TrainedNetwork other = to_trained(module);
  other.layers[1].terms[0].weight.pop_back();
  CHECK_THROWS_WITH_AS(load(module, other),
                       "odd: two: 143 weights for 144; expected weights of the network that is trained", InputError);
  other = to_trained(module);
  other.layers[1].terms[0].batch_norm.reset();
  CHECK_THROWS_AS(load(module, other), InputError);
  other = to_trained(module);
  other.layers.pop_back();
  CHECK_THROWS_AS(load(module, other), InputError);

  NetworkDescription more = odd();
  more.layers.back().outputs = 9;
  NetworkModule nine(more, ThresholdGrain::channel, 2);
  const auto logits_before = nine.term(4, 0).weight.clone();
  load(nine, to_trained(module));
  CHECK(nine.term(0, 0).weight.equal(module.term(0, 0).weight));
  CHECK(nine.term(4, 0).weight.equal(logits_before));
}

TEST_CASE("a float network that is exported comes back as it was") {
  NetworkModule module(odd(), ThresholdGrain::channel, 7);
  stir(module);
  module.eval();
  const deltasim::test::TemporaryFolder folder;
  ExportOptions options;
  options.quantised = false;
  for (const bool fold : {true, false}) {
    options.fold_batch_norm = fold;
    export_onnx(to_trained(module), options, folder / "float.onnx");
    check_imported(folder / "float.onnx", 1.0);
    const TrainedNetwork back = import_trained(folder / "float.onnx");
    NetworkModule again(back.description, ThresholdGrain::channel, 1);
    load(again, back);
    again.eval();
    torch::NoGradGuard no_gradients;
    const auto x = torch::rand({2, 3, 11, 16});
    const auto expected = module.forward(x, 2), got = again.forward(x, 2);
    CHECK((got - expected).abs().max().item<double>() < 1e-4 * expected.abs().max().item<double>());
    REQUIRE(back.description.layers.size() == odd().layers.size());
    CHECK(back.description.layers[0].max_pool.has_value());
  }
}

TEST_CASE("an imported network computes in float what the simulator's float network computes") {
  check_imported(std::string(DELTASIM_SOURCE_DIR) + "/configs/networks/objects.onnx", 1.0);
  const auto data = deltasim::test::data_file("networks");
  if (!data) {
    MESSAGE("skipped: no shared data");
    return;
  }
  check_imported(*data + "/vww96_mobilenetv1_025.onnx", 1.0 / 255.0);
  check_imported(*data + "/resnet8_cifar10.onnx", 1.0);
}
