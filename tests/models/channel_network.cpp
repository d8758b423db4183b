#include "tests/models/channel_network.hpp"

#include "tests/models/graph_builder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace deltasim::test {

namespace {

class Builder {
 public:
  Builder(std::uint32_t seed, double spread) : random_(seed), spread_(spread) {}

  ChannelNetwork build() {
    graph() = graph_with_input({3, 9, 8});
    graph().quantised = true;
    result_.weights.emplace_back();
    set_steps(0, 1.0 / 255);
    const LayerId a = convolution("a", {0}, 8, 3, 1, 1);
    relu(a, 6.0);
    const LayerId b = convolution("b", {a}, 8, 3, 1, 8);
    relu(b, 6.0);
    const LayerId c = convolution("c", {b}, 8, 1, 1, 1);
    graph().layers[c].branches.push_back(branch_on(graph(), BranchKind::identity, {a}));
    relu(c, INFINITY);
    const LayerId d = pool("d", BranchKind::max_pool, c);  // without a quantiser of its own
    const LayerId e = convolution("e", {a, c}, 6, 3, 2, 1);
    const LayerId f = pool("f", BranchKind::average_pool, e);
    graph().layers[f].quant = graph().layers[e].quant;
    set_steps(f, graph().layers[e].quant->scale / 3);
    graph().layers[d].quant = graph().layers[c].quant;  // as the importer completes it
    const LayerId g = dense("g", {d, f}, 12);
    relu(g, 6.0);
    const LayerId h = convolution("h", {g}, 5, 1, 1, 1);
    graph().layers[h].quant.reset();
    set_output(graph(), h);
    return std::move(result_);
  }

 private:
  Graph& graph() { return result_.graph; }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  double scale(LayerId id, std::uint32_t c) { return channel_scale(*graph().layers[id].quant, c); }

  void set_steps(LayerId id, double step) {
    GraphLayer& layer = graph().layers[id];
    if (!layer.quant) layer.quant = ActivationQuant{1.0, 0, 0, 255};
    std::vector<double> steps(layer.output.channels);
    for (double& s : steps) s = static_cast<float>(step * std::pow(spread_, real(-0.5, 0.5)));
    layer.quant->scale = *std::max_element(steps.begin(), steps.end());
    layer.quant->channel_scale = steps;
  }

  void relu(LayerId id, double high) {
    GraphLayer& layer = graph().layers[id];
    layer.low = 0;
    layer.high = static_cast<float>(high);
    layer.quant->low = 0;
    layer.quant->high = 255;
  }

  /// Integers with 127 in every output, and the real weights that mean them over inputs with these steps.
  void fill(GraphBranch& branch, std::uint32_t outputs, const std::vector<double>& steps) {
    const std::uint32_t of_group = outputs / branch.groups, inputs = branch.input.channels / branch.groups;
    const std::size_t taps = std::size_t{branch.window.kernel_h} * branch.window.kernel_w * inputs;
    std::vector<std::int8_t> codes(taps * outputs);
    branch.weights.resize(codes.size());
    for (std::uint32_t o = 0; o < outputs; ++o) {
      const double unit = real(0.5, 2) * 6 / (127 * 100 * std::sqrt(static_cast<double>(taps)));
      const std::size_t full = random_() % taps;
      for (std::size_t tap = 0; tap < taps; ++tap) {
        const std::size_t at = (o / of_group * taps + tap) * of_group + o % of_group;
        codes[at] = static_cast<std::int8_t>(tap == full ? 127 : static_cast<int>(random_() % 255) - 127);
        branch.weights[at] = static_cast<float>(codes[at] * unit / steps[o / of_group * inputs + tap % inputs]);
      }
      branch.bias.push_back(static_cast<float>(real(-1, 1.5)));
    }
    result_.weights.push_back(codes);
  }

  LayerId convolution(const std::string& name, const std::vector<LayerId>& from, std::uint32_t outputs,
                      std::uint32_t kernel, std::uint32_t stride, std::uint32_t groups) {
    GraphBranch branch = branch_on(graph(), BranchKind::convolution, from);
    const auto pad = static_cast<std::int32_t>(kernel / 2);
    branch.window = {kernel, kernel, stride, stride, 1, 1, pad, pad};
    branch.groups = groups;
    std::vector<double> steps;
    for (const LayerId l : from)
      for (std::uint32_t c = 0; c < graph().layers[l].output.channels; ++c) steps.push_back(scale(l, c));
    fill(branch, outputs, steps);
    const Shape in = branch.input;
    const Shape out{outputs, (in.height + stride - 1) / stride, (in.width + stride - 1) / stride};
    return quantised(name, out, std::move(branch));
  }

  LayerId quantised(const std::string& name, const Shape& out, GraphBranch branch) {
    const LayerId id = add_layer(graph(), name, out, {std::move(branch)});
    graph().layers[id].quant = ActivationQuant{1.0, 0, -128, 127};
    set_steps(id, 6.0 / 255);
    return id;
  }

  LayerId pool(const std::string& name, BranchKind kind, LayerId from) {
    GraphBranch branch = branch_on(graph(), kind, {from});
    branch.window = {3, 3, 2, 2, 1, 1, 1, 1};
    const Shape in = branch.input;
    result_.weights.emplace_back();
    return add_layer(graph(), name, {in.channels, (in.height + 1) / 2, (in.width + 1) / 2}, {branch});
  }

  /// Reads the elements of several maps in a shuffled order.
  LayerId dense(const std::string& name, const std::vector<LayerId>& from, std::uint32_t outputs) {
    std::uint32_t total = 0;
    for (const LayerId l : from) total += static_cast<std::uint32_t>(graph().layers[l].output.size());
    std::vector<std::uint32_t> order(total);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_);
    GraphBranch branch = branch_on(graph(), BranchKind::convolution, {from.front()});
    branch.sources.clear();
    branch.input = {total, 1, 1};
    std::vector<double> steps(total);
    auto next = order.begin();
    for (const LayerId l : from) {
      const Shape& shape = graph().layers[l].output;
      const std::vector<std::uint32_t> map(next, next + static_cast<std::ptrdiff_t>(shape.size()));
      next += static_cast<std::ptrdiff_t>(shape.size());
      for (std::size_t i = 0; i < map.size(); ++i)
        steps[map[i]] = scale(l, static_cast<std::uint32_t>(i / shape.pixels()));
      branch.sources.push_back({l, {0, std::make_shared<const std::vector<std::uint32_t>>(map)}});
    }
    fill(branch, outputs, steps);
    return quantised(name, {outputs, 1, 1}, std::move(branch));
  }

  std::mt19937 random_;
  double spread_;
  ChannelNetwork result_;
};

/// Real values of a branch's input, row-major C, H, W.
std::vector<double> gathered(const Graph& graph, const GraphBranch& branch,
                             const std::vector<std::vector<std::int32_t>>& codes) {
  std::vector<double> input(branch.input.size());
  for (const Source& source : branch.sources) {
    const GraphLayer& from = graph.layers[source.producer];
    for (std::size_t i = 0; i < from.output.size(); ++i) {
      const std::size_t to =
          source.view.map ? (*source.view.map)[i] : i + source.view.channel_offset * from.output.pixels();
      input.at(to) = codes[source.producer][i] * channel_scale(*from.quant, i / from.output.pixels());
    }
  }
  return input;
}

double weight_of(const GraphBranch& b, std::uint32_t outputs, std::uint32_t c, std::uint32_t i, std::int64_t tap) {
  const std::uint32_t of_group = outputs / b.groups, inputs = b.input.channels / b.groups;
  const std::size_t taps = std::size_t{b.window.kernel_h} * b.window.kernel_w;
  return b.weights[((c / of_group * taps + static_cast<std::size_t>(tap)) * inputs + i) * of_group + c % of_group];
}

double term(const GraphBranch& b, const Shape& out, const std::vector<double>& input, std::uint32_t c, std::int64_t oy,
            std::int64_t ox) {
  const Window& w = b.window;
  if (b.kind == BranchKind::identity)
    return input[c * out.pixels() + static_cast<std::size_t>(oy) * out.width + static_cast<std::size_t>(ox)];
  const std::uint32_t inputs = b.input.channels / b.groups, group = c / (out.channels / b.groups);
  double sum = b.kind == BranchKind::convolution ? double{b.bias[c]} : 0, largest = -INFINITY;
  int elements = 0;
  for (std::int64_t ky = 0; ky < w.kernel_h; ++ky)
    for (std::int64_t kx = 0; kx < w.kernel_w; ++kx) {
      const std::int64_t y = oy * w.stride_h + ky - w.pad_top, x = ox * w.stride_w + kx - w.pad_left;
      if (y < 0 || x < 0 || y >= b.input.height || x >= b.input.width) continue;
      ++elements;
      const auto at = [&](std::uint32_t channel) {
        return input[channel * b.input.pixels() + static_cast<std::size_t>(y * b.input.width + x)];
      };
      if (b.kind != BranchKind::convolution) {
        sum += at(c);
        largest = std::max(largest, at(c));
        continue;
      }
      for (std::uint32_t i = 0; i < inputs; ++i)
        sum += weight_of(b, out.channels, c, i, ky * w.kernel_w + kx) * at(group * inputs + i);
    }
  if (b.kind == BranchKind::max_pool) return largest;
  return b.kind == BranchKind::average_pool ? sum / elements : sum;
}

}  // namespace

ChannelNetwork channel_network(std::uint32_t seed, double spread) { return Builder(seed, spread).build(); }

std::vector<std::vector<float>> channel_frames(std::size_t count, std::uint32_t seed) {
  std::vector<std::vector<float>> frames{random_values(std::size_t{3} * 9 * 8, 0, 1, seed)};
  while (frames.size() < count) {
    std::vector<float> next = frames.back();
    const std::vector<float> other = random_values(next.size(), 0, 1, seed + static_cast<unsigned>(frames.size()));
    for (std::size_t i = frames.size() % 5; i < next.size(); i += 5) next[i] = other[i];
    frames.push_back(next);
  }
  return frames;
}

std::vector<double> real_codes(const Graph& graph, LayerId l, const std::vector<std::vector<std::int32_t>>& codes) {
  const GraphLayer& layer = graph.layers[l];
  std::vector<double> result(layer.output.size(), 0);
  for (const GraphBranch& branch : layer.branches) {
    const std::vector<double> input = gathered(graph, branch, codes);
    for (std::size_t i = 0; i < result.size(); ++i) {
      const auto y = static_cast<std::int64_t>(i % layer.output.pixels() / layer.output.width);
      const auto x = static_cast<std::int64_t>(i % layer.output.width);
      result[i] += term(branch, layer.output, input, static_cast<std::uint32_t>(i / layer.output.pixels()), y, x);
    }
  }
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = std::clamp(result[i], double{layer.low}, double{layer.high});
    if (layer.quant) result[i] /= channel_scale(*layer.quant, i / layer.output.pixels());
  }
  return result;
}

}  // namespace deltasim::test
