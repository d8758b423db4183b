#include "models/onnx_fuse.hpp"

#include "models/onnx_quant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models::onnx {
namespace {

bool unclipped(const GraphLayer& layer) { return std::isinf(layer.low) && std::isinf(layer.high); }

/// Sum of linear branches and nothing after it: more terms can join.
bool linear(const Draft& draft) {
  const GraphLayer& layer = draft.layer;
  return !layer.branches.empty() && unclipped(layer) && !layer.quant &&
         std::none_of(layer.branches.begin(), layer.branches.end(),
                      [](const GraphBranch& b) { return b.kind == BranchKind::max_pool; });
}

bool within(const GraphLayer& layer, double low, double high) {
  double least = layer.low, most = layer.high;
  if (layer.quant) {
    least = std::max(least, (layer.quant->low - layer.quant->zero_point) * layer.quant->scale);
    most = std::min(most, (layer.quant->high - layer.quant->zero_point) * layer.quant->scale);
  }
  return least >= low && most <= high;
}

bool can_clip(const Draft& draft, double low, double high) {
  if (draft.layer.branches.empty()) return false;  // the input layer holds what the frame holds
  return !draft.layer.quant || (low <= 0 && std::isinf(high) && (low == 0 || std::isinf(low)));
}

bool holds_zeros(const Activation& x) {
  if (x.edges.any()) return true;
  return x.elements &&
         std::any_of(x.elements->begin(), x.elements->end(), [](const Element& e) { return e.layer == Element::zero; });
}

/// The layer that makes x, alone and as it is.
std::optional<LayerId> whole_layer(const Activation& x) {
  if (!x.plain() || x.parts.size() != 1) return std::nullopt;
  return x.parts.front().layer;
}

double at(const std::vector<double>& values, std::size_t channel) {
  return values.size() == 1 ? values.front() : values[channel];
}

void scale_weights(GraphBranch& branch, const Affine& change, std::uint32_t outputs) {
  const std::uint32_t group_outputs = outputs / branch.groups;
  const std::size_t group = branch.weights.size() / branch.groups;
  for (std::size_t i = 0; i < branch.weights.size(); ++i) {
    const std::size_t channel = i / group * group_outputs + i % group_outputs;
    branch.weights[i] = static_cast<float>(branch.weights[i] * at(change.scale, channel));
  }
  for (std::size_t c = 0; c < branch.bias.size(); ++c)
    branch.bias[c] = static_cast<float>(branch.bias[c] * at(change.scale, c));
}

void add_bias(GraphBranch& branch, const std::vector<double>& shift, std::uint32_t outputs) {
  branch.bias.resize(outputs, 0.0F);
  for (std::size_t c = 0; c < branch.bias.size(); ++c)
    branch.bias[c] = static_cast<float>(branch.bias[c] + at(shift, c));
  branch.stored_bias.clear();  // derived anew from the real one
}

bool neutral(const std::vector<double>& scale) {
  return std::all_of(scale.begin(), scale.end(), [](double s) { return s == 1.0; });
}

bool fold_affine(Draft& draft, const Affine& change) {
  auto& branches = draft.layer.branches;
  const auto is_convolution = [](const GraphBranch& b) { return b.kind == BranchKind::convolution; };
  const auto first = std::find_if(branches.begin(), branches.end(), is_convolution);
  if (first == branches.end()) return false;
  if (!neutral(change.scale)) {
    const bool scalable = std::all_of(branches.begin(), branches.end(), [&](const GraphBranch& b) {
      return is_convolution(b) && b.stored_weights.empty();
    });
    if (!scalable) return false;
    for (GraphBranch& b : branches) scale_weights(b, change, draft.layer.output.channels);
  }
  if (change.missing) first->weights_missing = true;
  add_bias(*first, change.shift, draft.layer.output.channels);
  return true;
}

/// y = x * scale + shift as a depthwise 1 x 1 convolution.
GraphBranch depthwise(const Node& node, const Affine& change, const Shape& map) {
  GraphBranch branch;
  branch.name = node.name;
  branch.input = map;
  branch.groups = map.channels;
  branch.weights_missing = change.missing;
  for (std::uint32_t c = 0; c < map.channels; ++c) {
    branch.weights.push_back(static_cast<float>(at(change.scale, c)));
    branch.bias.push_back(static_cast<float>(at(change.shift, c)));
  }
  return branch;
}

Draft draft_of(const Node& node, const Shape& output) {
  Draft draft;
  draft.layer.output = output;
  draft.node_name = node.name;
  draft.place = place(node);
  return draft;
}

void put_branch(Draft& draft, GraphBranch branch, std::size_t order) {
  const auto behind = std::upper_bound(draft.order.begin(), draft.order.end(), order);
  draft.layer.branches.insert(draft.layer.branches.begin() + (behind - draft.order.begin()), std::move(branch));
  draft.order.insert(behind, order);
}

GraphBranch identity(Drafts& drafts, const Node& node, const Activation& x, const Shape& as) {
  GraphBranch branch;
  branch.kind = BranchKind::identity;
  branch.name = node.name;
  branch.input = as;
  branch.sources = drafts.sources(x, as);
  return branch;
}

/// Moves x's branches into `into` where x is an open sum that nobody else sees, else reads x through an identity.
void absorb(Drafts& drafts, const Node& node, const Operand& x, Draft& into) {
  const auto own = whole_layer(x.value);
  const bool open =
      own && x.sole && linear(drafts.layers[*own]) && drafts.layers[*own].layer.output == into.layer.output;
  if (!open) return put_branch(into, identity(drafts, node, x.value, into.layer.output), node.index);
  Draft& from = drafts.layers[*own];
  for (std::size_t b = 0; b < from.layer.branches.size(); ++b)
    put_branch(into, std::move(from.layer.branches[b]), from.order[b]);
  from.absorbed = true;
}

}  // namespace

bool same_quant(const ActivationQuant& a, const ActivationQuant& b) {
  return a.scale == b.scale && a.zero_point == b.zero_point && a.low == b.low && a.high == b.high &&
         a.channel_scale == b.channel_scale;
}

Draft identity_layer(Drafts& drafts, const Node& node, const Activation& x) {
  Draft draft = draft_of(node, drafts.map_of(x));
  put_branch(draft, identity(drafts, node, x, draft.layer.output), node.index);
  if (!x.joined_by.empty()) draft.node_name = draft.layer.branches.front().name = x.joined_by;
  return draft;
}

std::vector<double> per_channel(const Node& node, const Tensor& constant, const Activation& x, const Shape& map) {
  require_finite(constant);
  const std::uint64_t count = element_count(constant.dims, place(node));
  std::size_t axis = x.dims.size();  // of the constant's only dimension above 1, counted as in x
  for (std::size_t d = 0; d < constant.dims.size(); ++d) {
    if (constant.dims[d] == 1) continue;
    const bool inside = constant.dims.size() - d <= x.dims.size();
    if (!inside || axis != x.dims.size())
      fail(node, "constant of " + text(constant.dims) + " on a tensor of " + text(x.dims), "one number per channel");
    axis = x.dims.size() - (constant.dims.size() - d);
  }
  const bool one = count == 1;
  if (!one && (axis != 1 || count != map.channels || x.dims[1] != static_cast<std::int64_t>(count)))
    fail(node, "constant of " + text(constant.dims) + " on a tensor of " + text(x.dims), "one number per channel");
  if (constant.missing) return std::vector<double>(count, 1.0);
  return constant.values;
}

Activation clip(Drafts& drafts, const Node& node, const Operand& x, double low, double high) {
  if (low > high) fail(node, fmt::format("clips to [{}, {}]", low, high), "a lower end below the upper");
  const bool zeros = holds_zeros(x.value), zero_stays = low <= 0 && high >= 0;
  const auto all = [&](auto test) {
    return std::all_of(x.value.parts.begin(), x.value.parts.end(),
                       [&](const Part& part) { return test(drafts.layers[part.layer]); });
  };
  const bool usable = !zeros || zero_stays;
  if (usable && all([&](const Draft& d) { return within(d.layer, low, high); })) return x.value;
  if (usable && x.sole && all([&](const Draft& d) { return can_clip(d, low, high); })) {
    for (const Part& part : x.value.parts) {
      GraphLayer& layer = drafts.layers[part.layer].layer;
      layer.low = static_cast<float>(std::clamp<double>(layer.low, low, high));
      layer.high = static_cast<float>(std::clamp<double>(layer.high, low, high));
    }
    return x.value;
  }
  const Activation settled = drafts.settled(x.value);
  Draft draft = identity_layer(drafts, node, settled);
  draft.layer.low = static_cast<float>(low);
  draft.layer.high = static_cast<float>(high);
  return drafts.add(std::move(draft), settled.dims);
}

Activation affine(Drafts& drafts, const Node& node, const Operand& x, const Affine& change) {
  const auto own = whole_layer(x.value);
  if (own && x.sole && linear(drafts.layers[*own]) && fold_affine(drafts.layers[*own], change)) return x.value;
  const Activation settled = drafts.settled(x.value);
  const Shape map = drafts.map_of(settled);
  drafts.spend(map.channels);
  GraphBranch branch = depthwise(node, change, map);
  branch.sources = drafts.sources(settled, map);
  Draft draft = draft_of(node, map);
  put_branch(draft, std::move(branch), node.index);
  return drafts.add(std::move(draft), settled.dims);
}

Activation add(Drafts& drafts, const Node& node, const Operand& a, const Operand& b) {
  if (a.value.dims != b.value.dims)
    fail(node, "adds tensors of " + text(a.value.dims) + " and " + text(b.value.dims), "equal shapes, or a constant");
  Operand first = a, second = b;
  first.value = drafts.settled(a.value);
  second.value = drafts.settled(b.value);
  const bool take_second = !whole_layer(first.value) && whole_layer(second.value);
  Draft draft = draft_of(node, drafts.map_of(take_second ? second.value : first.value));
  if (const auto own = whole_layer(take_second ? second.value : first.value))
    draft.layer.output = drafts.layers[*own].layer.output;
  absorb(drafts, node, first, draft);
  absorb(drafts, node, second, draft);
  return drafts.add(std::move(draft), a.value.dims);
}

Activation quantise(Drafts& drafts, const Node& node, const Operand& x, const ActivationQuant& quant) {
  const auto own = [&](const Part& part) {
    return of_channels(quant, part.channel_offset, drafts.layers[part.layer].layer.output.channels);
  };
  // Elements of re-indexed tensors lie in other channels than in the layers that make them.
  const bool layers_channels = quant.channel_scale.empty() || by_layer_channel(x.value, quant);
  const auto all = [&](auto test) {
    return layers_channels && std::all_of(x.value.parts.begin(), x.value.parts.end(), [&](const Part& part) {
             return test(drafts.layers[part.layer].layer.quant, part);
           });
  };
  Activation result = x.value;
  if (all([&](const auto& q, const Part& part) { return q && same_quant(*q, own(part)); })) {
    result.codes = true;
    return result;
  }
  if (x.sole && all([](const auto& q, const Part&) { return !q; })) {
    for (const Part& part : x.value.parts) drafts.layers[part.layer].layer.quant = own(part);
  } else {
    const Activation settled = drafts.settled(x.value);
    Draft draft = identity_layer(drafts, node, settled);
    draft.layer.quant = quant;
    result = drafts.add(std::move(draft), settled.dims);
  }
  result.codes = true;
  return result;
}

}  // namespace deltasim::models::onnx
