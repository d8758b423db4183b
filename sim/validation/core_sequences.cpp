#include "sim/validation/core_sequences.hpp"

#include "models/frame.hpp"
#include "models/reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace deltasim::sim {
namespace {

using Random = std::mt19937;

/// Standard distributions differ between libraries: recorded sequences must not.
std::uint32_t below(Random& random, std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); }

struct Geometry {
  std::uint32_t kernel_h, kernel_w, stride_h, stride_w, dilation;
  std::int32_t pad_top, pad_left;
  char groups;                 ///< 1: one, d: depthwise, f: fully connected, the window is the whole input
  std::int32_t pad_after = 0;  ///< more padding below and on the right
};

/// The convolutions and dense layers of the networks that the project is tried on.
constexpr Geometry geometries[] = {
    {1, 1, 1, 1, 1, 0, 0, '1'},    {1, 1, 2, 2, 1, 0, 0, '1'},  {3, 1, 1, 1, 1, 0, 0, 'd'},
    {3, 3, 1, 1, 1, 0, 0, '1'},    {3, 3, 1, 1, 1, 1, 1, '1'},  {3, 3, 1, 1, 1, 1, 1, 'd'},
    {3, 3, 1, 1, 2, 2, 2, '1'},    {3, 3, 1, 1, 3, 3, 3, '1'},  {3, 3, 1, 1, 5, 5, 5, '1'},
    {3, 3, 2, 1, 1, 1, 0, '1'},    {3, 3, 2, 2, 1, 0, 0, '1'},  {3, 3, 2, 2, 1, 0, 0, 'd'},
    {3, 3, 2, 2, 1, 1, 1, '1'},    {3, 3, 2, 2, 1, 1, 1, 'd'},  {3, 3, 2, 2, 1, 0, 0, '1', 1},
    {3, 3, 2, 2, 1, 0, 0, 'd', 1}, {5, 1, 1, 1, 1, 0, 0, 'd'},  {5, 5, 1, 1, 1, 0, 0, '1'},
    {5, 5, 1, 1, 1, 2, 2, '1'},    {5, 5, 1, 1, 1, 2, 2, 'd'},  {5, 5, 2, 2, 1, 0, 0, '1'},
    {7, 7, 1, 1, 1, 0, 0, '1'},    {7, 7, 2, 2, 1, 3, 3, '1'},  {9, 9, 1, 1, 1, 4, 4, 'd'},
    {10, 1, 1, 1, 1, 0, 0, 'd'},   {15, 1, 1, 1, 1, 0, 0, 'd'}, {6, 5, 1, 1, 1, 0, 0, 'f'},
};

models::Window window_of(const Geometry& g) {
  models::Window w;
  w.kernel_h = g.kernel_h;
  w.kernel_w = g.kernel_w;
  w.stride_h = g.stride_h;
  w.stride_w = g.stride_w;
  w.dilation_h = w.dilation_w = g.dilation;
  w.pad_top = g.pad_top;
  w.pad_left = g.pad_left;
  return w;
}

/// `pad`: on both sides together.
std::uint32_t outputs_along(std::uint32_t inputs, std::uint32_t kernel, std::uint32_t stride, std::uint32_t dilation,
                            std::int32_t pad) {
  return (inputs + static_cast<std::uint32_t>(pad) - dilation * (kernel - 1) - 1) / stride + 1;
}

/// Frames whose differences make the events of a pattern.
class PatternFrames final : public models::FrameSource {
 public:
  explicit PatternFrames(const CoreSequence& sequence)
      : sequence_(sequence), random_(sequence.seed), values_(sequence.input.size()) {}

  bool next(models::Frame& out) override {
    if (frame_ == sequence_.frames) return false;
    for (std::size_t pixel = 0; pixel < sequence_.input.pixels(); ++pixel)
      for (std::size_t c = 0; c < sequence_.input.channels; ++c)
        if (changes(pixel)) values_[c * sequence_.input.pixels() + pixel] = static_cast<float>(below(random_, 256));
    ++frame_;
    out.values = values_;
    return true;
  }
  void rewind() override {}
  models::Shape shape() const override { return sequence_.input; }
  double frame_rate() const override { return 30.0; }

 private:
  bool changes(std::size_t pixel) {
    const std::size_t pixels = sequence_.input.pixels();
    switch (sequence_.pattern) {
      case EventPattern::dense:
        return true;
      case EventPattern::single_pixel:
        return pixel == (sequence_.seed * 7 + frame_ * 13) % pixels;
      case EventPattern::bursty:  // a band of rows
        return (pixel * 4 / pixels) == frame_ % 4 && below(random_, 4) != 0;
      default:
        return below(random_, 8) == 0;
    }
  }

  const CoreSequence& sequence_;
  Random random_;
  std::vector<float> values_;
  std::uint32_t frame_ = 0;
};

models::Layer layer_of(const std::string& name, models::LayerId producer, const models::Shape& input,
                       const models::Shape& output, const models::Window& window, std::uint32_t groups) {
  models::Layer layer;
  layer.name = name;
  layer.output = output;
  models::Branch& branch = layer.branches.emplace_back();
  branch.name = name;
  branch.sources.push_back({producer, {}});
  branch.input = input;
  branch.window = window;
  branch.groups = groups;
  branch.weight_scale = {1.0};
  return layer;
}

models::Network network_of(const CoreSequence& s) {
  const models::Window& w = s.window;
  const models::Shape output{
      s.outputs, outputs_along(s.input.height, w.kernel_h, w.stride_h, w.dilation_h, 2 * w.pad_top + s.pad_after),
      outputs_along(s.input.width, w.kernel_w, w.stride_w, w.dilation_w, 2 * w.pad_left + s.pad_after)};
  Random random(s.seed * 1000003u);
  models::Network network;
  network.name = s.name;
  models::Layer& input = network.layers.emplace_back();
  input.name = "input";
  input.output = s.input;
  network.input.frames_are_codes = true;

  models::Layer layer = layer_of("layer", 0, s.input, output, w, s.groups);
  models::Branch& branch = layer.branches.front();
  const std::size_t taps = std::size_t{w.kernel_h} * w.kernel_w * (s.input.channels / s.groups);
  for (std::size_t i = 0; i < taps * s.outputs; ++i)
    branch.weights.push_back(static_cast<std::int8_t>(static_cast<int>(below(random, 255)) - 127));
  for (std::uint32_t c = 0; c < s.outputs; ++c) {
    branch.bias.push_back(static_cast<std::int32_t>(below(random, 4001)) - 2000);
    branch.multiplier.push_back(static_cast<std::int64_t>(1 + below(random, (1u << 24) / 40)));
  }
  network.layers.push_back(std::move(layer));

  models::Layer reader = layer_of("reader", 1, output, {1, output.height, output.width}, {}, 1);
  reader.branches.front().weights.assign(s.outputs, std::int8_t{1});
  reader.raw_output = true;
  reader.output_scale = {1.0};
  models::Output& out = network.outputs.emplace_back();
  out.name = "output";
  out.dims = {1, output.height, output.width};
  out.sources.push_back({2, {}});
  network.layers.push_back(std::move(reader));
  return network;
}

hw::CoreParams base_core() {
  hw::CoreParams core;
  core.weight_memory = {1 << 16, 2, 64, 1};
  core.state_memory = {1 << 17, 8, 64, 2};
  return core;
}

void add_geometries(std::vector<CoreSequence>& sequences) {
  std::uint32_t seed = 0;
  for (std::size_t build = 0; build < core_builds().size(); ++build)
    for (const Geometry& g : geometries) {
      CoreSequence s;
      s.window = window_of(g);
      s.build = build;
      s.pattern = static_cast<EventPattern>(++seed % 4);
      const bool wide = g.kernel_w > 1 || g.kernel_h == 1;
      s.input = {g.groups == 'd' ? 5u + seed % 4 : 2u + seed % 3, wide ? 11u : 17u, wide ? 9u : 1u};
      if (g.groups == 'f') s.input = {8, g.kernel_h, g.kernel_w};
      s.pad_after = g.pad_after;
      s.groups = g.groups == 'd' ? s.input.channels : 1;
      s.outputs = g.groups == 'd' ? s.input.channels : 5 + 7 * (seed % 3);
      s.seed = seed;
      s.name =
          fmt::format("{} {}x{} stride {}x{} dilation {} padding {}x{}+{} {}", core_builds()[build].name, g.kernel_h,
                      g.kernel_w, g.stride_h, g.stride_w, g.dilation, g.pad_top, g.pad_left, g.pad_after,
                      g.groups == 'd'   ? "depthwise"
                      : g.groups == 'f' ? "dense"
                                        : "full");
      sequences.push_back(std::move(s));
    }
}

/// One 3 x 3 layer under every pattern, evaluation and stall.
void add_patterns(std::vector<CoreSequence>& sequences) {
  constexpr const char* names[] = {"random", "bursty", "dense", "single pixel"};
  std::uint32_t seed = 500;
  for (std::size_t build = 0; build < core_builds().size(); ++build)
    for (std::size_t pattern = 0; pattern < 4; ++pattern)
      for (const double stalls : {0.0, 0.5}) {
        CoreSequence s;
        s.window = window_of({3, 3, 1, 1, 1, 1, 1, '1'});
        s.build = build;
        s.pattern = static_cast<EventPattern>(pattern);
        s.input = {3, 8, 8};
        s.outputs = 10 + static_cast<std::uint32_t>(pattern) * 3;
        s.evaluate = ++seed % 3 == 0 ? hw::Evaluate::all : hw::Evaluate::touched;
        s.frames = 4;
        s.key_frame_period = pattern == 0 ? 2 : 0;
        s.stalls = stalls;
        s.seed = seed;
        s.name = fmt::format("{} {}{}{}", core_builds()[build].name, names[pattern],
                             s.evaluate == hw::Evaluate::all ? ", all evaluated" : "",
                             stalls > 0 ? ", stalls at the output" : "");
        sequences.push_back(std::move(s));
      }
}

}  // namespace

const std::vector<CoreBuild>& core_builds() {
  static const std::vector<CoreBuild> builds = [] {
    std::vector<CoreBuild> b;
    b.push_back({"16 lanes", base_core()});
    hw::CoreParams narrow = base_core();  // one port, few banks, narrow words: conflicts everywhere
    narrow.lanes = 4;
    narrow.weight_memory = {1 << 16, 1, 32, 1};
    narrow.state_memory = {1 << 16, 2, 32, 1};
    narrow.evaluate_lanes = 2;
    narrow.flag_word_bits = 16;
    narrow.output_queue_flits = 8;
    b.push_back({"4 lanes", narrow});
    hw::CoreParams odd = base_core();  // numbers that are no powers of two
    odd.lanes = 7;
    odd.weight_memory = {1 << 16, 3, 16, 2};
    odd.state_memory = {3 << 15, 3, 128, 1};
    odd.evaluate_lanes = 3;
    odd.flag_word_bits = 48;
    odd.input_queue_flits = 5;
    odd.output_queue_flits = 3;
    b.push_back({"7 lanes", odd});
    return b;
  }();
  return builds;
}

std::vector<CoreSequence> core_sequences() {
  std::vector<CoreSequence> sequences;
  add_geometries(sequences);
  add_patterns(sequences);
  return sequences;
}

std::uint64_t CoreWorkload::events() const {
  std::uint64_t n = 0;
  for (const models::FrameEvents& frame : frames) n += frame.of_layer[0].size();
  return n;
}

CoreWorkload core_workload(const CoreSequence& sequence) {
  CoreWorkload workload;
  workload.network = network_of(sequence);
  workload.weight_lead = weight_lead(sequence, workload.network.layers[1].output);
  workload.rules.key_frame_period = sequence.key_frame_period;
  PatternFrames frames(sequence);
  models::ReferenceNetwork reference(workload.network, workload.rules, frames);
  workload.traits = reference.traits();
  models::FrameEvents frame;
  while (reference.next(frame)) workload.frames.push_back(frame);
  return workload;
}

}  // namespace deltasim::sim
