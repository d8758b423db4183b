#include "models/onnx_quant.hpp"

#include "models/carry_channels.hpp"
#include "models/onnx_fuse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models::onnx {
namespace {

double scalar(const Node& node, const Tensor& tensor, const char* what) {
  if (tensor.missing || tensor.values.size() != 1)
    fail(node, fmt::format("{} {}s for an activation", tensor.values.size(), what), "one for the whole tensor");
  return tensor.values.front();
}

void require_scale(const Node& node, double scale) {
  if (!(scale > 0) || !std::isfinite(scale)) fail(node, fmt::format("a scale of {}", scale), "a positive number");
}

/// Weights that are stored unsigned around 128 are signed weights around 0.
std::int32_t offset(const Node& node, const Tensor& stored, const std::shared_ptr<const Tensor>& zero_point) {
  if (!zero_point) return 0;
  if (zero_point->missing) fail(node, "the zero point is not in the file", "a zero point of 0");
  const double first = zero_point->values.empty() ? 0.0 : zero_point->values.front();
  for (const double z : zero_point->values)
    if (z != first || (z != 0.0 && !(z == 128.0 && stored.type == ElementType::uint8)))
      fail(node, fmt::format("weights '{}' with zero point {}", stored.name, z), "weights with zero point 0");
  return static_cast<std::int32_t>(first);
}

/// The scale of every element: one for all, or one per index of an axis.
class ScaleOf {
 public:
  ScaleOf(const Node& node, const Dims& dims, const Tensor& scale, std::int64_t wanted) : scale_(scale.values) {
    if (scale_.empty()) fail(node, "has no scale", "one, or one per output channel");
    for (const double s : scale_) require_scale(node, s);
    if (scale_.size() == 1) return;
    axis = dims.size() == 1 ? 0 : front_axis(wanted, dims.size(), place(node));
    size_ = static_cast<std::size_t>(dims[axis]);
    if (size_ != scale_.size())
      fail(node, fmt::format("{} scales for a dimension of {}", scale_.size(), size_), "one for each");
    for (std::size_t d = axis + 1; d < dims.size(); ++d) inner_ *= static_cast<std::size_t>(dims[d]);
  }
  double operator()(std::size_t element) const {
    return scale_.size() == 1 ? scale_[0] : scale_[element / inner_ % size_];
  }

  std::size_t axis = 0;

 private:
  const std::vector<double>& scale_;
  std::size_t size_ = 1, inner_ = 1;
};

/// Scales of different tensors have a common meaning where one at least is per channel: then all are.
std::optional<ActivationQuant> joined_quant(const Drafts& drafts, const GraphBranch& branch, ActivationQuant common) {
  common.channel_scale.assign(branch.input.channels, 0);
  double largest = 0;
  for (const Source& source : branch.sources) {
    const GraphLayer& producer = drafts.layers[source.producer].layer;
    const auto scale = [&](std::size_t c) { return channel_scale(*producer.quant, c); };
    if (!carry_channels(source.view, producer.output, branch.input, scale, common.channel_scale)) return std::nullopt;
    largest = std::max(largest, producer.quant->scale);
  }
  for (double& scale : common.channel_scale)
    if (scale == 0) scale = largest;  // nothing reaches this channel
  common.scale = largest;
  return common;
}

std::optional<ActivationQuant> common_quant(const Drafts& drafts, const GraphBranch& branch) {
  std::optional<ActivationQuant> common;
  bool alike = true, by_channel = false;
  for (const Source& source : branch.sources) {
    const auto& quant = drafts.layers[source.producer].layer.quant;
    if (!quant) return std::nullopt;
    if (!common) common = quant;
    if (quant->zero_point != common->zero_point || quant->low != common->low || quant->high != common->high)
      return std::nullopt;
    alike = alike && same_quant(*common, *quant);
    by_channel = by_channel || !quant->channel_scale.empty();
  }
  if (!common || (alike && !by_channel)) return common;
  return by_channel ? joined_quant(drafts, branch, *common) : std::nullopt;
}

/// The file's integers where they are in the accumulator's unit, else what the real bias is in it.
void settle_bias(GraphBranch& branch, const ActivationQuant& input) {
  if (branch.bias.empty()) return;
  const std::vector<std::int32_t> given = branch.stored_bias;
  branch.stored_bias.clear();
  for (std::size_t c = 0; c < branch.bias.size(); ++c) {
    const double weight = branch.weight_scale[branch.weight_scale.size() == 1 ? 0 : c];
    const double units = std::clamp(std::round(branch.bias[c] / (input.scale * weight)), -2147483648.0, 2147483647.0);
    const bool agrees = !given.empty() && std::abs(given[c] - units) <= 1.0 + std::abs(units) * 1e-4;
    branch.stored_bias.push_back(agrees ? given[c] : static_cast<std::int32_t>(units));
  }
}

void complete_branch(const Drafts& drafts, const Draft& draft, GraphBranch& branch) {
  if (branch.kind == BranchKind::identity) return;  // its scale is per channel: sources may differ
  const auto input = common_quant(drafts, branch);
  if (!input)
    throw Fault{draft.place, "its inputs have no common scale in a quantised network",
                "QuantizeLinear with one scale before it"};
  if (branch.kind != BranchKind::convolution || branch.weights_missing) return;
  const bool by_channel = !input->channel_scale.empty();
  if (branch.stored_weights.empty() && !branch.derived_weights && !by_channel)
    throw Fault{draft.place, "real weights in a quantised network", "weights behind a DequantizeLinear"};
  if (branch.stored_weights.empty() || by_channel)
    branch.stored_bias.clear();  // its unit follows from how the weights are quantised
  else
    settle_bias(branch, *input);
}

/// Pools without a quantiser of their own keep their input's step.
bool inherit(const Drafts& drafts, Draft& draft) {
  if (draft.layer.branches.size() != 1) return false;
  const GraphBranch& branch = draft.layer.branches.front();
  if (branch.kind != BranchKind::max_pool && branch.kind != BranchKind::average_pool) return false;
  draft.layer.quant = common_quant(drafts, branch);
  return draft.layer.quant.has_value();
}

[[noreturn]] void fail_other_meaning(const Node& node, const ActivationQuant& quant, const ActivationQuant& own) {
  if (!quant.channel_scale.empty() || !own.channel_scale.empty())
    fail(node, "scales per channel that differ from the quantiser's", "the same scales and zero point in both");
  fail(node, fmt::format("scale {} and zero point {}", quant.scale, quant.zero_point),
       fmt::format("the quantiser's {} and {}", own.scale, own.zero_point));
}

/// The codes of a layer mean this; those of an integer input, and of the pools on it, are told so here.
void give_meaning(Drafts& drafts, const Node& node, LayerId id, const ActivationQuant& meaning) {
  std::vector<std::pair<LayerId, ActivationQuant>> open{{id, meaning}};
  while (!open.empty()) {
    const auto [at, quant] = std::move(open.back());
    open.pop_back();
    GraphLayer& layer = drafts.layers[at].layer;
    if (!layer.quant) {
      layer.quant = quant;
      for (const GraphBranch& branch : layer.branches)
        for (const Source& source : branch.sources) {
          if (source.view.map && !quant.channel_scale.empty())
            fail(node, "scales per channel of a re-indexed tensor", "a DequantizeLinear before it");
          const std::uint32_t channels = drafts.layers[source.producer].layer.output.channels;
          open.emplace_back(source.producer, of_channels(quant, source.view.channel_offset, channels));
        }
    }
    if (!same_quant(*layer.quant, quant)) fail_other_meaning(node, quant, *layer.quant);
  }
}

}  // namespace

ActivationQuant activation_quant(const Node& node, const std::shared_ptr<const Tensor>& scale,
                                 const std::shared_ptr<const Tensor>& zero_point) {
  ActivationQuant quant;
  quant.scale = scalar(node, *scale, "scale");
  require_scale(node, quant.scale);
  if (!zero_point) return quant;
  switch (zero_point->type) {
    case ElementType::uint8:
      break;
    case ElementType::int8:
      quant.low = -128;
      quant.high = 127;
      break;
    case ElementType::uint16:
      quant.high = 65535;
      break;
    case ElementType::int16:
      quant.low = -32768;
      quant.high = 32767;
      break;
    default:
      fail(node, "activations that are not of 8 or 16 bits", "uint8 or int8");
  }
  quant.zero_point = static_cast<std::int32_t>(scalar(node, *zero_point, "zero point"));
  return quant;
}

ActivationQuant activation_quant(const Node& node, const std::shared_ptr<const Tensor>& scale,
                                 const std::shared_ptr<const Tensor>& zero_point, const Activation& x,
                                 const Shape& map) {
  if (scale->missing || scale->values.size() <= 1) return activation_quant(node, scale, zero_point);
  const std::vector<double>& scales = scale->values;
  const std::size_t axis = front_axis(node.integer("axis", 1), x.dims.size(), place(node));
  if (axis != 1)
    fail(node, fmt::format("{} scales along axis {} of {}", scales.size(), axis, text(x.dims)),
         "one scale, or one for each channel (axis 1)");
  if (x.dims[1] != static_cast<std::int64_t>(scales.size()))
    fail(node, fmt::format("{} scales for {} channels", scales.size(), x.dims[1]),
         "one scale, or one for each channel");
  if (map.channels != scales.size())
    fail(node, fmt::format("{} scales for a flattened map of {} channels", scales.size(), map.channels),
         "scales per channel before the map is flattened");
  for (const double s : scales) require_scale(node, s);
  Tensor largest, first;
  largest.values = {*std::max_element(scales.begin(), scales.end())};
  if (zero_point) {
    first = *zero_point;
    if (!first.values.empty()) first.values.resize(1);
    for (const double z : zero_point->values)
      if (z != first.values.front())
        fail(node, fmt::format("zero points {} and {} in one tensor", first.values.front(), z),
             "one zero point for all channels");
  }
  ActivationQuant quant =
      activation_quant(node, std::make_shared<Tensor>(largest), zero_point ? std::make_shared<Tensor>(first) : nullptr);
  if (std::any_of(scales.begin(), scales.end(), [&](double s) { return s != quant.scale; }))
    quant.channel_scale = scales;
  return quant;
}

bool by_layer_channel(const Activation& x, const ActivationQuant& quant) {
  return !x.elements && x.map.channels == quant.channel_scale.size();
}

ActivationQuant of_channels(const ActivationQuant& quant, std::uint32_t first, std::uint32_t count) {
  if (quant.channel_scale.empty()) return quant;
  ActivationQuant part = quant;
  const auto begin = quant.channel_scale.begin() + first;
  part.channel_scale.assign(begin, begin + count);
  part.scale = *std::max_element(part.channel_scale.begin(), part.channel_scale.end());
  return part;
}

Tensor dequantised(const Node& node, const Tensor& stored, const std::shared_ptr<const Tensor>& scale,
                   const std::shared_ptr<const Tensor>& zero_point, std::int64_t axis) {
  Tensor real = stored;
  real.type = ElementType::real;
  real.missing = stored.missing || scale->missing;
  if (real.missing) return real;
  if (!is_integer(stored.type)) fail(node, "'" + stored.name + "' holds no integers", "stored integers");
  const std::int32_t zero = offset(node, stored, zero_point);
  StoredCodes codes;
  const ScaleOf scale_of(node, stored.dims, *scale, axis);
  codes.scale = scale->values;
  codes.axis = static_cast<std::int64_t>(scale_of.axis);
  for (std::size_t i = 0; i < real.values.size(); ++i) {
    const double code = std::clamp(real.values[i], -2147483648.0, 2147483647.0) - zero;
    codes.codes.push_back(static_cast<std::int32_t>(code));
    real.values[i] = code * scale_of(i);
  }
  real.stored = std::make_shared<StoredCodes>(std::move(codes));
  return real;
}

Tensor quantised(const Node& node, const Tensor& real, const std::shared_ptr<const Tensor>& scale,
                 const std::shared_ptr<const Tensor>& zero_point, std::int64_t axis) {
  Tensor stored = real;
  stored.stored = nullptr;
  stored.type = zero_point ? zero_point->type : ElementType::uint8;
  stored.missing = real.missing || scale->missing || (zero_point && zero_point->missing);
  if (stored.missing) return stored;
  require_finite(real);
  const bool narrow = stored.type == ElementType::int8 || stored.type == ElementType::uint8;
  if (!narrow) fail(node, "constants that are not stored in 8 bits", "uint8 or int8");
  const double low = stored.type == ElementType::int8 ? -128 : 0;
  const ScaleOf scale_of(node, real.dims, *scale, axis);
  const double zero = zero_point && !zero_point->values.empty() ? zero_point->values.front() : 0.0;
  for (std::size_t i = 0; i < stored.values.size(); ++i)
    stored.values[i] = std::clamp(std::nearbyint(stored.values[i] / scale_of(i)) + zero, low, low + 255);
  return stored;
}

Activation dequantise(Drafts& drafts, const Node& node, const Activation& x, const ActivationQuant& quant) {
  if (!x.codes) fail(node, "dequantises a tensor that was not quantised", "a QuantizeLinear before it");
  if (!quant.channel_scale.empty() && !by_layer_channel(x, quant))
    fail(node, "scales per channel of a re-indexed tensor", "a DequantizeLinear before it");
  for (const Part& part : x.parts)
    give_meaning(drafts, node, part.layer,
                 of_channels(quant, part.channel_offset, drafts.layers[part.layer].layer.output.channels));
  Activation real = x;
  real.codes = false;
  return real;
}

Tensor integer_bias(const Node& node, const Tensor& bias, const ActivationQuant& input, const StoredCodes& weights) {
  auto scale = std::make_shared<Tensor>();
  for (const double s : weights.scale) scale->values.push_back(s * input.scale);
  return dequantised(node, bias, scale, nullptr, 0);
}

bool complete_quantisation(Drafts& drafts) {
  const bool quantised = std::any_of(drafts.layers.begin(), drafts.layers.end(),
                                     [](const Draft& d) { return !d.absorbed && d.layer.quant; });
  if (!quantised) return false;
  for (Draft& draft : drafts.layers) {
    if (draft.absorbed) continue;
    for (GraphBranch& branch : draft.layer.branches) complete_branch(drafts, draft, branch);
    if (!draft.layer.quant && !draft.layer.raw_output && !inherit(drafts, draft))
      throw Fault{draft.place, "no QuantizeLinear behind it in a quantised network", "one scale per activation"};
  }
  return true;
}

}  // namespace deltasim::models::onnx
