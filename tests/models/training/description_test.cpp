#include "models/training/description.hpp"
#include "models/error.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace deltasim::models;
using namespace deltasim::models::training;

namespace {

constexpr std::size_t input = TermGeometry::from_input;

TermDescription term(const std::string& from, std::uint32_t kernel, std::uint32_t stride = 1,
                     std::optional<std::array<std::uint32_t, 2>> padding = std::nullopt, std::uint32_t groups = 1) {
  TermDescription t;
  t.from = from, t.kernel = kernel, t.stride = stride, t.padding = padding, t.groups = groups;
  return t;
}

TermDescription plain(TermKind kind, const std::string& from, std::uint32_t kernel = 0) {
  TermDescription t;
  t.kind = kind, t.from = from, t.kernel = kernel;
  return t;
}

LayerDescription layer(const std::string& name, std::uint32_t outputs, std::vector<TermDescription> terms) {
  LayerDescription l;
  l.name = name, l.outputs = outputs, l.terms = std::move(terms);
  return l;
}

LayerDescription logits(const std::string& from, std::uint32_t classes) {
  LayerDescription l = layer("logits", classes, {plain(TermKind::dense, from)});
  l.activation = Activation::none, l.delta = false;
  return l;
}

/// An uneven map, an even kernel, a stride that does not divide, groups, a residual block, a max pool, two readers.
NetworkDescription odd() {
  NetworkDescription n;
  n.name = "odd";
  n.input = {3, 11, 14};
  n.layers.push_back(layer("first", 8, {term("input", 4, 3)}));
  n.layers.push_back(layer("depthwise", 0, {term("first", 3, 1, std::nullopt, 0)}));
  n.layers.push_back(
      layer("sum", 8, {term("depthwise", 1), plain(TermKind::identity, "first"), term("first", 5, 1, {{2, 2}}, 4)}));
  n.layers.back().max_pool = PoolDescription{2, 2, 0};
  n.layers.push_back(layer("pool", 0, {plain(TermKind::average_pool, "sum")}));
  n.layers.push_back(layer("both", 5, {plain(TermKind::dense, "pool"), plain(TermKind::dense, "sum")}));
  n.layers.push_back(logits("both", 4));
  return n;
}

double sum_of_fan_outs(const NetworkDescription& n) {
  const auto layers = geometry(n);
  double sum = 0;
  const auto add = [&](std::size_t l, const Shape& shape) {
    const auto map = fan_out_map(n, l);
    REQUIRE(map.size() == shape.pixels());
    sum += std::accumulate(map.begin(), map.end(), 0.0) * shape.channels;
  };
  add(input, n.input);
  for (std::size_t l = 0; l < layers.size(); ++l) add(l, layers[l].output);
  return sum;
}

/// Every tap of every output, one by one: what lies inside the map.
std::uint64_t macs_tap_by_tap(const TermGeometry& t, const Shape& sum) {
  std::uint64_t macs = 0;
  for (std::uint32_t y = 0; y < sum.height; ++y)
    for (std::uint32_t x = 0; x < sum.width; ++x)
      for (std::uint32_t ky = 0; ky < t.kernel_h; ++ky)
        for (std::uint32_t kx = 0; kx < t.kernel_w; ++kx) {
          const std::int64_t in_y = std::int64_t{y} * t.stride + ky - t.top,
                             in_x = std::int64_t{x} * t.stride + kx - t.left;
          if (in_y >= 0 && in_y < t.input.height && in_x >= 0 && in_x < t.input.width)
            macs += std::uint64_t{sum.channels} * (t.input.channels / t.groups);
        }
  return macs;
}

std::string refusal(const NetworkDescription& n) {
  try {
    geometry(n);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("shapes follow from the description: same padding, strides, groups, pools") {
  const auto layers = geometry(odd());
  CHECK(layers[0].sum == Shape{8, 4, 5});  // ceil(11 / 3), ceil(14 / 3)
  const TermGeometry& first = layers[0].terms[0];
  CHECK(first.top == 1);  // (4 - 1) / 2
  CHECK(first.left == 1);
  CHECK(first.bottom == 1);  // (4 - 1) * 3 + 4 = 13 rows, 11 + 1 are there
  CHECK(first.right == 1);   // (5 - 1) * 3 + 4 = 16 columns
  CHECK(layers[1].terms[0].groups == 8);
  CHECK(layers[2].sum == Shape{8, 4, 5});
  CHECK(layers[2].output == Shape{8, 2, 2});
  CHECK(layers[3].output == Shape{8, 1, 1});
  CHECK(layers[0].weights == 8u * 3 * 16);
  CHECK(layers[1].weights == 8u * 9);
  CHECK(layers[2].weights == 8u * 8 + 8u * 2 * 25);
  CHECK(layers[4].weights == 5u * 8 + 5u * 32);
  CHECK(layers[1].macs_padded == 8u * 9 * 20);
  CHECK(layers[1].macs == 8u * (4 * 3 - 2) * (5 * 3 - 2));
}

TEST_CASE("padding may differ before and after the map") {
  NetworkDescription n;
  n.input = {1, 8, 8};
  n.layers = {layer("conv", 2, {term("input", 3, 2, {{0, 1}})}), logits("conv", 2)};
  auto layers = geometry(n);
  CHECK(layers[0].sum == Shape{2, 4, 4});
  CHECK(layers[0].terms[0].top == 0);
  CHECK(layers[0].terms[0].bottom == 1);
  CHECK(layers[0].macs == 2u * (4 * 3 - 1) * (4 * 3 - 1));
  n.layers[0].terms[0].padding = {0, 0};
  CHECK(geometry(n)[0].sum == Shape{2, 3, 3});
}

TEST_CASE("MACs and the sum of all fan-outs are those of a count tap by tap") {
  const NetworkDescription n = odd();
  const auto layers = geometry(n);
  std::uint64_t macs = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    std::uint64_t of_layer = 0;
    for (std::size_t i = 0; i < layers[l].terms.size(); ++i) {
      const TermKind kind = n.layers[l].terms[i].kind;
      if (kind == TermKind::convolution || kind == TermKind::dense)
        of_layer += macs_tap_by_tap(layers[l].terms[i], layers[l].sum);
    }
    CHECK(layers[l].macs == of_layer);
    macs += of_layer;
  }
  CHECK(sum_of_fan_outs(n) == static_cast<double>(macs));
}

TEST_CASE("fan-outs shrink at borders and follow strides") {
  NetworkDescription n;
  n.input = {2, 4, 4};
  n.layers = {layer("conv", 10, {term("input", 3, 2)}), layer("pool", 0, {plain(TermKind::average_pool, "conv")}),
              logits("pool", 3)};
  n.layers[1].activation = Activation::none;
  // outputs at 0 and 2 see -1..1 and 1..3: positions 0, 2, 3 are seen once, 1 twice
  const std::vector<double> axis{1, 2, 1, 1};
  const auto map = fan_out_map(n, input);
  for (std::size_t y = 0; y < 4; ++y)
    for (std::size_t x = 0; x < 4; ++x) CHECK(map[4 * y + x] == 10 * axis[y] * axis[x]);
  CHECK(fan_out_map(n, 0) == std::vector<double>(4, 0.0));  // averages cost no MACs
  CHECK(fan_out_map(n, 1) == std::vector<double>{3});
  CHECK(fan_out_map(n, 2) == std::vector<double>{0});
}

TEST_CASE("a description that makes no network is refused with its place") {
  const auto with = [](const auto& change) {
    NetworkDescription n = odd();
    change(n.layers);
    return refusal(n);
  };
  using Layers = std::vector<LayerDescription>;
  CHECK(refusal(odd()).empty());
  CHECK(refusal({}) == "layers: there are none; expected at least the one that gives the logits");
  CHECK(with([](Layers& l) { l[1].terms[0].from = "fist"; }) ==
        "odd: depthwise: it reads from 'fist', no layer; expected 'input' or the name of an earlier layer");
  CHECK(
      with([](Layers& l) { l[1].terms[0].from = "sum"; }) ==
      "odd: depthwise: it reads from 'sum', which is not before it; expected 'input' or the name of an earlier layer");
  CHECK(with([](Layers& l) { l[1].name = "first"; }) ==
        "odd: first: two layers have this name; expected a name of its own");
  CHECK(with([](Layers& l) { l[1].name = "input"; }) ==
        "odd: layer 1: its name is 'input'; expected a name of its own");
  CHECK(with([](Layers& l) { l[2].terms[0].stride = 2; }) ==
        "odd: sum: its terms give 8 x 2 x 3 and 8 x 4 x 5; expected equal shapes: they are added");
  CHECK(with([](Layers& l) { l[2].terms[2].groups = 3; }) ==
        "odd: sum: 3 groups of 8 inputs and 8 outputs; expected a divisor of both");
  CHECK(with([](Layers& l) { l[3].outputs = 9; }) ==
        "odd: pool: 9 outputs of the 8 channels that its average pool reads; expected as many");
  CHECK(with([](Layers& l) {
          l[0].terms[0].kernel = 12, l[0].terms[0].padding = {0, 0};
        }) ==
        "odd: first: its kernel of 12 is larger than its padded map of 11; expected a smaller kernel, a larger map or "
        "more padding");
  CHECK(with([](Layers& l) {
          l[0].terms[0].padding = {0, 4};
        }) == "odd: first: its padding of 4 is not smaller than its kernel of 4; expected windows that see the map");
  CHECK(with([](Layers& l) { l[0].terms[0].stride = 0; }) == "odd: first: its stride is 0; expected at least 1");
  CHECK(with([](Layers& l) { l[0].terms[0].kernel = 0; }) == "odd: first: its kernel is 0; expected at least 1");
  CHECK(with([](Layers& l) { l[2].max_pool->padding = 2; }) ==
        "odd: sum: its max pool pads 2 with a kernel of 2; expected at most half of the kernel");
  CHECK(with([](Layers& l) { l[4].terms.resize(1), l[4].terms[0].from = "sum"; }) ==
        "odd: pool: no layer reads it; expected a reader, or the logits as the last layer");
  CHECK(with([](Layers& l) { l[4].terms.clear(); }) == "odd: both: it has no terms; expected at least one");
  CHECK(with([](Layers& l) { l.resize(3); }) ==
        "odd: sum: the last layer gives 8 x 2 x 2; expected logits, one per class: a dense layer, or a global average "
        "pool before");
  CHECK(with([](Layers& l) { l.back().delta = true; }) ==
        "odd: logits: the last layer has an activation, a max pool or a delta layer; expected bare logits: activation "
        "none, delta false");
}

TEST_CASE("codes are unsigned where no activation can be below 0") {
  NetworkDescription n = odd();
  const auto signs = [&] {
    std::vector<bool> is;
    for (std::size_t l = 0; l < n.layers.size(); ++l) is.push_back(never_negative(n, l));
    return is;
  };
  CHECK(never_negative(n, input));
  n.layers[3].activation = Activation::none;
  CHECK(signs() == std::vector<bool>{true, true, true, true, true, false});
  n.layers[2].activation = Activation::none;  // a sum with a convolution, and its average
  CHECK(signs() == std::vector<bool>{true, true, false, false, true, false});
}
