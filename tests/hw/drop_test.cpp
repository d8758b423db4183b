// queue_policy drop: full input queues lose events, and the machine lives on what arrives.
#include "tests/hw/both_engines.hpp"
#include "tests/hw/subject.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using hw::Activity;
using models::Rule;
using test::mesh;
using test::Subject;

namespace {

hw::ChipParams drop(hw::ChipParams chip, std::uint32_t depth) {
  chip.core.queue_policy = hw::QueuePolicy::drop;
  chip.core.input_queue_flits = depth;
  return chip;
}

/// Slices hold all channels: every rule can decide by itself.
hw::Mapping by_rows(const models::Network& network, std::uint32_t cores) {
  hw::Mapping mapping;
  for (models::LayerId l = 1; l < network.layers.size(); ++l) test::cut(mapping, network, l, 1, 2, 2, l, cores);
  return mapping;
}

std::uint64_t lost(const hw::MachineResult& result) {
  std::uint64_t n = 0;
  for (const auto& core : result.cores) n += core.lost_events;
  return n;
}

bool same(const models::FrameEvents& a, const models::FrameEvents& b) {
  return a.of_layer == b.of_layer && a.outputs == b.outputs && a.key == b.key;
}

}  // namespace

TEST_CASE("without a loss, drop is back-pressure bit for bit: times, counts, events and outputs") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed)
    for (const Rule rule : test::all_rules)
      for (const auto schedule : {hw::SliceSchedule::frame_barrier, hw::SliceSchedule::depth_first}) {
        CAPTURE(seed);
        CAPTURE(static_cast<int>(rule));
        CAPTURE(static_cast<int>(schedule));
        Subject subject(seed, rule, false, seed % 2 == 0 ? 2 : 0);
        const auto mapping =
            rule == Rule::pixel ? by_rows(subject.network, 6) : test::random_mapping(subject.network, 6, seed);
        auto chip = mesh(3, 2);
        chip.core.input_queue_flits = 1 << 16;
        chip.core.schedule = schedule;
        const auto waiting = subject.run(mapping, chip);
        std::size_t frames = 0;
        hw::MachineOptions options;
        options.own_frame = [&](const models::FrameEvents& frame) {
          CHECK(same(frame, subject.stream.frames().at(frames)));
          ++frames;
        };
        const auto dropping = subject.run(mapping, drop(chip, 1 << 16), options);
        CHECK(frames == 4);
        CHECK(lost(dropping) == 0);
        CHECK(dropping.checked_values == subject.values());
        CHECK(test::same_time(waiting, dropping));
        CHECK(test::same_counts(waiting, dropping));
      }
}

TEST_CASE("what is sent to cores is taken or lost, and losses change the outputs") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed)
    for (const auto schedule : {hw::SliceSchedule::frame_barrier, hw::SliceSchedule::depth_first}) {
      CAPTURE(seed);
      Subject subject(seed, seed % 2 == 0 ? Rule::spatial : Rule::delta);
      auto chip = drop(mesh(3, 2), 2);
      chip.core.lanes = 1;
      chip.core.schedule = schedule;
      chip.noc.multicast = false;
      const auto mapping = test::random_mapping(subject.network, 6, seed);
      std::size_t frames = 0, different = 0;
      hw::MachineOptions options;
      options.own_frame = [&](const models::FrameEvents& frame) {
        different += frame.outputs != subject.stream.frames().at(frames++).outputs ? 1 : 0;
      };
      const auto result = subject.run(mapping, chip, options);
      const hw::Counts cores = test::sum_of_cores(result);
      std::uint64_t outputs = 0, lost_in_rows = 0;
      for (const auto& frame : result.frames)
        for (std::size_t r = 0; r < result.rows.size(); ++r) {
          lost_in_rows += frame.rows[r].lost_events;
          if (subject.network.layers[result.rows[r].first].raw_output)
            outputs += frame.rows[r].counts[Activity::event_out];
        }
      CHECK(result.frames.size() == 4);
      CHECK(lost(result) > 0);
      CHECK(lost_in_rows == lost(result));
      CHECK(cores[Activity::event_out] + result.ports[Activity::event_out] ==
            cores[Activity::event_in] + lost(result) + outputs);
      CHECK(different > 0);
      for (const auto& core : result.cores) CHECK(core.causes.sum() == result.cycles);
    }
}

TEST_CASE("losses do not depend on hosting or on the order of construction") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    Subject subject(seed, Rule::delta);
    auto chip = drop(mesh(3, 2, 4), seed);
    chip.core.lanes = 2;
    const auto mapping = test::random_mapping(subject.network, 6, seed);
    const auto built = subject.run(mapping, chip);
    CHECK(lost(built) > 0);
    hw::MachineOptions options;
    options.construction_seed = seed;
    options.hosting = hw::Hosting::processes;
    const auto permuted = subject.run(mapping, chip, options);
    CHECK(test::same_time(built, permuted));
    CHECK(test::same_counts(built, permuted));
    for (std::size_t i = 0; i < built.cores.size(); ++i)
      CHECK(built.cores[i].lost_events == permuted.cores[i].lost_events);
  }
}

TEST_CASE("MACs with weights that are not 0, as far as their events were taken") {
  Subject subject(2, Rule::delta);
  auto& weights = subject.network.layers[1].branches[0].weights;
  for (std::size_t i = 0; i < weights.size(); i += 3) weights[i] = 0;
  subject.record(2);
  const auto mapping = test::random_mapping(subject.network, 6, 2);
  models::WorkCounter counter(subject.network);
  const auto all = subject.run(mapping, drop(mesh(3, 2), 1 << 16));
  for (std::size_t f = 0; f < all.frames.size(); ++f) {
    const auto& work = counter.count(subject.stream.frames()[f]);
    for (std::size_t r = 0; r < all.rows.size(); ++r) {
      const auto& [layer, branch] = all.rows[r];
      if (layer != 0) CHECK(all.frames[f].rows[r].macs_nonzero_weight == work[layer][branch].macs_nonzero_weight);
    }
  }
}

TEST_CASE("a core that takes an event in k cycles loses what arrives meanwhile and finds its queue full") {
  for (const std::uint32_t k : {2u, 3u, 5u})
    for (const std::uint32_t events : {10u, 11u, 16u})
      for (const std::uint32_t depth : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 13u}) {
        CAPTURE(k);
        CAPTURE(events);
        CAPTURE(depth);
        models::Network network;
        network.layers.push_back(test::input_layer({16, 1, 1}));
        network.layers.push_back(test::convolution_layer("d", 0, {16, 1, 1}, {1, 1, 1}, {}));
        network.layers[1].raw_output = true;
        test::ScriptedStream stream(2);
        auto& frame = stream.add({});
        for (std::uint32_t i = 0; i < events; ++i) frame.of_layer[0].push_back({i, 0, 0, 1});
        auto chip = drop(mesh(1, 1), depth);
        chip.core.decode_cycles = k;
        models::RuleSet rules;
        hw::MachineOptions options;
        options.rules = &rules;
        const auto result = test::simulate(network, test::layer_by_layer(network, 1), chip, stream, options);
        // One arrives a cycle, from cycle 0 on; the core takes one in cycles 1, 1 + k, ...; room is seen a cycle later.
        const std::uint32_t room = depth + 1 + (events - 3) / k;
        CHECK(lost(result) == (events > room ? events - room : 0));
        CHECK(result.cores[0].counts[Activity::event_in] == events - lost(result));
      }
}

TEST_CASE("what a slice cannot decide by itself is refused") {
  Subject pixel(1, Rule::pixel);
  hw::Mapping mapping;
  for (models::LayerId l = 1; l < pixel.network.layers.size(); ++l) test::cut(mapping, pixel.network, l, 2, 1, 1, l, 4);
  CHECK_THROWS_WITH_AS(pixel.run(mapping, drop(mesh(2, 2), 64)), doctest::Contains("must not be split by channels"),
                       std::invalid_argument);
  Subject delayed(1, Rule::delta, true);
  CHECK_THROWS_WITH_AS(delayed.run(test::layer_by_layer(delayed.network, 4), drop(mesh(2, 2), 64)),
                       "layer_delay and queue_policy drop exclude each other", std::invalid_argument);
}
