#include "hw/plan.hpp"

#include "tests/hw/mappings.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace deltasim;

namespace {

/// Whether an output of the slice reads the element: gathered at every output, without boxes.
bool reads(const models::Network& network, const hw::Slice& slice, const models::Branch& branch,
           const models::Position& at) {
  if (branch.kind == models::BranchKind::identity)
    return at.channel >= slice.channel_begin && at.channel < slice.channel_end && at.y >= slice.y_begin &&
           at.y < slice.y_end && at.x >= slice.x_begin && at.x < slice.x_end;
  const models::Window& w = branch.window;
  const bool weights = branch.kind == models::BranchKind::convolution;
  const std::uint32_t in_group = weights ? branch.input.channels / branch.groups : 1;
  const std::uint32_t out_group = weights ? network.layers[slice.layer].output.channels / branch.groups : 1;
  if (at.channel / in_group < slice.channel_begin / out_group ||
      at.channel / in_group > (slice.channel_end - 1) / out_group)
    return false;
  for (std::uint32_t y = slice.y_begin; y < slice.y_end; ++y)
    for (std::uint32_t x = slice.x_begin; x < slice.x_end; ++x)
      for (std::uint32_t ky = 0; ky < w.kernel_h; ++ky)
        for (std::uint32_t kx = 0; kx < w.kernel_w; ++kx)
          if (std::int64_t{y} * w.stride_h + ky * w.dilation_h - w.pad_top == at.y &&
              std::int64_t{x} * w.stride_w + kx * w.dilation_w - w.pad_left == at.x)
            return true;
  return false;
}

}  // namespace

TEST_CASE("every event goes to every core that reads it, and to few that do not") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    const auto network = test::random_network(seed);
    const auto mapping = test::random_mapping(network, 5, seed);
    hw::ChipParams chip;
    chip.noc.columns = 5;
    chip.noc.rows = 1;
    const hw::Plan plan(network, mapping, chip);
    std::uint64_t needed = 0, sent = 0, missing = 0, unlinked = 0;
    for (models::LayerId l = 0; l < network.layers.size(); ++l) {
      const models::Shape& shape = network.layers[l].output;
      for (std::uint32_t i = 0; i < shape.size(); ++i) {
        const models::DeltaEvent e{i / static_cast<std::uint32_t>(shape.pixels()),
                                   static_cast<std::uint16_t>(i % shape.pixels() / shape.width),
                                   static_cast<std::uint16_t>(i % shape.width), 1};
        const auto& cores = plan.routes().endpoints(plan.route(l, e));
        std::set<std::uint32_t> want;
        for (const hw::Feed& feed : plan.feeds(l)) {
          const hw::Slice& slice = mapping.slices[feed.slice];
          const models::Branch& branch = network.layers[slice.layer].branches[feed.branch];
          models::Position at;
          const models::Locator locate(branch.sources[feed.source].view, shape, branch.input);
          if (!locate(e, at) || !reads(network, slice, branch, at)) continue;
          want.insert(slice.core);
          const auto& consumers = plan.consumers(plan.owner(l, e));
          unlinked += std::find(consumers.begin(), consumers.end(), feed.slice) == consumers.end();
        }
        for (const std::uint32_t core : want) missing += std::find(cores.begin(), cores.end(), core) == cores.end();
        needed += want.size();
        sent += cores.size();
      }
    }
    CHECK(missing == 0);
    CHECK(unlinked == 0);
    CHECK(sent >= needed);
    CHECK(sent < needed * 5 / 4);  // boxes hold elements between strides
  }
}

TEST_CASE("owners: every neuron belongs to the slice whose box holds it") {
  const auto network = test::random_network(2);
  const auto mapping = test::random_mapping(network, 4, 2);
  hw::ChipParams chip;
  const hw::Plan plan(network, mapping, chip);
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    const models::Shape& shape = network.layers[l].output;
    for (std::uint32_t c = 0; c < shape.channels; ++c)
      for (std::uint32_t y = 0; y < shape.height; ++y)
        for (std::uint32_t x = 0; x < shape.width; ++x) {
          const hw::Slice& s =
              mapping.slices.at(plan.owner(l, {c, static_cast<std::uint16_t>(y), static_cast<std::uint16_t>(x), 0}));
          REQUIRE(s.layer == l);
          REQUIRE((c >= s.channel_begin && c < s.channel_end && y >= s.y_begin && y < s.y_end && x >= s.x_begin &&
                   x < s.x_end));
        }
  }
}

TEST_CASE("a tile of a convolution waits for the tiles around it, not for all") {
  models::Network network;
  network.layers.push_back(test::input_layer({1, 16, 16}));
  models::Window w;
  w.kernel_h = w.kernel_w = 3;
  w.pad_top = w.pad_left = 1;
  network.layers.push_back(test::convolution_layer("a", 0, {1, 16, 16}, {1, 16, 16}, w));
  network.layers.push_back(test::convolution_layer("b", 1, {1, 16, 16}, {1, 16, 16}, w));
  network.layers[2].raw_output = true;
  hw::Mapping mapping;
  for (const models::LayerId l : {1u, 2u}) test::cut(mapping, network, l, 1, 4, 1, 0, 4);  // four bands
  hw::ChipParams chip;
  const hw::Plan plan(network, mapping, chip);
  CHECK(plan.producers(4) == std::vector<std::uint32_t>{0, 1});
  CHECK(plan.producers(5) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(plan.consumers(3) == std::vector<std::uint32_t>{6, 7});
  CHECK(plan.producers(0) == std::vector<std::uint32_t>{plan.input_port()});
  CHECK(plan.consumers(plan.input_port()) == std::vector<std::uint32_t>{0, 1, 2, 3});
}
