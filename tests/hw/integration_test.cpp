#include "hw/integration.hpp"

#include "hw/plan.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace deltasim;
using models::BranchKind;

namespace {

hw::CoreParams wide_core() {
  hw::CoreParams core;
  core.lanes = 16;
  core.weight_memory = {1 << 20, 64, 64, 4};
  core.state_memory = {1 << 20, 64, 64, 4};
  return core;
}

models::Layer convolution(models::Shape in, models::Shape out, std::uint32_t kernel, std::uint32_t groups = 1,
                          std::uint32_t stride = 1, std::int32_t pad = 0, std::uint32_t dilation = 1) {
  models::Window w;
  w.kernel_h = w.kernel_w = kernel;
  w.stride_h = w.stride_w = stride;
  w.dilation_h = w.dilation_w = dilation;
  w.pad_top = w.pad_left = pad;
  return test::convolution_layer("c", 0, in, out, w, groups);
}

hw::EventCost cost_of(const models::Layer& layer, const hw::CoreParams& core, const models::Position& at) {
  hw::Integration integration(layer.branches[0], layer.output, models::whole(layer.output), core);
  REQUIRE(integration.contains(at));
  return integration.cost(at);
}

/// The cost from absolute addresses, item by item, without patterns or phases.
hw::EventCost expected(const models::Layer& layer, const models::OutputBox& box, const hw::CoreParams& core,
                       const models::Position& at) {
  const models::Branch& b = layer.branches[0];
  const bool weighted = b.kind == BranchKind::convolution, pool = b.kind == BranchKind::average_pool;
  const std::uint32_t in_group = weighted ? b.input.channels / b.groups : 1;
  const std::uint32_t out_group = weighted ? layer.output.channels / b.groups : 1;
  struct Item {
    std::uint64_t weight, state;
  };
  std::vector<Item> items;
  const std::uint64_t channels = box.channels(), width = box.x_end - box.x_begin;
  const std::uint32_t bits = weighted || pool ? core.accumulator_bits : core.reference_bits;
  const auto push = [&](std::uint64_t tap, std::uint64_t pixel, std::uint64_t channel) {
    items.push_back(
        {((tap * in_group + at.channel % in_group) * channels + channel) * 8, (pixel * channels + channel) * bits});
  };
  if (!weighted && !pool) {
    const auto field = hw::receptive_field(b, layer.output, box);
    push(0, (at.y - field.y_begin) * (field.x_end - field.x_begin) + (at.x - field.x_begin),
         at.channel - box.channel_begin);
  } else {
    for (std::uint32_t ky = 0; ky < b.window.kernel_h; ++ky)
      for (std::uint32_t kx = 0; kx < b.window.kernel_w; ++kx)
        for (std::uint32_t c = 0; c < layer.output.channels; ++c) {
          const std::int64_t y = std::int64_t{at.y} + b.window.pad_top - ky * b.window.dilation_h;
          const std::int64_t x = std::int64_t{at.x} + b.window.pad_left - kx * b.window.dilation_w;
          if (y < 0 || x < 0 || y % b.window.stride_h || x % b.window.stride_w) continue;
          const std::int64_t oy = y / b.window.stride_h, ox = x / b.window.stride_w;
          if (oy < box.y_begin || oy >= box.y_end || ox < box.x_begin || ox >= box.x_end) continue;
          if (c / out_group != at.channel / in_group || c < box.channel_begin || c >= box.channel_end) continue;
          push(ky * b.window.kernel_w + kx, (oy - box.y_begin) * width + (ox - box.x_begin), c - box.channel_begin);
        }
  }
  hw::EventCost cost;
  for (std::size_t first = 0; first < items.size(); first += core.lanes) {
    std::set<std::uint64_t> weights, states;
    for (std::size_t i = first; i < std::min<std::size_t>(first + core.lanes, items.size()); ++i) {
      if (weighted) weights.insert(items[i].weight / core.weight_memory.word_bits);
      for (std::uint64_t bit = 0; bit < bits; ++bit)
        states.insert((items[i].state + bit) / core.state_memory.word_bits);
    }
    const auto longest = [](const std::set<std::uint64_t>& words, const hw::MemoryParams& m, std::uint32_t times) {
      std::map<std::uint64_t, std::uint32_t> in_bank;
      std::uint32_t most = 0;
      for (const auto w : words) most = std::max(most, in_bank[w % m.banks] += times);
      return (most + m.ports - 1) / m.ports;
    };
    const std::uint32_t w = longest(weights, core.weight_memory, 1), s = longest(states, core.state_memory, 2);
    const std::uint32_t cycles = std::max({1u, w, s});
    cost.cycles += cycles;
    cost.busy += 1;
    (w > s ? cost.weight_conflict : cost.state_conflict) += cycles - 1;
    cost.weight_words += static_cast<std::uint32_t>(weights.size());
    cost.state_words += static_cast<std::uint32_t>(states.size());
  }
  cost.items = static_cast<std::uint32_t>(items.size());
  return cost;
}

bool same(const hw::EventCost& a, const hw::EventCost& b) {
  return a.cycles == b.cycles && a.busy == b.busy && a.weight_conflict == b.weight_conflict &&
         a.state_conflict == b.state_conflict && a.weight_words == b.weight_words && a.state_words == b.state_words &&
         a.items == b.items;
}

}  // namespace

TEST_CASE("without conflicts an event takes ceil(taps x channels / lanes) cycles") {
  const auto core = wide_core();
  for (const std::uint32_t channels : {1u, 15u, 16u, 17u, 64u}) {
    const auto layer = convolution({3, 9, 9}, {channels, 9, 9}, 3, 1, 1, 1);
    const auto middle = cost_of(layer, core, {1, 4, 4});
    CHECK(middle.items == 9 * channels);
    CHECK(middle.cycles == (9 * channels + 15) / 16);
    CHECK(middle.busy == middle.cycles);
    const auto corner = cost_of(layer, core, {1, 0, 0});
    CHECK(corner.items == 4 * channels);
    CHECK(corner.cycles == (4 * channels + 15) / 16);
  }
}

TEST_CASE("lanes n and n + 1: the last item costs a step of its own") {
  auto core = wide_core();
  const auto layer = convolution({1, 1, 1}, {17, 1, 1}, 1);
  core.lanes = 17;
  CHECK(cost_of(layer, core, {0, 0, 0}).cycles == 1);
  core.lanes = 16;
  CHECK(cost_of(layer, core, {0, 0, 0}).cycles == 2);
}

TEST_CASE("weight words beyond banks x ports wait, and are named as the cause") {
  auto core = wide_core();
  const auto layer = convolution({1, 1, 1}, {16, 1, 1}, 1);  // 16 weights of 8 bits: two words of 64
  core.weight_memory = {1 << 20, 2, 64, 1};
  CHECK(cost_of(layer, core, {0, 0, 0}).cycles == 1);
  core.weight_memory = {1 << 20, 1, 64, 1};
  CHECK(cost_of(layer, core, {0, 0, 0}).cycles == 2);
  CHECK(cost_of(layer, core, {0, 0, 0}).weight_conflict == 1);
  core.weight_memory = {1 << 20, 1, 64, 2};
  CHECK(cost_of(layer, core, {0, 0, 0}).cycles == 1);
  core.weight_memory = {1 << 20, 1, 128, 1};
  CHECK(cost_of(layer, core, {0, 0, 0}).cycles == 1);
}

TEST_CASE("state words are read and written: 16 accumulators of 32 bits are 8 words and 16 accesses") {
  auto core = wide_core();
  const auto layer = convolution({1, 1, 1}, {16, 1, 1}, 1);
  for (const auto& [banks, ports, cycles] :
       {std::tuple{8u, 2u, 1u}, {8u, 1u, 2u}, {7u, 2u, 2u}, {4u, 2u, 2u}, {4u, 1u, 4u}, {1u, 1u, 16u}}) {
    core.state_memory = {1 << 20, banks, 64, ports};
    const auto cost = cost_of(layer, core, {0, 0, 0});
    CHECK(cost.cycles == cycles);
    CHECK(cost.state_words == 8);
    CHECK(cost.state_conflict == cycles - 1);
    CHECK(cost.weight_conflict == 0);
  }
}

TEST_CASE("an event between the strides reaches nothing and costs no steps") {
  const auto layer = convolution({1, 4, 4}, {8, 2, 2}, 1, 1, 2);
  CHECK(cost_of(layer, wide_core(), {0, 0, 2}).items == 8);
  CHECK(cost_of(layer, wide_core(), {0, 0, 1}).items == 0);
  CHECK(cost_of(layer, wide_core(), {0, 0, 1}).cycles == 0);
}

TEST_CASE("depthwise events reach their own channel only") {
  const auto layer = convolution({32, 8, 8}, {32, 8, 8}, 3, 32, 1, 1);
  hw::Integration integration(layer.branches[0], layer.output, {8, 16, 0, 8, 0, 8}, wide_core());
  CHECK(!integration.contains({7, 4, 4}));
  CHECK(integration.contains({8, 4, 4}));
  CHECK(integration.contains({15, 4, 4}));
  CHECK(!integration.contains({16, 4, 4}));
  CHECK(integration.cost({8, 4, 4}).items == 9);
  CHECK(integration.cost({8, 4, 4}).weight_words == 9);
}

TEST_CASE("cached costs equal the costs from absolute addresses: any branch, box, event and memory") {
  std::mt19937 random(7);
  const auto pick = [&](std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
  };
  for (int round = 0; round < 150; ++round) {
    const std::uint32_t groups = pick(1, 3), kind = pick(0, 4), stride = pick(1, 2);
    models::Shape in{groups * pick(1, 4), pick(4, 9), pick(4, 9)};
    const bool same_channels = kind != 0;
    models::Shape out{same_channels ? in.channels : groups * pick(1, 9), (in.height + stride - 1) / stride,
                      (in.width + stride - 1) / stride};
    if (kind == 3) out = in;
    auto layer = convolution(in, out, pick(1, 4), groups, stride, static_cast<std::int32_t>(pick(0, 1)), pick(1, 2));
    if (kind == 1 || kind == 2) layer.branches[0].kind = kind == 1 ? BranchKind::average_pool : BranchKind::max_pool;
    if (kind == 3) layer.branches[0].kind = BranchKind::identity;
    hw::CoreParams core;
    core.lanes = pick(1, 20);
    core.accumulator_bits = 8 * pick(2, 4);
    core.weight_memory = {1 << 20, pick(1, 5), 8 * pick(1, 9), pick(1, 2)};
    core.state_memory = {1 << 20, pick(1, 5), 8 * pick(1, 9), pick(1, 2)};
    models::OutputBox box;
    box.channel_begin = pick(0, out.channels - 1);
    box.channel_end = pick(box.channel_begin + 1, out.channels);
    box.y_begin = pick(0, out.height - 1);
    box.y_end = pick(box.y_begin + 1, out.height);
    box.x_begin = pick(0, out.width - 1);
    box.x_end = pick(box.x_begin + 1, out.width);
    hw::Integration integration(layer.branches[0], layer.output, box, core);
    std::uint32_t wrong = 0;
    for (std::uint32_t c = 0; c < in.channels; ++c)
      for (std::uint32_t y = 0; y < in.height; ++y)
        for (std::uint32_t x = 0; x < in.width; ++x) {
          const models::Position at{c, y, x};
          if (!integration.contains(at)) {
            if (kind == 0 || kind == 4 || kind == 1) wrong += expected(layer, box, core, at).items != 0;
            continue;
          }
          wrong += !same(integration.cost(at), expected(layer, box, core, at));
        }
    CAPTURE(round);
    CHECK(wrong == 0);
  }
}

TEST_CASE("touched flags: an event marks the neurons that it changes") {
  const auto layer = convolution({2, 5, 5}, {4, 5, 5}, 3, 1, 1, 1);
  hw::Integration all(layer.branches[0], layer.output, models::whole(layer.output), wide_core());
  hw::TouchedFlags touched(4, 25);
  all.mark({1, 0, 2}, touched);
  CHECK(touched.count(0, 100) == 6 * 4);  // two rows, three columns
  CHECK(touched.next(0) == 1 * 4);
  CHECK(touched.touched(4));
  CHECK(!touched.touched(3));
  touched.clear();
  CHECK(touched.count(0, 100) == 0);
  CHECK(touched.next(0) == 100);

  const auto depthwise = convolution({4, 5, 5}, {4, 5, 5}, 3, 4, 1, 1);
  hw::Integration own(depthwise.branches[0], depthwise.output, models::whole(depthwise.output), wide_core());
  own.mark({2, 4, 4}, touched);
  CHECK(touched.count(0, 100) == 4);
  CHECK(touched.next(0) == 18 * 4 + 2);
  CHECK(touched.next(18 * 4 + 3) == 19 * 4 + 2);
  CHECK(!touched.touched(18 * 4 + 1));
  touched.clear();
  CHECK(touched.next(0) == 100);
}
