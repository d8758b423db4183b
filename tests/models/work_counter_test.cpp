#include "models/reference.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace deltasim;
using namespace deltasim::models;

namespace {

/// MACs of one event by walking all outputs and asking which taps see it.
BranchWork by_walking(const Branch& branch, const Shape& output, const DeltaEvent& at) {
  BranchWork work;
  if (branch.kind != BranchKind::convolution) return work;
  const Window& w = branch.window;
  const std::uint32_t in_group = branch.input.channels / branch.groups, out_group = output.channels / branch.groups;
  for (std::uint32_t oy = 0; oy < output.height; ++oy)
    for (std::uint32_t ox = 0; ox < output.width; ++ox)
      for (std::uint32_t ky = 0; ky < w.kernel_h; ++ky)
        for (std::uint32_t kx = 0; kx < w.kernel_w; ++kx) {
          if (std::int64_t{oy} * w.stride_h + ky * w.dilation_h - w.pad_top != at.y) continue;
          if (std::int64_t{ox} * w.stride_w + kx * w.dilation_w - w.pad_left != at.x) continue;
          const std::size_t group = at.channel / in_group;
          const std::size_t base =
              (((group * w.kernel_h + ky) * w.kernel_w + kx) * in_group + at.channel % in_group) * out_group;
          for (std::uint32_t o = 0; o < out_group; ++o) {
            ++work.macs;
            work.macs_nonzero_weight += branch.weights[base + o] != 0;
          }
        }
  return work;
}

/// Where a producer's event lies in a branch's input; no value: nowhere.
std::optional<DeltaEvent> landed(const Network& network, const Branch& branch, const Source& source, DeltaEvent event) {
  if (!source.view.map) {
    event.channel += source.view.channel_offset;
    return event;
  }
  const Shape& from = network.layers[source.producer].output;
  const std::uint32_t to = (*source.view.map)[(event.channel * from.height + event.y) * from.width + event.x];
  if (to == View::nowhere) return std::nullopt;
  const auto pixels = static_cast<std::uint32_t>(branch.input.pixels());
  event.channel = to / pixels;
  event.y = static_cast<std::uint16_t>(to % pixels / branch.input.width);
  event.x = static_cast<std::uint16_t>(to % branch.input.width);
  return event;
}

}  // namespace

TEST_CASE("events, active pixels and MACs at every branch equal a walk over all outputs") {
  for (const std::uint32_t seed : {1u, 2u, 3u, 4u}) {
    const Network network = test::random_network(seed);
    test::StoredFrames frames = test::random_frames(network.layers[0].output, 3, 0.1, seed);
    RuleSet rules;
    ReferenceNetwork reference(network, rules, frames);
    WorkCounter counter(network);
    FrameEvents events;
    while (reference.next(events)) {
      const auto& work = counter.count(events);
      for (LayerId l = 1; l < network.layers.size(); ++l)
        for (std::size_t b = 0; b < network.layers[l].branches.size(); ++b) {
          const Branch& branch = network.layers[l].branches[b];
          BranchWork expected;
          std::set<std::pair<std::uint32_t, std::uint32_t>> pixels;
          for (const Source& source : branch.sources)
            for (const DeltaEvent& event : events.of_layer[source.producer]) {
              const auto at = landed(network, branch, source, event);
              if (!at) continue;
              const BranchWork one = by_walking(branch, network.layers[l].output, *at);
              REQUIRE(one.macs == fan_out(branch, network.layers[l].output, at->y, at->x));
              ++expected.events;
              expected.macs += one.macs;
              expected.macs_nonzero_weight += one.macs_nonzero_weight;
              pixels.insert({at->y, at->x});
            }
          CAPTURE(branch.name);
          CHECK(work[l][b].events == expected.events);
          CHECK(work[l][b].active_pixels == pixels.size());
          CHECK(work[l][b].macs == expected.macs);
          CHECK(work[l][b].macs_nonzero_weight == expected.macs_nonzero_weight);
        }
    }
  }
}

TEST_CASE("dense events cause dense MACs") {
  const Network network = test::random_network(9);
  test::StoredFrames frames = test::random_frames(network.layers[0].output, 1, 0.1, 9);
  RuleSet rules;
  rules.rule = Rule::dense;
  ReferenceNetwork reference(network, rules, frames);
  WorkCounter counter(network);
  FrameEvents events;
  REQUIRE(reference.next(events));
  const auto& work = counter.count(events);
  for (LayerId l = 1; l < network.layers.size(); ++l)
    for (std::size_t b = 0; b < network.layers[l].branches.size(); ++b)
      if (network.layers[l].name != "dense")  // a part of its input is cut off
        CHECK(work[l][b].macs == (network.layers[l].branches[b].kind == BranchKind::convolution
                                      ? dense_macs(network.layers[l].branches[b], network.layers[l].output)
                                      : 0));
}
