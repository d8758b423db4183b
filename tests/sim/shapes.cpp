#include "tests/sim/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace deltasim::test {

Shapes::Shapes(std::uint32_t channels, std::uint32_t height, std::uint32_t width) {
  network.name = "shapes";
  models::Layer input;
  input.name = "input";
  input.output = {channels, height, width};
  network.layers.push_back(input);
}

models::Branch Shapes::window(models::BranchKind kind, std::uint32_t kernel, std::uint32_t stride) const {
  models::Branch b;
  b.kind = kind;
  b.sources = {{last(), {}}};
  b.input = shape();
  b.window.kernel_h = std::min(kernel, b.input.height);
  b.window.kernel_w = std::min(kernel, b.input.width);
  b.window.stride_h = b.window.stride_w = stride;
  b.window.pad_top = static_cast<std::int32_t>((b.window.kernel_h - 1) / 2);
  b.window.pad_left = static_cast<std::int32_t>((b.window.kernel_w - 1) / 2);
  return b;
}

Shapes& Shapes::dense(std::uint32_t features) {
  auto b = window(models::BranchKind::convolution, 1, 1);
  b.window = {};
  b.window.kernel_h = b.input.height;
  b.window.kernel_w = b.input.width;
  add({b}, features, 1);
  network.layers.back().output.height = network.layers.back().output.width = 1;
  return *this;
}

Shapes& Shapes::add(std::vector<models::Branch> branches, std::uint32_t channels, std::uint32_t stride) {
  models::Layer layer;
  layer.name = fmt::format("layer{}", network.layers.size());
  const auto in = shape();
  layer.output = {channels, (in.height + stride - 1) / stride, (in.width + stride - 1) / stride};
  layer.branches = std::move(branches);
  network.layers.push_back(std::move(layer));
  return *this;
}

models::Network random_network(std::mt19937& random) {
  const auto pick = [&](std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
  };
  Shapes s(pick(1, 4), pick(1, 40), pick(1, 40));
  const std::uint32_t layers = pick(1, 14);
  for (std::uint32_t i = 0; i < layers; ++i) {
    switch (pick(0, 6)) {
      case 0:
        s.depthwise(pick(1, 2));
        break;
      case 1:
        s.pool(models::BranchKind::max_pool);
        break;
      case 2:
        s.pool(models::BranchKind::average_pool);
        break;
      case 3:
        s.residual();
        break;
      case 4:
        s.convolution(pick(1, 90), 1, 1);
        break;
      default:
        s.convolution(pick(1, 60), pick(1, 5), pick(1, 2));
        break;
    }
  }
  if (pick(0, 1) == 1) s.dense(pick(1, 50));
  s.network.layers.back().raw_output = true;
  return s.network;
}

models::Network mobile_network() {
  Shapes s(3, 96, 96);
  s.convolution(8, 3, 2);
  for (const auto& [channels, stride] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
           {16, 1}, {32, 2}, {32, 1}, {64, 2}, {64, 1}, {128, 2}, {128, 1}, {128, 1}, {128, 1}, {256, 2}, {256, 1}}) {
    s.depthwise(stride);
    s.convolution(channels, 1, 1);
  }
  s.pool(models::BranchKind::average_pool).dense(10);
  s.network.layers.back().raw_output = true;
  return s.network;
}

}  // namespace deltasim::test
