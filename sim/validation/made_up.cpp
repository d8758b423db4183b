#include "sim/validation/made_up.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace deltasim::sim {
namespace {

using models::DeltaEvent;

DeltaEvent event_at(const models::Shape& shape, std::uint64_t pixel, std::uint32_t channel) {
  return {channel, static_cast<std::uint16_t>(pixel / shape.width), static_cast<std::uint16_t>(pixel % shape.width), 1};
}

void sort(std::vector<DeltaEvent>& events) {
  std::sort(events.begin(), events.end(), [](const DeltaEvent& a, const DeltaEvent& b) {
    return std::tie(a.y, a.x, a.channel) < std::tie(b.y, b.x, b.channel);
  });
}

/// The first `count` of 0 .. total - 1 in random order.
std::vector<std::uint32_t> draw(std::uint32_t total, std::uint64_t count, Dice& dice) {
  std::vector<std::uint32_t> all(total);
  std::iota(all.begin(), all.end(), 0u);
  for (std::size_t i = 0; i < count; ++i) std::swap(all[i], all[i + dice.below(total - i)]);
  all.resize(count);
  return all;
}

}  // namespace

models::Branch made_up_convolution(const std::string& name, const std::vector<models::Source>& producers,
                                   models::Shape input, std::uint32_t channels_out, std::uint32_t kernel) {
  models::Branch branch;
  branch.name = name;
  branch.sources = producers;
  branch.input = input;
  branch.window.kernel_h = branch.window.kernel_w = kernel;
  branch.window.pad_top = branch.window.pad_left = static_cast<std::int32_t>(kernel / 2);
  branch.weights.assign(std::size_t{kernel} * kernel * input.channels * channels_out, 1);
  branch.bias.assign(channels_out, 0);
  branch.weight_scale = {1.0};
  branch.multiplier = {1};
  return branch;
}

models::Layer made_up_layer(const std::string& name, models::Shape output, std::vector<models::Branch> branches) {
  models::Layer layer;
  layer.name = name;
  layer.output = output;
  layer.branches = std::move(branches);
  return layer;
}

void end_with_sum(models::Network& network) {
  const auto last = static_cast<models::LayerId>(network.layers.size() - 1);
  const models::Shape input = network.layers[last].output;
  models::Branch branch;
  branch.kind = models::BranchKind::average_pool;
  branch.name = "end";
  branch.sources = {{last, {}}};
  branch.input = input;
  branch.window.kernel_h = input.height;
  branch.window.kernel_w = input.width;
  branch.weight_scale = {1.0};
  branch.multiplier = {1};
  models::Layer layer = made_up_layer("end", {input.channels, 1, 1}, {branch});
  layer.raw_output = true;
  layer.output_scale = {1.0};
  network.layers.push_back(layer);
  network.outputs = {{"end", {input.channels, 1, 1}, {{last + 1, {}}}}};
}

hw::Slice on_core(const models::Network& network, models::LayerId layer, std::uint32_t core) {
  const models::Shape& shape = network.layers[layer].output;
  return {layer, core, 0, shape.channels, 0, shape.height, 0, shape.width};
}

std::vector<DeltaEvent> scattered(const models::Shape& shape, std::uint64_t events, Dice& dice) {
  std::vector<DeltaEvent> list;
  for (std::uint64_t i = 0; i < events; ++i) {
    const std::uint64_t pixel = dice.below(shape.pixels());
    list.push_back(event_at(shape, pixel, static_cast<std::uint32_t>(dice.below(shape.channels))));
  }
  sort(list);
  return list;
}

std::vector<DeltaEvent> in_pixels(const models::Shape& shape, double pixel_density, std::uint64_t events, Dice& dice) {
  const auto all = static_cast<std::uint32_t>(shape.pixels());
  const auto active = static_cast<std::uint64_t>(std::llround(pixel_density * all));
  std::vector<DeltaEvent> list;
  std::uint64_t left = std::clamp<std::uint64_t>(events, active, active * shape.channels), pixels = active;
  for (const std::uint32_t pixel : draw(all, active, dice)) {
    const std::uint64_t share = left / pixels + (dice.below(pixels) < left % pixels ? 1 : 0);
    for (const std::uint32_t channel : draw(shape.channels, share, dice))
      list.push_back(event_at(shape, pixel, channel));
    left -= share;
    --pixels;
  }
  sort(list);
  return list;
}

MadeUpStream::MadeUpStream(const models::Network& network, std::uint64_t frames, Draw draw, bool absolute)
    : network_(network), frames_(frames), draw_(std::move(draw)) {
  traits_.absolute.assign(network.layers.size(), absolute ? 1 : 0);
}

bool MadeUpStream::next(models::FrameEvents& out) {
  if (frame_ == frames_) return false;
  out.frame = frame_;
  out.key = frame_ == 0;
  out.of_layer.resize(network_.layers.size());
  for (models::LayerId l = 0; l < out.of_layer.size(); ++l)
    out.of_layer[l] = network_.layers[l].raw_output ? std::vector<DeltaEvent>() : draw_(l, frame_);
  ++frame_;
  return true;
}

}  // namespace deltasim::sim
