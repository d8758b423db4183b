#include "sim/validation/thought_experiment.hpp"

#include "sim/validation/dram_traffic.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::sim {
namespace {

constexpr const char* paper =
    "Yousefzadeh & Sifalakis, Training for temporal sparsity in deep neural networks, arXiv 2107.07305 (ResNet-50 on "
    "UCF101)";
constexpr std::uint64_t published_weights = 23'000'000;  ///< "23 MB at 8 bit", as printed
constexpr std::uint64_t published_neurons = 9'233'408;

class ResNet {
 public:
  std::vector<LayerSize> build() {
    layers_.push_back({"input", false, 0, 0, 0, std::uint64_t{3} * 224 * 224, std::uint64_t{3} * 224 * 224, 3});
    add("conv1", 3, 64, 7, 224, 2, true);
    std::uint32_t channels = 64, size = 56;  // after the max pool
    const std::uint32_t widths[] = {64, 128, 256, 512}, blocks[] = {3, 4, 6, 3};
    for (std::uint32_t stage = 0; stage < 4; ++stage)
      for (std::uint32_t block = 0; block < blocks[stage]; ++block) {
        const std::uint32_t stride = stage > 0 && block == 0 ? 2 : 1, width = widths[stage];
        const std::string name = fmt::format("stage{}_block{}_", stage + 1, block + 1);
        if (block == 0) add(name + "projection", channels, 4 * width, 1, size, stride, false);
        add(name + "reduce", channels, width, 1, size, stride, true);
        size /= stride;
        add(name + "middle", width, width, 3, size, 1, true);
        add(name + "expand", width, 4 * width, 1, size, 1, true);  // deltas after the residual addition and its ReLU
        channels = 4 * width;
      }
    dense("hidden", channels, 1024, true);
    dense("classes", 1024, 101, false);
    return std::move(layers_);
  }

 private:
  void add(const std::string& name, std::uint64_t in, std::uint64_t out, std::uint64_t kernel, std::uint64_t size,
           std::uint64_t stride, bool sends) {
    const std::uint64_t pixels = (size / stride) * (size / stride), weights = in * out * kernel * kernel;
    layers_.push_back({name, true, weights, weights * pixels, in * size * size, out * pixels, sends ? out * pixels : 0,
                       sends ? out : 0});
  }
  void dense(const std::string& name, std::uint64_t in, std::uint64_t out, bool sends) {
    layers_.push_back({name, false, in * out, in * out, in, out, sends ? out : 0, sends ? out : 0});
  }

  std::vector<LayerSize> layers_;
};

double mega(double n) { return n * 1e-6; }

/// Half a unit of the last printed digit.
double printed(double value, double last_digit) { return 0.5 * last_digit / value; }

void add_sizes(std::vector<Comparison>& rows, const std::vector<LayerSize>& layers) {
  std::uint64_t neurons = 0, channels = 0, macs = 0;
  for (const LayerSize& l : layers) {
    neurons += l.delta_neurons;
    channels += l.delta_channels;
    macs += l.macs;
  }
  rows.push_back({"ResNet-50, delta neurons", "DAL-mem", paper, "", 9233408, static_cast<double>(neurons), 0});
  rows.push_back({"ResNet-50, channel thresholds", "DAL-mem", paper, "", 23747, static_cast<double>(channels), 0});
  rows.push_back({"ResNet-50, dense MACs of a frame", "DAL-mem", paper, "M", 3858.1, mega(static_cast<double>(macs)),
                  printed(3858.1, 0.1)});
}

void add_memory(std::vector<Comparison>& rows, const Holding& held) {
  const char* weights = "weights of the convolutions (23.45 M; the paper prints 23 MB)";
  rows.push_back({"ResNet-50, memory of normal inference", "DAL-mem", paper, "MB", 25, mega(held.normal_bytes()), 0.02,
                  Basis::independent, fmt::format("{}, and the largest input and output map", weights)});
  rows.push_back({"ResNet-50, memory with all delta layers", "DAL-mem", paper, "MB", 41.4, mega(held.delta_bytes()),
                  0.02, Basis::independent, fmt::format("{}, and a 16-bit state per delta neuron", weights)});
}

void add_traffic(std::vector<Comparison>& rows, const Holding& held) {
  Holding as_printed = held;
  as_printed.weights = published_weights;
  as_printed.states = published_neurons;
  const auto row = [&](const char* what, const char* note, double expected, double got, double tolerance) {
    rows.push_back({what, "DAL-ext", paper, "x", expected, got, tolerance, Basis::independent, note});
  };
  row("external traffic per MAC without reuse, delta / normal",
      "weight, state read, state write, against the weight alone", 3.0, external_traffic(held, hw::Reuse::none).words,
      0);
  const char* totals = "from the totals that the paper prints: 23 MB of weights, 9 233 408 neurons";
  const Ratio once = external_traffic(as_printed, hw::Reuse::frame);
  row("external words streamed once per frame, delta / normal", totals, 1.80, once.words, printed(1.80, 0.01));
  row("external bytes streamed once per frame, delta / normal", totals, 2.61, once.bytes, printed(2.61, 0.01));
  const char* shapes = "from the network's shapes, 23.45 M weights of convolutions: the printed 23 MB is rounded down";
  const Ratio exact = external_traffic(held, hw::Reuse::frame);
  row("the same words, weights counted from the shapes", shapes, 1.80, exact.words, 0.02);
  row("the same bytes, weights counted from the shapes", shapes, 2.61, exact.bytes, 0.02);
}

/// The same with counts of the machine, which also reads sums and references when it evaluates.
void add_machine(std::vector<Comparison>& rows) {
  const auto ratio = [](hw::Reuse reuse) {
    return static_cast<double>(dram_words_of_machine(reuse, true).sum()) /
           static_cast<double>(dram_words_of_machine(reuse, false).sum());
  };
  constexpr double weights = 9.0 * 64 * 64 + 4 * 64, states = 2.0 * 64 * 64;
  rows.push_back({"the machine, a 3x3 layer 64 -> 64 in DRAM, every access, delta / dense", "DAL-ext", paper, "x", 3.0,
                  ratio(hw::Reuse::none), 0.005, Basis::independent,
                  "the machine's evaluation reads a sum and a reference per neuron besides"});
  rows.push_back({"the machine, the same layer, each word once per frame, delta / dense", "DAL-ext",
                  "(W + 2 S) / W: 37 120 words of weights and biases, 8192 of sums and references", "x",
                  (weights + 2 * states) / weights, ratio(hw::Reuse::frame), 0});
}

}  // namespace

std::vector<LayerSize> resnet50_delta() { return ResNet().build(); }

Holding holding_of(const std::vector<LayerSize>& layers, bool convolutions_only) {
  Holding held;
  for (const LayerSize& l : layers) {
    if (l.convolution || !convolutions_only) held.weights += l.weights;
    held.states += l.delta_neurons;
    held.macs += l.macs;
    if (l.weights > 0) held.largest_maps = std::max(held.largest_maps, l.inputs + l.outputs);
  }
  return held;
}

Ratio external_traffic(const Holding& h, hw::Reuse reuse) {
  constexpr double state_bytes = 2;
  const auto bytes = [](const hw::DramWords& w) {
    return static_cast<double>(w.weights) + state_bytes * static_cast<double>(w.state_read + w.state_written);
  };
  const hw::DramWords normal = hw::dram_words(reuse, h.weights, 0, h.macs);
  const hw::DramWords delta = hw::dram_words(reuse, h.weights, h.states, h.macs);
  return {static_cast<double>(delta.sum()) / static_cast<double>(normal.sum()), bytes(delta) / bytes(normal)};
}

std::vector<Comparison> delta_memory() {
  const auto layers = resnet50_delta();
  std::vector<Comparison> rows;
  add_sizes(rows, layers);
  const Holding held = holding_of(layers, true);
  add_memory(rows, held);
  add_traffic(rows, held);
  add_machine(rows);
  return rows;
}

}  // namespace deltasim::sim
