#pragma once

#include "hw/mapping.hpp"
#include "models/event.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <random>

/// Single-layer networks and made-up streams for the benchmarks.
namespace deltasim::bench {

/// Input -> 3x3 convolution (padding 1) -> sums over the map as the network's output.
inline models::Network single_convolution(std::uint32_t channels_in, std::uint32_t channels_out, std::uint32_t size) {
  models::Network network;
  network.name = "single_convolution";
  models::Layer input;
  input.name = "input";
  input.output = {channels_in, size, size};
  models::Layer layer;
  layer.name = "conv";
  layer.output = {channels_out, size, size};
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
  models::Layer sums;
  sums.name = "sums";
  sums.output = {channels_out, 1, 1};
  sums.raw_output = true;
  sums.output_scale = {1.0};
  models::Branch pool;
  pool.kind = models::BranchKind::average_pool;
  pool.name = "sums";
  pool.sources = {{1, {}}};
  pool.input = layer.output;
  pool.window = {size, size, 1, 1, 1, 1, 0, 0};
  pool.weight_scale = {1.0};
  pool.multiplier = {1};
  sums.branches = {pool};
  network.layers = {input, layer, sums};
  network.outputs = {{"out", {channels_out, 1, 1}, {{2, {}}}}};
  return network;
}

/// The convolution in bands of rows and parts of its channels, a core each, part by part; the sums' channels over the
/// same cores.
inline hw::Mapping bands_and_parts(const models::Network& network, std::uint32_t bands, std::uint32_t parts) {
  const models::Shape& shape = network.layers[1].output;
  hw::Mapping mapping;
  const std::uint32_t cores = bands * parts;
  for (std::uint32_t core = 0; core < cores; ++core) {
    const std::uint32_t band = core % bands, part = core / bands;
    hw::Slice slice;
    slice.layer = 1;
    slice.core = core;
    slice.channel_begin = part * shape.channels / parts;
    slice.channel_end = (part + 1) * shape.channels / parts;
    slice.y_begin = band * shape.height / bands;
    slice.y_end = (band + 1) * shape.height / bands;
    slice.x_end = shape.width;
    mapping.slices.push_back(slice);
  }
  for (std::uint32_t core = 0; core < cores; ++core) {
    hw::Slice slice;
    slice.layer = 2;
    slice.core = core;
    slice.channel_begin = core * shape.channels / cores;
    slice.channel_end = (core + 1) * shape.channels / cores;
    slice.y_end = slice.x_end = 1;
    mapping.slices.push_back(slice);
  }
  return mapping;
}

/// Frames in which every neuron that sends fires with probability `density`: a key frame first, then changes. Only for
/// runs without `check`: nobody computed these events.
class RandomStream final : public models::EventSource {
 public:
  RandomStream(const models::Network& network, double density, std::uint64_t frames)
      : network_(network), limit_(static_cast<std::uint64_t>(density * 1e6)), frames_(frames) {
    traits_.absolute.assign(network.layers.size(), 0);
  }

  bool next(models::FrameEvents& out) override {
    if (frame_ == frames_) return false;
    out.frame = frame_;
    out.key = frame_ == 0;
    out.of_layer.resize(network_.layers.size());
    std::mt19937_64 random(++frame_);
    for (std::size_t l = 0; l < out.of_layer.size(); ++l) {
      out.of_layer[l].clear();
      if (!network_.layers[l].raw_output) draw(network_.layers[l].output, random, out.of_layer[l]);
    }
    return true;
  }
  const models::StreamTraits& traits() const override { return traits_; }

 private:
  void draw(const models::Shape& shape, std::mt19937_64& random, std::vector<models::DeltaEvent>& events) const {
    for (std::uint32_t y = 0; y < shape.height; ++y)
      for (std::uint32_t x = 0; x < shape.width; ++x)
        for (std::uint32_t c = 0; c < shape.channels; ++c)
          if (random() % 1000000 < limit_)
            events.push_back({c, static_cast<std::uint16_t>(y), static_cast<std::uint16_t>(x), 1});
  }

  const models::Network& network_;
  std::uint64_t limit_, frames_, frame_ = 0;
  models::StreamTraits traits_;
};

/// Frames kept ready, so that making them up is no part of what is timed.
class StoredStream final : public models::EventSource {
 public:
  explicit StoredStream(models::EventSource& source) : traits_(source.traits()) {
    for (models::FrameEvents frame; source.next(frame);) frames_.push_back(frame);
  }
  void rewind() { next_ = 0; }
  bool next(models::FrameEvents& out) override {
    if (next_ == frames_.size()) return false;
    out = frames_[next_++];
    return true;
  }
  const models::StreamTraits& traits() const override { return traits_; }

 private:
  models::StreamTraits traits_;
  std::vector<models::FrameEvents> frames_;
  std::size_t next_ = 0;
};

}  // namespace deltasim::bench
