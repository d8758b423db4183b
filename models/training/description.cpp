#include "models/training/description.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace deltasim::models::training {
namespace {

std::string text_of(const Shape& s) { return fmt::format("{} x {} x {}", s.channels, s.height, s.width); }

std::uint32_t ceil_divide(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0); }

/// Taps of one axis that lie inside the map, over all outputs.
std::uint64_t taps_inside(std::uint32_t size, std::uint32_t outputs, std::uint32_t kernel, std::uint32_t stride,
                          std::uint32_t before) {
  std::uint64_t taps = 0;
  for (std::uint32_t o = 0; o < outputs; ++o) {
    const std::int64_t first = std::int64_t{o} * stride - before, last = first + kernel;
    taps += static_cast<std::uint64_t>(
        std::max<std::int64_t>(std::min<std::int64_t>(last, size) - std::max<std::int64_t>(first, 0), 0));
  }
  return taps;
}

/// Outputs along one axis whose window holds input position `i`.
std::uint64_t reached(std::uint32_t i, std::uint32_t outputs, std::uint32_t kernel, std::uint32_t stride,
                      std::uint32_t before) {
  std::uint64_t n = 0;
  for (std::uint32_t k = 0; k < kernel; ++k) {
    const std::int64_t at = std::int64_t{i} + before - k;
    if (at >= 0 && at % stride == 0 && at / stride < outputs) ++n;
  }
  return n;
}

/// Walks through the layers in their order and finds shapes, or what is wrong with them.
class Geometry {
 public:
  explicit Geometry(const NetworkDescription& network) : network_(network) {
    if (network.input.size() == 0)
      fail("input", fmt::format("its shape is {}", text_of(network.input)), "expected at least one of each");
    if (network.layers.empty()) fail("layers", "there are none", "expected at least the one that gives the logits");
  }

  std::vector<LayerGeometry> run() {
    for (const LayerDescription& layer : network_.layers) add(layer);
    check_readers();
    check_logits();
    return std::move(layers_);
  }

 private:
  [[noreturn]] void fail(const std::string& place, const std::string& problem, const std::string& remedy) const {
    throw InputError(network_.name, place, problem, remedy);
  }

  void add(const LayerDescription& layer) {
    if (layer.name.empty() || layer.name == "input")
      fail(fmt::format("layer {}", layers_.size()), fmt::format("its name is '{}'", layer.name),
           "expected a name of its own");
    if (index_.count(layer.name) != 0) fail(layer.name, "two layers have this name", "expected a name of its own");
    if (layer.terms.empty()) fail(layer.name, "it has no terms", "expected at least one");
    LayerGeometry geometry;
    for (const TermDescription& term : layer.terms) add(layer, term, geometry);
    geometry.output = layer.max_pool ? pooled(layer, *layer.max_pool, geometry.sum) : geometry.sum;
    index_[layer.name] = layers_.size();
    layers_.push_back(std::move(geometry));
  }

  void add(const LayerDescription& layer, const TermDescription& term, LayerGeometry& geometry) {
    TermGeometry t;
    t.from = producer(layer, term);
    t.input = t.from == TermGeometry::from_input ? network_.input : layers_[t.from].output;
    const std::uint32_t outputs = layer.outputs != 0       ? layer.outputs
                                  : geometry.terms.empty() ? t.input.channels
                                                           : geometry.sum.channels;
    const Shape sum = place(layer, term, outputs, t);
    if (!geometry.terms.empty() && sum != geometry.sum)
      fail(layer.name, fmt::format("its terms give {} and {}", text_of(geometry.sum), text_of(sum)),
           "expected equal shapes: they are added");
    geometry.sum = sum;
    if (term.kind == TermKind::convolution || term.kind == TermKind::dense) count(t, sum, geometry);
    geometry.terms.push_back(t);
  }

  std::size_t producer(const LayerDescription& layer, const TermDescription& term) const {
    if (term.from == "input") return TermGeometry::from_input;
    if (const auto found = index_.find(term.from); found != index_.end()) return found->second;
    const auto later = std::any_of(network_.layers.begin(), network_.layers.end(),
                                   [&](const LayerDescription& other) { return other.name == term.from; });
    fail(layer.name, fmt::format("it reads from '{}', {}", term.from, later ? "which is not before it" : "no layer"),
         "expected 'input' or the name of an earlier layer");
  }

  /// Fills in the term's window; returns the shape of its result.
  Shape place(const LayerDescription& layer, const TermDescription& term, std::uint32_t outputs,
              TermGeometry& t) const {
    if (term.kind == TermKind::dense) {
      t.kernel_h = t.input.height, t.kernel_w = t.input.width;
      return {outputs, 1, 1};
    }
    if (term.kind != TermKind::convolution && outputs != t.input.channels)
      fail(layer.name,
           fmt::format("{} outputs of the {} channels that its {} reads", outputs, t.input.channels,
                       term.kind == TermKind::identity ? "identity" : "average pool"),
           "expected as many");
    if (term.kind == TermKind::identity) return t.input;
    if (term.kind == TermKind::convolution) t.groups = groups(layer, term, outputs, t.input.channels);
    return window(layer, term, outputs, t);
  }

  std::uint32_t groups(const LayerDescription& layer, const TermDescription& term, std::uint32_t outputs,
                       std::uint32_t inputs) const {
    const std::uint32_t groups = term.groups == 0 ? inputs : term.groups;
    if (inputs % groups != 0 || outputs % groups != 0)
      fail(layer.name, fmt::format("{} groups of {} inputs and {} outputs", groups, inputs, outputs),
           "expected a divisor of both");
    return groups;
  }

  Shape window(const LayerDescription& layer, const TermDescription& term, std::uint32_t outputs,
               TermGeometry& t) const {
    if (term.stride == 0) fail(layer.name, "its stride is 0", "expected at least 1");
    t.stride = term.stride;
    const bool whole = term.kernel == 0;
    if (whole && term.kind == TermKind::convolution) fail(layer.name, "its kernel is 0", "expected at least 1");
    if (whole) {
      t.kernel_h = t.input.height, t.kernel_w = t.input.width, t.stride = 1;
      return {outputs, 1, 1};
    }
    t.kernel_h = t.kernel_w = term.kernel;
    Shape result{outputs, 0, 0};
    axis(layer, term, t.input.height, result.height, t.top, t.bottom);
    axis(layer, term, t.input.width, result.width, t.left, t.right);
    return result;
  }

  void axis(const LayerDescription& layer, const TermDescription& term, std::uint32_t size, std::uint32_t& outputs,
            std::uint32_t& before, std::uint32_t& after) const {
    if (term.padding) {
      before = (*term.padding)[0], after = (*term.padding)[1];
      outputs = fitting(layer, size, term.kernel, term.stride, before, after);
      return;
    }
    before = (term.kernel - 1) / 2;
    outputs = ceil_divide(size, term.stride);
    const std::uint64_t reach = (outputs - 1) * std::uint64_t{term.stride} + term.kernel,
                        held = std::uint64_t{size} + before;
    after = static_cast<std::uint32_t>(reach > held ? reach - held : 0);
  }

  std::uint32_t fitting(const LayerDescription& layer, std::uint32_t size, std::uint32_t kernel, std::uint32_t stride,
                        std::uint32_t before, std::uint32_t after) const {
    const std::uint32_t most = std::max(before, after), padded = size + before + after;
    if (most >= kernel)
      fail(layer.name, fmt::format("its padding of {} is not smaller than its kernel of {}", most, kernel),
           "expected windows that see the map");
    if (kernel > padded)
      fail(layer.name, fmt::format("its kernel of {} is larger than its padded map of {}", kernel, padded),
           "expected a smaller kernel, a larger map or more padding");
    return (padded - kernel) / stride + 1;
  }

  Shape pooled(const LayerDescription& layer, const PoolDescription& pool, const Shape& sum) const {
    if (pool.kernel == 0 || pool.stride == 0)
      fail(layer.name, "its max pool has a kernel or a stride of 0", "expected at least 1");
    if (2 * pool.padding > pool.kernel)
      fail(layer.name, fmt::format("its max pool pads {} with a kernel of {}", pool.padding, pool.kernel),
           "expected at most half of the kernel");
    const auto along = [&](std::uint32_t size) {
      return fitting(layer, size, pool.kernel, pool.stride, pool.padding, pool.padding);
    };
    return {sum.channels, along(sum.height), along(sum.width)};
  }

  static void count(const TermGeometry& t, const Shape& sum, LayerGeometry& geometry) {
    const std::uint64_t pairs = std::uint64_t{sum.channels} * (t.input.channels / t.groups);
    geometry.weights += pairs * t.kernel_h * t.kernel_w;
    geometry.macs_padded += pairs * t.kernel_h * t.kernel_w * sum.pixels();
    geometry.macs += pairs * taps_inside(t.input.height, sum.height, t.kernel_h, t.stride, t.top) *
                     taps_inside(t.input.width, sum.width, t.kernel_w, t.stride, t.left);
  }

  void check_readers() const {
    std::set<std::size_t> read{layers_.size() - 1};
    for (const LayerGeometry& layer : layers_)
      for (const TermGeometry& term : layer.terms) read.insert(term.from);
    if (read.count(TermGeometry::from_input) == 0)
      fail("input", "no layer reads it", "expected a term with \"from\": \"input\"");
    for (std::size_t i = 0; i < layers_.size(); ++i)
      if (read.count(i) == 0)
        fail(network_.layers[i].name, "no layer reads it", "expected a reader, or the logits as the last layer");
  }

  void check_logits() const {
    const LayerDescription& last = network_.layers.back();
    const Shape& shape = layers_.back().output;
    if (shape.pixels() != 1)
      fail(last.name, fmt::format("the last layer gives {}", text_of(shape)),
           "expected logits, one per class: a dense layer, or a global average pool before");
    if (last.activation != Activation::none || last.delta || last.max_pool)
      fail(last.name, "the last layer has an activation, a max pool or a delta layer",
           "expected bare logits: activation none, delta false");
  }

  const NetworkDescription& network_;
  std::vector<LayerGeometry> layers_;
  std::map<std::string, std::size_t> index_;
};

void add_fan_out(const TermGeometry& t, const Shape& sum, std::vector<double>& map) {
  const std::uint64_t channels = sum.channels / t.groups;
  for (std::uint32_t y = 0; y < t.input.height; ++y) {
    const std::uint64_t rows = channels * reached(y, sum.height, t.kernel_h, t.stride, t.top);
    for (std::uint32_t x = 0; x < t.input.width; ++x)
      map[std::size_t{y} * t.input.width + x] +=
          static_cast<double>(rows * reached(x, sum.width, t.kernel_w, t.stride, t.left));
  }
}

}  // namespace

std::vector<LayerGeometry> geometry(const NetworkDescription& network) { return Geometry(network).run(); }

std::vector<double> fan_out_map(const NetworkDescription& network, std::size_t layer) {
  const auto layers = geometry(network);
  const Shape& output = layer == TermGeometry::from_input ? network.input : layers.at(layer).output;
  std::vector<double> map(output.pixels(), 0.0);
  for (std::size_t l = 0; l < layers.size(); ++l)
    for (std::size_t i = 0; i < layers[l].terms.size(); ++i) {
      const TermKind kind = network.layers[l].terms[i].kind;
      const TermGeometry& term = layers[l].terms[i];
      if (term.from == layer && (kind == TermKind::convolution || kind == TermKind::dense))
        add_fan_out(term, layers[l].sum, map);
    }
  return map;
}

bool never_negative(const NetworkDescription& network, std::size_t layer) {
  if (layer == TermGeometry::from_input) return true;
  const LayerDescription& of = network.layers.at(layer);
  if (of.activation != Activation::none) return true;
  const auto copies = [&](const TermDescription& term) {
    if (term.kind != TermKind::identity && term.kind != TermKind::average_pool) return false;
    const auto from = std::find_if(network.layers.begin(), network.layers.end(),
                                   [&](const LayerDescription& other) { return other.name == term.from; });
    return never_negative(network, from == network.layers.end()
                                       ? TermGeometry::from_input
                                       : static_cast<std::size_t>(from - network.layers.begin()));
  };
  return std::all_of(of.terms.begin(), of.terms.end(), copies);
}

}  // namespace deltasim::models::training
