#include "models/onnx_draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace deltasim::models::onnx {
namespace {

constexpr std::uint64_t most_mapped = std::uint64_t{1} << 25;   ///< elements in index maps, over the whole network
constexpr std::uint64_t most_neurons = std::uint64_t{1} << 26;  ///< of one layer
constexpr std::uint64_t most_weights = std::uint64_t{1} << 27;  ///< of the whole network, shared ones counted per use
constexpr std::uint32_t most_channels = 1U << 20;
constexpr std::uint32_t most_rows = 65535;  ///< an event's y and x have 16 bits

bool same_map(const Shape& a, const Shape& b) { return a.height == b.height && a.width == b.width; }

/// A map that is only an offset over channels needs no table.
View view(std::vector<std::uint32_t> map, const Shape& producer, const Shape& as) {
  bool offset = same_map(producer, as) && !map.empty() && map[0] != View::nowhere && map[0] % as.pixels() == 0;
  for (std::size_t e = 0; e < map.size() && offset; ++e) offset = map[e] == map[0] + e;
  if (offset) return {static_cast<std::uint32_t>(map[0] / as.pixels()), nullptr};
  return {0, std::make_shared<const std::vector<std::uint32_t>>(std::move(map))};
}

}  // namespace

Draft draft_of(const Node& node, GraphBranch branch, const Shape& output) {
  Draft draft;
  draft.layer.output = output;
  draft.node_name = node.name;
  draft.place = place(node);
  branch.name = node.name;
  draft.layer.branches.push_back(std::move(branch));
  draft.order.push_back(node.index);
  return draft;
}

void Drafts::spend(std::uint64_t elements) {
  spent_ += elements;
  if (spent_ > most_mapped)
    throw Fault{"", "more than 33 million elements change their places in this network", "fewer re-indexed tensors"};
}

Activation Drafts::add(Draft draft, const Dims& dims) {
  const Shape& s = draft.layer.output;
  if (s.channels == 0 || s.height == 0 || s.width == 0)
    throw Fault{draft.place, "makes an empty map", "at least one row, column and channel"};
  if (s.height > most_rows || s.width > most_rows || s.channels > most_channels || s.size() > most_neurons)
    throw Fault{
        draft.place, fmt::format("makes a map of {} x {} x {}", s.channels, s.height, s.width),
        fmt::format("at most {} rows and columns, {} channels, {} neurons", most_rows, most_channels, most_neurons)};
  spend(s.channels);
  for (const GraphBranch& branch : draft.layer.branches) weights_ += branch.weights.size();
  if (weights_ > most_weights)
    throw Fault{draft.place, "is beyond the number of weights that a network may have",
                fmt::format("at most {} weights", most_weights)};
  Activation value;
  value.dims = dims;
  value.map = s;
  value.parts = {{static_cast<LayerId>(layers.size()), 0}};
  layers.push_back(std::move(draft));
  return value;
}

std::vector<Element> Drafts::elements(const Activation& value) {
  if (value.elements) return *value.elements;
  std::vector<Element> inner;
  spend(value.map.size());
  inner.reserve(value.map.size());
  for (const Part& part : value.parts)
    for (std::uint32_t i = 0; i < layers[part.layer].layer.output.size(); ++i) inner.push_back({part.layer, i});
  if (!value.edges.any()) return inner;
  const Edges& e = value.edges;
  const auto height = static_cast<std::uint64_t>(value.map.height + e.top + e.bottom);
  const auto width = static_cast<std::uint64_t>(value.map.width + e.left + e.right);
  spend(value.map.channels * height * width);
  std::vector<Element> padded(value.map.channels * height * width);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    const std::size_t x = i % value.map.width, y = i / value.map.width % value.map.height, c = i / value.map.pixels();
    padded[(c * height + y + static_cast<std::size_t>(e.top)) * width + x + static_cast<std::size_t>(e.left)] =
        inner[i];
  }
  return padded;
}

Shape Drafts::map_of(const Activation& value) const {
  const Dims& d = value.dims;
  const auto number = [](std::int64_t n) { return static_cast<std::uint32_t>(std::min<std::int64_t>(n, 0x7fffffff)); };
  if (d.size() == 4 && d[0] == 1) return {number(d[1]), number(d[2]), number(d[3])};
  if (!value.elements) return value.map;
  if (d.size() == 3 && d[0] == 1) return {number(d[1]), 1, number(d[2])};
  return {static_cast<std::uint32_t>(value.elements->size()), 1, 1};
}

std::vector<Source> Drafts::sources(const Activation& value, const Shape& as) {
  std::vector<Source> found;
  spend(8 * value.parts.size());
  if (value.plain() && as == value.map) {
    for (const Part& part : value.parts) found.push_back({part.layer, {part.channel_offset, nullptr}});
    return found;
  }
  const std::vector<Element> all = elements(value);
  // A producer's element that occurs several times (nearest-neighbour enlargement) needs several views of it.
  struct Copy {
    LayerId layer;
    std::vector<std::uint32_t> map;
  };
  std::vector<Copy> copies;
  std::map<LayerId, std::vector<std::size_t>> of_layer;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i].layer == Element::zero) continue;
    auto& own = of_layer[all[i].layer];
    auto free = std::find_if(own.begin(), own.end(),
                             [&](std::size_t c) { return copies[c].map[all[i].index] == View::nowhere; });
    if (free == own.end()) {
      const std::size_t size = layers[all[i].layer].layer.output.size();
      spend(size);
      if (own.size() >= 4096) throw Fault{"", "one element is used more than 4096 times", "fewer copies"};
      own.push_back(copies.size());
      copies.push_back({all[i].layer, std::vector<std::uint32_t>(size, View::nowhere)});
      free = own.end() - 1;
    }
    copies[*free].map[all[i].index] = i;
  }
  for (Copy& copy : copies)
    found.push_back({copy.layer, view(std::move(copy.map), layers[copy.layer].layer.output, as)});
  return found;
}

/// Elements that are whole layers, one after another in their own order, are parts again.
Activation Drafts::simplified(Activation value) const {
  const auto& all = *value.elements;
  std::vector<Part> parts;
  std::size_t at = 0;
  Shape map;
  while (at < all.size()) {
    if (all[at].layer == Element::zero || all[at].index != 0) return value;
    const Shape& shape = layers[all[at].layer].layer.output;
    if ((at > 0 && !same_map(shape, map)) || all.size() - at < shape.size()) return value;
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (all[at + i].layer != all[at].layer || all[at + i].index != i) return value;
    parts.push_back({all[at].layer, map.channels});
    map = {map.channels + shape.channels, shape.height, shape.width};
    at += shape.size();
  }
  if (parts.empty()) return value;
  value.parts = parts;
  value.map = map;
  value.elements = nullptr;
  return value;
}

Activation Drafts::reindexed(const Activation& value, const Reindexed& to) {
  Activation result = value;
  if (to.same_order) {
    if (value.edges.any() && to.dims != value.dims) result = settled(value);
    result.dims = to.dims;
    return result;
  }
  const std::vector<Element> all = elements(value);
  spend(to.from.size());
  auto moved = std::make_shared<std::vector<Element>>(to.from.size());
  Element* next = moved->data();
  for (const std::uint32_t from : to.from) *next++ = from == Reindexed::zero ? Element{} : all.at(from);
  result.edges = {};
  result.dims = to.dims;
  result.elements = std::move(moved);
  return simplified(std::move(result));
}

Activation Drafts::settled(const Activation& value) {
  if (!value.edges.any()) return value;
  Activation result = value;
  result.elements = std::make_shared<std::vector<Element>>(elements(value));
  result.edges = {};
  return result;
}

Activation Drafts::joined(const std::vector<Activation>& values, std::size_t axis, const Dims& dims) {
  Activation result;
  result.dims = dims;
  result.codes = values.front().codes;
  std::size_t outer = 1;
  for (std::size_t d = 0; d < axis; ++d) outer *= static_cast<std::size_t>(dims[d]);
  bool stack = outer == 1;  // then row-major order puts one input behind the other
  for (const Activation& v : values) {
    result.exclusive = result.exclusive && v.exclusive;
    stack = stack && v.plain() && same_map(v.map, values.front().map);
  }
  if (stack) return stacked(std::move(result), values);
  return simplified(interleaved(std::move(result), values, outer));
}

Activation Drafts::stacked(Activation result, const std::vector<Activation>& values) {
  result.map = {0, values.front().map.height, values.front().map.width};
  for (const Activation& v : values) {
    for (const Part& part : v.parts) result.parts.push_back({part.layer, result.map.channels + part.channel_offset});
    result.map.channels += v.map.channels;
  }
  spend(result.parts.size());
  return result;
}

Activation Drafts::interleaved(Activation result, const std::vector<Activation>& values, std::size_t outer) {
  spend(element_count(result.dims, ""));
  std::vector<std::vector<Element>> parts;
  for (const Activation& v : values) {
    parts.push_back(elements(v));
    for (const Part& part : v.parts) result.parts.push_back({part.layer, 0});
  }
  const auto by_layer = [](const Part& a, const Part& b) { return a.layer < b.layer; };
  const auto same_layer = [](const Part& a, const Part& b) { return a.layer == b.layer; };
  std::sort(result.parts.begin(), result.parts.end(), by_layer);
  result.parts.erase(std::unique(result.parts.begin(), result.parts.end(), same_layer), result.parts.end());
  auto all = std::make_shared<std::vector<Element>>();
  for (std::size_t o = 0; o < outer; ++o)
    for (const auto& part : parts) {
      const std::size_t run = part.size() / outer;
      const auto start = part.begin() + static_cast<std::ptrdiff_t>(o * run);
      all->insert(all->end(), start, start + static_cast<std::ptrdiff_t>(run));
    }
  result.elements = std::move(all);
  return result;
}

}  // namespace deltasim::models::onnx
