#include "tests/models/network_oracle.hpp"

#include <algorithm>
#include <numeric>

namespace deltasim::test {

using namespace models;

namespace {

class Builder {
 public:
  explicit Builder(std::uint32_t seed) : random_(seed) {}

  Network build() {
    network_.name = "random";
    network_.input.frames_are_codes = true;
    const Shape in{pick(1, 3) * 2, pick(6, 10), pick(6, 10)};
    network_.layers.push_back(input_layer(in));
    const LayerId a = convolution(0, pick(1, 3) * 4, 1, pick(1, 2), pick(1, 2));
    const LayerId depthwise = convolution(a, shape(a).channels, shape(a).channels, 1, 1);
    const LayerId residual = add(convolution(depthwise, shape(a).channels, 1, 1, 1), a);
    const LayerId joined = concat({residual, a, depthwise});
    const LayerId grouped = convolution(joined, 8, 4, 1, 1);
    const LayerId largest = pool(BranchKind::max_pool, joined, 0);
    const LayerId average = pool(BranchKind::average_pool, grouped, pick(0, 1) * 9);
    const LayerId of_two = convolution_of({grouped, depthwise}, 6);
    const LayerId rescaled = pool(BranchKind::average_pool, of_two, 0);
    network_.layers[rescaled].branches[0].multiplier = {(3 << 24) / 2 + 12345};
    const LayerId flat = dense_of_flattened({average, largest}, 19);
    const LayerId extra = whole_window(flat, 5);
    const LayerId logits = whole_window(rescaled, 5);
    const LayerId head = whole_window(flat, 3);
    for (const LayerId l : {logits, head}) network_.layers[l].raw_output = true;
    network_.layers[logits].branches.push_back(identity({{extra, {}}}, {5, 1, 1}));
    finish_outputs(logits, head);
    return network_;
  }

 private:
  std::uint32_t pick(std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(random_);
  }
  const Shape& shape(LayerId l) const { return network_.layers[l].output; }
  LayerId append(Layer layer) {
    network_.layers.push_back(std::move(layer));
    return static_cast<LayerId>(network_.layers.size() - 1);
  }

  /// Weights, bias and multipliers that use the codes without saturating everywhere.
  void fill(Layer& layer) {
    Branch& b = layer.branches[0];
    std::uniform_int_distribution<int> weight(-127, 127);
    for (auto& w : b.weights) w = static_cast<std::int8_t>(pick(0, 4) == 0 ? 0 : weight(random_));
    std::uniform_int_distribution<std::int32_t> bias(-3000, 3000);
    for (std::uint32_t c = 0; c < layer.output.channels; ++c) {
      b.bias.push_back(bias(random_));
      const std::int64_t taps = std::max<std::size_t>(1, b.weights.size() / layer.output.channels);
      b.multiplier.push_back((1 << 24) / (20 + 2 * taps) + pick(0, 5000));
    }
    if (pick(0, 2) == 0) {
      layer.low = -128;
      layer.high = 127;
    }
  }

  LayerId convolution(LayerId from, std::uint32_t channels, std::uint32_t groups, std::uint32_t stride,
                      std::uint32_t dilation) {
    Window w;
    w.kernel_h = pick(1, 3);
    w.kernel_w = pick(1, 3);
    w.stride_h = w.stride_w = stride;
    w.dilation_h = w.dilation_w = dilation;
    const bool asymmetric = stride > 1;
    w.pad_top = static_cast<std::int32_t>((w.kernel_h - 1) * dilation / 2);
    w.pad_left = asymmetric ? 0 : static_cast<std::int32_t>((w.kernel_w - 1) * dilation / 2);
    const Shape in = shape(from);
    const Shape out{channels, (in.height + stride - 1) / stride, (in.width + stride - 1) / stride};
    Layer layer = convolution_layer("conv" + std::to_string(network_.layers.size()), from, in, out, w, groups);
    fill(layer);
    return append(layer);
  }

  Branch identity(std::vector<Source> sources, Shape input) {
    Branch b;
    b.kind = BranchKind::identity;
    b.name = "identity";
    b.sources = std::move(sources);
    b.input = input;
    b.multiplier = {(1 << 24) - pick(0, 4000000)};
    return b;
  }

  LayerId add(LayerId to, LayerId from) {
    network_.layers[to].branches.push_back(identity({{from, {}}}, shape(from)));
    return to;
  }

  std::vector<Source> joined_sources(const std::vector<LayerId>& parts, Shape& input) const {
    std::vector<Source> sources;
    input = shape(parts[0]);
    input.channels = 0;
    for (const LayerId part : parts) {
      sources.push_back({part, {input.channels, nullptr}});
      input.channels += shape(part).channels;
    }
    return sources;
  }

  LayerId concat(const std::vector<LayerId>& parts) {
    Layer layer;
    layer.name = "concat";
    auto sources = joined_sources(parts, layer.output);
    layer.branches.push_back(identity(sources, layer.output));
    layer.low = -128;
    layer.high = 200;
    return append(layer);
  }

  LayerId convolution_of(const std::vector<LayerId>& parts, std::uint32_t channels) {
    Shape input;
    const auto sources = joined_sources(parts, input);
    Window w;
    w.kernel_h = w.kernel_w = 3;
    w.pad_top = w.pad_left = 1;
    Layer layer = convolution_layer("joint", 0, input, {channels, input.height, input.width}, w);
    layer.branches[0].sources = sources;
    fill(layer);
    return append(layer);
  }

  LayerId pool(BranchKind kind, LayerId from, std::uint32_t divisor) {
    const Shape in = shape(from);
    Layer layer;
    layer.name = "pool" + std::to_string(network_.layers.size());
    layer.output = {in.channels, (in.height + 1) / 2, (in.width + 1) / 2};
    layer.low = -128;
    Branch b;
    b.kind = kind;
    b.name = layer.name;
    b.sources = {{from, {}}};
    b.input = in;
    b.window.kernel_h = b.window.kernel_w = 3;
    b.window.stride_h = b.window.stride_w = 2;
    b.window.pad_top = b.window.pad_left = 1;
    b.multiplier = {1 << 24};
    b.pool_divisor = divisor;
    layer.branches.push_back(b);
    return append(layer);
  }

  /// Two maps, one behind the other in a shuffled order; every seventh element goes nowhere.
  LayerId dense_of_flattened(const std::vector<LayerId>& parts, std::uint32_t features) {
    std::uint32_t total = 0;
    for (const LayerId part : parts) total += static_cast<std::uint32_t>(shape(part).size());
    std::vector<std::uint32_t> order(total);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_);
    Layer layer = convolution_layer("dense", 0, {total, 1, 1}, {features, 1, 1}, {});
    layer.branches[0].sources.clear();
    auto next = order.begin();
    for (const LayerId part : parts) {
      auto map = std::make_shared<std::vector<std::uint32_t>>(next, next + static_cast<long>(shape(part).size()));
      next += static_cast<long>(map->size());
      for (std::size_t i = 0; i < map->size(); i += 7) (*map)[i] = View::nowhere;
      layer.branches[0].sources.push_back({part, {0, map}});
    }
    fill(layer);
    return append(layer);
  }

  LayerId whole_window(LayerId from, std::uint32_t features) {
    Window w;
    w.kernel_h = shape(from).height;
    w.kernel_w = shape(from).width;
    Layer layer =
        convolution_layer("whole" + std::to_string(network_.layers.size()), from, shape(from), {features, 1, 1}, w);
    fill(layer);
    return append(layer);
  }

  void finish_outputs(LayerId logits, LayerId head) {
    auto reversed = std::make_shared<std::vector<std::uint32_t>>();
    for (std::uint32_t i = 0; i < 5; ++i) reversed->push_back(7 - i);
    auto first = std::make_shared<std::vector<std::uint32_t>>(std::vector<std::uint32_t>{2, 0, 1});
    network_.outputs = {{"joined", {2, 4}, {{logits, {0, reversed}}, {head, {0, first}}}}, {"head", {3}, {{head, {}}}}};
  }

  std::mt19937 random_;
  Network network_;
};

}  // namespace

Network random_network(std::uint32_t seed) { return Builder(seed).build(); }

}  // namespace deltasim::test
