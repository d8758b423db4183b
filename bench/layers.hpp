#pragma once

#include "models/event.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <random>

/// Single-layer networks and made-up streams for the benchmarks.
namespace deltasim::bench {

/// Input -> 3x3 convolution (padding 1) -> raw output.
inline models::Network single_convolution(std::uint32_t channels_in, std::uint32_t channels_out, std::uint32_t size) {
  models::Network network;
  network.name = "single_convolution";
  models::Layer input;
  input.name = "input";
  input.output = {channels_in, size, size};
  models::Layer layer;
  layer.name = "conv";
  layer.output = {channels_out, size, size};
  layer.raw_output = true;
  layer.output_scale = {1.0};
  models::Branch branch;
  branch.name = "conv";
  branch.sources = {{0, {}}};
  branch.input = input.output;
  branch.window = {3, 3, 1, 1, 1, 1, 1, 1};
  branch.weights.resize(std::size_t{9} * channels_in * channels_out);
  std::mt19937 random(1);
  for (auto& w : branch.weights) w = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  branch.bias.assign(channels_out, 0);
  branch.weight_scale = {1.0};
  branch.multiplier = {1};
  layer.branches = {branch};
  network.layers = {input, layer};
  network.outputs = {{"out", {channels_out, size, size}, {{1, {}}}}};
  return network;
}

/// Frames in which every input fires with probability `density`: a key frame first, then changes.
class RandomStream final : public models::EventSource {
 public:
  RandomStream(const models::Network& network, double density, std::uint64_t frames)
      : shape_(network.layers[0].output), layers_(network.layers.size()), density_(density), frames_(frames) {
    traits_.absolute.assign(layers_, 0);
  }

  bool next(models::FrameEvents& out) override {
    if (frame_ == frames_) return false;
    out.frame = frame_;
    out.key = frame_ == 0;
    out.of_layer.resize(layers_);
    for (auto& events : out.of_layer) events.clear();
    std::mt19937_64 random(frame_ + 1);
    const auto limit = static_cast<std::uint64_t>(density_ * 1e6);
    for (std::uint32_t y = 0; y < shape_.height; ++y)
      for (std::uint32_t x = 0; x < shape_.width; ++x)
        for (std::uint32_t c = 0; c < shape_.channels; ++c)
          if (random() % 1000000 < limit)
            out.of_layer[0].push_back({c, static_cast<std::uint16_t>(y), static_cast<std::uint16_t>(x), 1});
    events += out.of_layer[0].size();
    ++frame_;
    return true;
  }
  const models::StreamTraits& traits() const override { return traits_; }

  std::uint64_t events = 0;

 private:
  models::Shape shape_;
  std::size_t layers_;
  double density_;
  std::uint64_t frames_, frame_ = 0;
  models::StreamTraits traits_;
};

}  // namespace deltasim::bench
