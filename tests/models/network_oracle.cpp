#include "tests/models/network_oracle.hpp"

#include <algorithm>
#include <cmath>

namespace deltasim::test {

using namespace models;

namespace {

template <typename T>
std::int64_t at_channel(const std::vector<T>& list, std::size_t c, std::int64_t absent) {
  return list.empty() ? absent : list[list.size() == 1 ? 0 : c];
}

std::int64_t floor_of(std::int64_t a, std::int64_t b) {
  std::int64_t q = a / b;
  if (q * b > a) --q;
  return q;
}

/// The branch's input, gathered from all its sources.
std::vector<std::int64_t> gather(const Network& network, const Branch& branch, const Codes& codes) {
  std::vector<std::int64_t> input(branch.input.size());
  for (const Source& source : branch.sources) {
    const auto& from = codes[source.producer];
    const std::size_t offset = source.view.channel_offset * network.layers[source.producer].output.pixels();
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::size_t to = source.view.map ? (*source.view.map)[i] : i + offset;
      if (to != View::nowhere) input[to] += from[i];
    }
  }
  return input;
}

/// What one branch adds to one output neuron: the bare value, and the elements of its window inside the input.
struct Sum {
  std::int64_t value = 0;
  std::int64_t elements = 0;
};

Sum window_sum(const Branch& branch, const Shape& output, const std::vector<std::int64_t>& input, std::uint32_t c,
               std::uint32_t oy, std::uint32_t ox) {
  const Window& w = branch.window;
  const bool convolution = branch.kind == BranchKind::convolution;
  const std::uint32_t in_group = branch.input.channels / branch.groups, out_group = output.channels / branch.groups;
  const std::uint32_t group = c / out_group;
  Sum sum;
  if (convolution) sum.value = at_channel(branch.bias, c, 0);
  for (std::int64_t ky = 0; ky < w.kernel_h; ++ky)
    for (std::int64_t kx = 0; kx < w.kernel_w; ++kx) {
      const std::int64_t y = std::int64_t{oy} * w.stride_h + ky * w.dilation_h - w.pad_top;
      const std::int64_t x = std::int64_t{ox} * w.stride_w + kx * w.dilation_w - w.pad_left;
      if (y < 0 || x < 0 || y >= branch.input.height || x >= branch.input.width) continue;
      ++sum.elements;
      const std::size_t pixel = y * branch.input.width + x;
      if (!convolution) {
        const std::int64_t v = input[c * branch.input.pixels() + pixel];
        if (branch.kind == BranchKind::average_pool)
          sum.value += v;
        else
          sum.value = sum.elements == 1 ? v : std::max(sum.value, v);
        continue;
      }
      for (std::uint32_t i = 0; i < in_group; ++i)
        sum.value +=
            branch.weights[(((group * w.kernel_h + ky) * w.kernel_w + kx) * in_group + i) * out_group + c % out_group] *
            input[(group * in_group + i) * branch.input.pixels() + pixel];
    }
  return sum;
}

std::int64_t code(const Layer& layer, std::uint32_t c, std::int64_t terms) {
  const double multiple = static_cast<double>(at_channel(layer.multiple, c, 1));
  const auto limit = [&](std::int32_t l) { return static_cast<std::int64_t>(std::round(l / multiple)); };
  const std::int64_t q = floor_of(terms + (1 << 23), 1 << 24);
  return std::min(std::max(q, limit(layer.low)), limit(layer.high)) * at_channel(layer.multiple, c, 1);
}

}  // namespace

std::vector<std::int64_t> evaluate_layer(const Network& network, LayerId l, const Codes& codes) {
  const Layer& layer = network.layers[l];
  const bool sole = layer.branches.size() == 1;
  std::vector<std::int64_t> terms(layer.output.size());
  for (const Branch& branch : layer.branches) {
    const auto input = gather(network, branch, codes);
    std::size_t i = 0;
    for (std::uint32_t c = 0; c < layer.output.channels; ++c)
      for (std::uint32_t y = 0; y < layer.output.height; ++y)
        for (std::uint32_t x = 0; x < layer.output.width; ++x, ++i) {
          const Sum sum =
              branch.kind == BranchKind::identity ? Sum{input[i], 1} : window_sum(branch, layer.output, input, c, y, x);
          const std::int64_t m = at_channel(branch.multiplier, c, 1 << 24);
          const std::int64_t n =
              branch.pool_divisor != 0 ? branch.pool_divisor : std::max<std::int64_t>(1, sum.elements);
          const bool average = branch.kind == BranchKind::average_pool;
          if (layer.raw_output && sole)
            terms[i] = sum.value;
          else if (average && sole && m == 1 << 24)
            terms[i] = floor_of(2 * sum.value + n, 2 * n) * (1 << 24);
          else if (average)
            terms[i] += floor_of(sum.value * m + n / 2, n);
          else
            terms[i] += sum.value * m;
        }
  }
  if (layer.raw_output) return terms;
  const std::size_t pixels = layer.output.pixels();
  for (std::uint32_t c = 0; c < layer.output.channels; ++c)
    for (std::size_t i = c * pixels; i < (c + 1) * pixels; ++i) terms[i] = code(layer, c, terms[i]);
  return terms;
}

Codes evaluate(const Network& network, const std::vector<float>& frame) {
  Codes codes(network.layers.size());
  for (const float v : frame) codes[0].push_back(std::llround(v));  // frames are codes
  for (LayerId l = 1; l < network.layers.size(); ++l) codes[l] = evaluate_layer(network, l, codes);
  return codes;
}

std::vector<std::int64_t> outputs(const Network& network, const Codes& codes) {
  std::vector<std::int64_t> all;
  for (const Output& output : network.outputs) {
    std::size_t size = 1;
    for (const auto d : output.dims) size *= d;
    const std::size_t base = all.size();
    all.resize(base + size);
    for (const Source& source : output.sources)
      for (std::size_t i = 0; i < codes[source.producer].size(); ++i)
        all[base + (source.view.map ? (*source.view.map)[i] : i)] = codes[source.producer][i];
  }
  return all;
}

Layer input_layer(Shape shape) {
  Layer layer;
  layer.name = "input";
  layer.output = shape;
  return layer;
}

Layer convolution_layer(const std::string& name, LayerId producer, Shape input, Shape output, const Window& window,
                        std::uint32_t groups) {
  Layer layer;
  layer.name = name;
  layer.output = output;
  Branch branch;
  branch.name = name;
  branch.sources = {{producer, {}}};
  branch.input = input;
  branch.window = window;
  branch.groups = groups;
  branch.weights.resize(std::size_t{window.kernel_h} * window.kernel_w * (input.channels / groups) * output.channels);
  layer.branches.push_back(branch);
  return layer;
}

StoredFrames random_frames(Shape shape, std::size_t count, double share, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> code(0, 255);
  std::bernoulli_distribution changes(share);
  std::vector<std::vector<float>> frames;
  std::vector<float> frame(shape.size());
  for (float& v : frame) v = static_cast<float>(code(random));
  for (std::size_t t = 0; t < count; ++t) {
    frames.push_back(frame);
    for (float& v : frame)
      if (changes(random)) v = static_cast<float>(code(random));
  }
  return {shape, frames};
}

}  // namespace deltasim::test
