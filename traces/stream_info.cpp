#include "traces/stream_info.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace deltasim::traces {

using models::Comparison;
using models::InputError;
using models::LayerRule;
using models::Mode;
using models::Rule;

namespace {

constexpr std::array<const char*, 7> rule_names = {"dense",          "spatial", "delta",      "send_on_delta",
                                                   "previous_frame", "pixel",   "sigma_delta"};
constexpr std::array<const char*, 2> comparison_names = {"greater", "greater_equal"};
constexpr std::array<const char*, 2> mode_names = {"delta", "normal"};

Comparison comparison_of(const models::RuleSet& rules) {
  return rules.comparison.value_or(rules.rule == Rule::sigma_delta ? Comparison::greater_equal : Comparison::greater);
}

const LayerRule& rule_of(const StreamInfo& info, const std::string& layer) {
  const auto own = info.rules.layers.find(layer);
  return own == info.rules.layers.end() ? info.rules.every : own->second;
}

/// What holds, spelled out: a reader of the file need not know the defaults.
std::vector<double> threshold_of(const StreamInfo& info, const LayerRule& rule) {
  if (!rule.threshold.empty()) return rule.threshold;
  return {info.rules.rule == Rule::delta ? 1.0 : 0.0};
}

bool write_rule(const H5Object& object, const StreamInfo& info, const LayerRule& rule) {
  return write_attribute(object, "mode", mode_names[static_cast<std::size_t>(rule.mode)]) &&
         write_attribute(object, "threshold", threshold_of(info, rule));
}

/// Attributes of one object; what is missing or impossible is reported with its name.
class Attributes {
 public:
  Attributes(const H5Object& object, const std::string& file, std::string path)
      : object_(object), file_(file), path_(std::move(path)) {}

  [[noreturn]] void fail(const char* name, const std::string& problem, const std::string& remedy) const {
    throw InputError(file_, fmt::format("{}@{}", path_, name), problem, remedy);
  }

  std::string text(const char* name) const {
    const auto value = read_text(object_, name);
    if (!value) fail(name, "attribute is missing or no text of fixed width", "a stream that `deltasim record` wrote");
    return *value;
  }

  std::uint64_t number(const char* name, std::uint64_t low, std::uint64_t high) const {
    const auto value = read_unsigned(object_, name);
    if (!value) fail(name, "attribute is missing or no integer", "a stream that `deltasim record` wrote");
    if (*value < low || *value > high)
      fail(name, fmt::format("{} is out of range", *value), fmt::format("{} to {}", low, high));
    return *value;
  }

  std::vector<double> reals(const char* name) const {
    const auto values = read_doubles(object_, name);
    if (!values || values->empty())
      fail(name, "attribute is missing or no number", "a stream that `deltasim record` wrote");
    for (const double value : *values)
      if (!std::isfinite(value)) fail(name, "is not finite", "a finite number");
    return *values;
  }

  template <std::size_t n>
  std::size_t choice(const char* name, const std::array<const char*, n>& names) const {
    const std::string value = text(name);
    for (std::size_t i = 0; i < n; ++i)
      if (value == names[i]) return i;
    fail(name, fmt::format("'{}' is unknown", value), fmt::format("one of {}", fmt::join(names, ", ")));
  }

  LayerRule rule() const { return {static_cast<Mode>(choice("mode", mode_names)), reals("threshold")}; }

 private:
  const H5Object& object_;
  const std::string& file_;
  std::string path_;
};

void read_format(const H5Object& file, const std::string& name) {
  const auto format = read_text(file, "format");
  if (!format || *format != stream_format)
    throw InputError(name, "/@format", "is an HDF5 file, but no event stream", "a file that `deltasim record` wrote");
  const auto version = read_unsigned(file, "format_version");
  if (!version || *version != stream_version)
    throw InputError(name, "/@format_version", fmt::format("version {} is unknown", version.value_or(0)),
                     fmt::format("version {}", stream_version));
}

StreamLayer read_layer(const H5Object& file, const std::string& name, std::size_t index, StreamInfo& info) {
  const std::string path = layer_path(index);
  H5L_info_t link{};
  if (H5Lexists(file.id(), path.c_str(), H5P_DEFAULT) <= 0 ||
      H5Lget_info(file.id(), path.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
    throw InputError(name, path, "group is missing", "a group for each of the layers");
  const H5Object group(H5Gopen2(file.id(), path.c_str(), H5P_DEFAULT), H5Gclose);
  if (!group.valid()) throw InputError(name, path, "is damaged or no group", "a complete file");
  const Attributes attributes(group, name, path);
  StreamLayer layer;
  layer.name = attributes.text("name");
  layer.shape = {static_cast<std::uint32_t>(attributes.number("channels", 1, std::uint64_t{1} << 31)),
                 static_cast<std::uint32_t>(attributes.number("height", 1, 65536)),
                 static_cast<std::uint32_t>(attributes.number("width", 1, 65536))};
  if (layer.shape.pixels() > (std::uint64_t{1} << 31) / layer.shape.channels)
    attributes.fail("channels", "the layer is impossibly large", "fewer than 2^31 neurons");
  layer.absolute = attributes.number("absolute", 0, 1) != 0;
  layer.step = attributes.reals("step").front();
  if (H5Aexists(group.id(), "channel_steps") > 0) {
    layer.channel_steps = attributes.reals("channel_steps");
    if (layer.channel_steps.size() != layer.shape.channels)
      attributes.fail("channel_steps", fmt::format("{} steps", layer.channel_steps.size()),
                      fmt::format("{}, one for each channel", layer.shape.channels));
  }
  const LayerRule rule = attributes.rule();
  if (rule.mode != info.rules.every.mode || rule.threshold != info.rules.every.threshold)
    info.rules.layers[layer.name] = rule;
  return layer;
}

}  // namespace

std::string layer_path(std::size_t layer, const char* dataset) {
  return dataset == nullptr ? fmt::format("/layers/{}", layer) : fmt::format("/layers/{}/{}", layer, dataset);
}

bool write_info(const H5Object& file, const StreamInfo& info) {
  const auto& rules = info.rules;
  return write_attribute(file, "format", stream_format) && write_attribute(file, "format_version", stream_version) &&
         write_attribute(file, "tool", info.tool) && write_attribute(file, "network", info.network) &&
         write_attribute(file, "network_hash", info.network_hash) && write_attribute(file, "source", info.source) &&
         write_attribute(file, "frame_rate", info.frame_rate) &&
         write_attribute(file, "frame_rate_assumed", std::uint64_t{info.frame_rate_assumed}) &&
         write_attribute(file, "layers", std::uint64_t{info.layers.size()}) &&
         write_attribute(file, "outputs", info.outputs) &&
         write_attribute(file, "rule", rule_names[static_cast<std::size_t>(rules.rule)]) &&
         write_attribute(file, "comparison", comparison_names[static_cast<std::size_t>(comparison_of(rules))]) &&
         write_attribute(file, "payload_bits", std::uint64_t{rules.payload_bits}) &&
         write_attribute(file, "key_frame_period", std::uint64_t{rules.key_frame_period}) &&
         write_attribute(file, "layer_delay", std::uint64_t{info.layer_delay}) && write_rule(file, info, rules.every);
}

bool write_layer(const H5Object& group, const StreamInfo& info, std::size_t layer) {
  const StreamLayer& l = info.layers[layer];
  return write_attribute(group, "name", l.name) &&
         write_attribute(group, "channels", std::uint64_t{l.shape.channels}) &&
         write_attribute(group, "height", std::uint64_t{l.shape.height}) &&
         write_attribute(group, "width", std::uint64_t{l.shape.width}) &&
         write_attribute(group, "absolute", std::uint64_t{l.absolute}) && write_attribute(group, "step", l.step) &&
         (l.channel_steps.empty() || write_attribute(group, "channel_steps", l.channel_steps)) &&
         write_rule(group, info, rule_of(info, l.name));
}

StreamInfo read_info(const H5Object& file, const std::string& name) {
  read_format(file, name);
  const Attributes root(file, name, "/");
  StreamInfo info;
  info.tool = root.text("tool");
  info.network = root.text("network");
  info.network_hash = root.text("network_hash");
  info.source = root.text("source");
  info.frame_rate = root.reals("frame_rate").front();
  info.frame_rate_assumed = root.number("frame_rate_assumed", 0, 1) != 0;
  info.outputs = root.number("outputs", 0, std::uint64_t{1} << 31);
  info.frames = root.number("frames", 0, std::uint64_t{1} << 40);
  info.rules.rule = static_cast<Rule>(root.choice("rule", rule_names));
  info.rules.comparison = static_cast<Comparison>(root.choice("comparison", comparison_names));
  info.rules.payload_bits = static_cast<std::uint32_t>(root.number("payload_bits", 2, 32));
  info.rules.key_frame_period = static_cast<std::uint32_t>(root.number("key_frame_period", 0, UINT32_MAX));
  info.layer_delay = info.rules.layer_delay = root.number("layer_delay", 0, 1) != 0;
  info.rules.every = root.rule();
  const std::uint64_t layers = root.number("layers", 1, 100000);
  for (std::size_t i = 0; i < layers; ++i) info.layers.push_back(read_layer(file, name, i, info));
  return info;
}

StreamInfo describe_stream(const models::Network& network, const models::RuleSet& rules,
                           const models::StreamTraits& traits) {
  StreamInfo info;
  info.network = network.name;
  info.network_hash = network.hash();
  info.rules = rules;
  info.layer_delay = traits.layer_delay;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const models::Layer& layer = network.layers[i];
    info.layers.push_back({layer.name, layer.output, i < traits.absolute.size() && traits.absolute[i] != 0, layer.step,
                           layer.channel_steps});
  }
  for (const models::Output& output : network.outputs) {
    std::uint64_t size = 1;
    for (const std::uint32_t dim : output.dims) size *= dim;
    info.outputs += size;
  }
  return info;
}

}  // namespace deltasim::traces
