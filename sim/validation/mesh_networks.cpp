#include "sim/validation/mesh_networks.hpp"

#include "models/frame.hpp"
#include "models/reference.hpp"
#include "sim/validation/core_sequences.hpp"

#include <fmt/format.h>

#include <random>

namespace deltasim::sim {
namespace {

std::uint32_t below(std::mt19937& random, std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); }

/// A dense first frame, then ever fewer of the values change.
class ChangingFrames final : public models::FrameSource {
 public:
  ChangingFrames(const models::Shape& shape, std::uint32_t frames, std::uint32_t seed)
      : shape_(shape), frames_(frames), random_(seed), values_(shape.size()) {}
  bool next(models::Frame& out) override {
    if (frame_ == frames_) return false;
    const std::uint32_t one_in = frame_ == 0 ? 1 : 2 + 3 * frame_;
    for (float& value : values_)
      if (below(random_, one_in) == 0) value = static_cast<float>(below(random_, 256));
    ++frame_;
    out.values = values_;
    return true;
  }
  void rewind() override {}
  models::Shape shape() const override { return shape_; }
  double frame_rate() const override { return 30.0; }

 private:
  const models::Shape shape_;
  const std::uint32_t frames_;
  std::mt19937 random_;
  std::vector<float> values_;
  std::uint32_t frame_ = 0;
};

struct Convolution {
  std::uint32_t channels, kernel;  ///< keeps the map's size
};

models::Layer layer_of(models::LayerId id, const models::Shape& input, const Convolution& c, std::mt19937& random) {
  models::Layer layer;
  layer.name = fmt::format("layer {}", id);
  layer.output = {c.channels, input.height, input.width};
  models::Branch& branch = layer.branches.emplace_back();
  branch.name = layer.name;
  branch.sources.push_back({id - 1, {}});
  branch.input = input;
  branch.window.kernel_h = branch.window.kernel_w = c.kernel;
  branch.window.pad_top = branch.window.pad_left = static_cast<std::int32_t>(c.kernel / 2);
  branch.weight_scale = {1.0};
  for (std::size_t i = 0; i < std::size_t{c.kernel} * c.kernel * input.channels * c.channels; ++i)
    branch.weights.push_back(static_cast<std::int8_t>(static_cast<int>(below(random, 255)) - 127));
  for (std::uint32_t k = 0; k < c.channels; ++k) {
    branch.bias.push_back(static_cast<std::int32_t>(below(random, 4001)) - 2000);
    branch.multiplier.push_back(static_cast<std::int64_t>(1 + below(random, (1u << 24) / 200)));
  }
  return layer;
}

models::Network network_of(const models::Shape& input, const std::vector<Convolution>& layers, std::uint32_t seed) {
  std::mt19937 random(seed);
  models::Network network;
  network.name = "mesh";
  models::Layer& first = network.layers.emplace_back();
  first.name = "input";
  first.output = input;
  network.input.frames_are_codes = true;
  for (const Convolution& c : layers) {
    const auto id = static_cast<models::LayerId>(network.layers.size());
    network.layers.push_back(layer_of(id, network.layers.back().output, c, random));
  }
  models::Layer& last = network.layers.back();
  last.raw_output = true;
  last.output_scale = {1.0};
  models::Output& out = network.outputs.emplace_back();
  out.name = "output";
  out.dims = {last.output.channels, last.output.height, last.output.width};
  out.sources.push_back({static_cast<models::LayerId>(network.layers.size() - 1), {}});
  return network;
}

enum class Cut : std::uint8_t { none, rows, columns, channels, tiles };

/// Where a layer's slices live.
struct Placed {
  Cut cut;
  std::vector<std::uint32_t> cores;
};

/// The half (0 or 1) of a range.
void halve(std::uint32_t& begin, std::uint32_t& end, std::uint32_t half) {
  const std::uint32_t middle = (begin + end) / 2;
  (half == 0 ? end : begin) = middle;
}

hw::Mapping mapping_of(const models::Network& network, const std::vector<Placed>& layers) {
  hw::Mapping mapping;
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    const models::Shape& shape = network.layers[l].output;
    const Placed& placed = layers[l - 1];
    for (std::uint32_t i = 0; i < placed.cores.size(); ++i) {
      hw::Slice slice{l, placed.cores[i], 0, shape.channels, 0, shape.height, 0, shape.width};
      if (placed.cut == Cut::channels) halve(slice.channel_begin, slice.channel_end, i);
      if (placed.cut == Cut::rows || placed.cut == Cut::tiles) halve(slice.y_begin, slice.y_end, i % 2);
      if (placed.cut == Cut::columns || placed.cut == Cut::tiles)
        halve(slice.x_begin, slice.x_end, placed.cut == Cut::tiles ? i / 2 : i);
      mapping.slices.push_back(slice);
    }
  }
  return mapping;
}

struct Made {
  const char* name;
  models::Shape input;
  std::vector<Convolution> layers;
  std::vector<Placed> placed;
};

/// RTL sends all events of a slice to the same cores, so layers behind a 3x3 read whole maps or their own half.
const std::vector<Made>& made() {
  static const std::vector<Made> all{
      {"3x3, 1x1 by rows", {2, 12, 8}, {{8, 3}, {6, 1}}, {{Cut::rows, {0, 1}}, {Cut::rows, {2, 3}}}},
      {"3x3, 1x1 by columns", {3, 7, 10}, {{6, 3}, {5, 1}}, {{Cut::columns, {3, 0}}, {Cut::columns, {1, 2}}}},
      {"3x3, 3x3 by channels", {3, 7, 9}, {{12, 3}, {8, 3}}, {{Cut::channels, {0, 1}}, {Cut::channels, {2, 3}}}},
      {"3x3 in four tiles", {4, 9, 11}, {{10, 3}}, {{Cut::tiles, {0, 1, 2, 3}}}},
      {"four layers, a core each",
       {3, 8, 8},
       {{8, 3}, {12, 1}, {8, 3}, {4, 1}},
       {{Cut::none, {0}}, {Cut::none, {3}}, {Cut::none, {1}}, {Cut::none, {2}}}},
      {"three layers, the first by channels",
       {2, 8, 9},
       {{16, 5}, {8, 3}, {6, 1}},
       {{Cut::channels, {2, 1}}, {Cut::none, {0}}, {Cut::none, {3}}}},
  };
  return all;
}

class Recorded final : public models::EventSource {
 public:
  explicit Recorded(const MeshNetwork& network) : network_(network) {}
  bool next(models::FrameEvents& out) override {
    if (next_ == network_.frames.size()) return false;
    out = network_.frames[next_++];
    return true;
  }
  const models::StreamTraits& traits() const override { return network_.traits; }

 private:
  const MeshNetwork& network_;
  std::size_t next_ = 0;
};

}  // namespace

std::uint64_t MeshNetwork::events() const {
  std::uint64_t n = 0;
  for (const models::FrameEvents& frame : frames)
    for (const auto& layer : frame.of_layer) n += layer.size();
  return n;
}

std::vector<MeshNetwork> mesh_networks() {
  std::vector<MeshNetwork> networks;
  std::uint32_t seed = 10;
  for (const Made& m : made()) {
    MeshNetwork network;
    network.name = m.name;
    network.network = network_of(m.input, m.layers, ++seed);
    network.mapping = mapping_of(network.network, m.placed);
    ChangingFrames source(m.input, 5, seed + 20);
    models::ReferenceNetwork reference(network.network, network.rules, source);
    network.traits = reference.traits();
    models::FrameEvents frame;
    while (reference.next(frame)) network.frames.push_back(frame);
    for (const std::size_t build : {0u, 1u})
      for (const double stalls : {0.0, 0.6}) {
        MeshNetwork& n = networks.emplace_back(network);
        n.build = build;
        n.stalls = stalls;
        n.name += ", " + core_builds()[build].name + (stalls > 0 ? ", stalls at the output" : "");
      }
  }
  return networks;
}

hw::ChipParams mesh_chip(std::size_t build) {
  hw::ChipParams chip;
  chip.core = core_builds()[build].core;
  chip.noc.columns = chip.noc.rows = 2;
  chip.noc.router_queue_flits = 4;
  chip.core.pipeline_cycles = 2 + mesh_weight_lead;
  return chip;
}

MeshFrames run_mesh_machine(const MeshNetwork& network) {
  Recorded source(network);
  hw::MachineOptions options;
  options.check = true;
  options.rules = &network.rules;
  options.port_stall_probability = network.stalls;
  options.seed = mesh_stall_seed;
  const hw::MachineResult result =
      hw::simulate(network.network, network.mapping, mesh_chip(network.build), source, options);
  MeshFrames frames;
  for (const hw::FrameResult& frame : result.frames) frames.finished.push_back(frame.finished);
  for (const models::FrameEvents& frame : network.frames) frames.outputs.push_back(frame.outputs);
  return frames;
}

std::string MeshFrames::outputs_digest() const {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const auto& frame : outputs)
    for (const std::int64_t value : frame) hash = (hash ^ static_cast<std::uint64_t>(value)) * 0x100000001b3u;
  return fmt::format("{:016x}", hash);
}

}  // namespace deltasim::sim
