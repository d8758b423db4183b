// Events of a pixel that share their state, padding, decoding by packet and pixel, turnaround: closed formulas.
#include "hw/integration.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/subject.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::test;
using hw::Activity;
using hw::Cause;
using models::Rule;

namespace {

constexpr std::uint32_t lanes = 4, fan_out = 16;

/// A step of all lanes takes one weight word and one state word.
hw::CoreParams word_a_step(std::uint32_t group) {
  hw::CoreParams core;
  core.lanes = lanes;
  core.accumulator_bits = 16;
  core.weight_memory = {1 << 20, 1, 8 * lanes, 1, 0};
  core.state_memory = {1 << 20, 1, 16 * lanes, 1, 0};
  core.group_events = group;
  return core;
}

/// `inputs` channels of a pixel, and a dense layer that sends its sums.
models::Network dense(std::uint32_t inputs) {
  models::Network network;
  network.layers = {input_layer({inputs, 1, 1}), convolution_layer("dense", 0, {inputs, 1, 1}, {fan_out, 1, 1}, {})};
  network.layers[1].raw_output = true;
  return network;
}

hw::MachineResult run_dense(std::uint32_t inputs, const hw::CoreParams& core, std::uint32_t packet_flits = 65) {
  const auto network = dense(inputs);
  ScriptedStream stream(2);
  stream.add(all_of({inputs, 1, 1}));
  auto chip = mesh(1, 1, 128);
  chip.core = core;
  chip.core.input_queue_flits = chip.core.output_queue_flits = 128;
  chip.core.evaluate = hw::Evaluate::all;
  set_packets(chip.noc, 1, 1, packet_flits);
  chip.noc.router_queue_flits = 128;
  return test::simulate(network, layer_by_layer(network, 1), chip, stream, {});
}

/// A 3 x 3 convolution of 8 channels, looked at where all taps lie inside.
struct Conv {
  explicit Conv(const hw::CoreParams& core)
      : layer(convolution_layer("c", 0, {8, 5, 5}, {fan_out, 5, 5}, window())),
        integration(layer.branches[0], layer.output, models::whole(layer.output), core) {}
  static models::Window window() {
    models::Window w;
    w.kernel_h = w.kernel_w = 3;
    w.pad_top = w.pad_left = 1;
    return w;
  }
  hw::EventCost cost(std::uint32_t events) {
    std::vector<models::Position> group;
    for (std::uint32_t c = 0; c < events; ++c) group.push_back({c, 2, 2});
    return integration.cost(group);
  }
  models::Layer layer;
  hw::Integration integration;
};

}  // namespace

TEST_CASE("a group's steps: products of all its events, state once, overlapped, behind each other, with a turn") {
  constexpr std::uint32_t steps = 9 * fan_out / lanes;
  for (const bool padding : {false, true})
    for (const bool overlap : {false, true})
      for (const std::uint32_t step : {1u, 3u})
        for (const std::uint32_t turn : {0u, 5u})
          for (const std::uint32_t ports : {1u, 2u})
            for (const std::uint32_t events : {1u, 2u, 3u, 4u}) {
              auto core = word_a_step(4);
              core.group_padding = padding;
              core.state_overlap = overlap;
              core.step_cycles = step;
              core.state_memory.turnaround_cycles = turn;
              core.state_memory.ports = ports;
              const std::uint32_t issued = padding ? 4 : events;
              const std::uint32_t compute = issued * step, state = ports == 1 ? 2 + turn : 1;
              const hw::EventCost cost = Conv(core).cost(events);
              CAPTURE(events);
              CHECK(cost.cycles == steps * (overlap ? std::max(compute, state) : compute + state));
              CHECK(cost.busy == steps * compute);
              CHECK(cost.weight_conflict == 0);
              CHECK(cost.state_conflict == cost.cycles - cost.busy);
              CHECK(cost.state_words == steps);
              CHECK(cost.weight_words == steps * issued);
              CHECK(cost.items == 9 * fan_out * events);
              CHECK(cost.dummies == 9 * fan_out * (issued - events));
              CHECK(cost.taps == 9 * events);
            }
}

TEST_CASE("weights of a group are read one event after another: a slow memory waits for each") {
  for (const std::uint32_t events : {1u, 3u}) {
    auto core = word_a_step(4);
    core.weight_memory.word_bits = 8;  // a word for each lane
    const hw::EventCost cost = Conv(core).cost(events);
    CHECK(cost.cycles == 36 * 4 * events);
    CHECK(cost.weight_conflict == 36 * 3 * events);
    CHECK(cost.state_conflict == 0);
  }
}

TEST_CASE("a pixel's events fall into groups: state accesses step at each multiple of the group") {
  constexpr std::uint32_t steps = fan_out / lanes;
  for (const std::uint32_t group : {1u, 2u, 4u, 8u})
    for (const bool padding : {false, true})
      for (std::uint32_t n = 1; n <= 17; ++n) {
        auto core = word_a_step(group);
        core.group_padding = padding;
        const auto result = run_dense(n, core);
        const auto& counts = result.cores[0].counts;
        const std::uint32_t groups = (n + group - 1) / group, dummies = padding ? groups * group - n : 0;
        CAPTURE(n);
        CHECK(counts[Activity::state_write] == steps * groups);
        CHECK(counts[Activity::weight_read] == steps * (n + dummies));
        CHECK(counts[Activity::mac] == fan_out * n);
        CHECK(counts[Activity::padding_mac] == fan_out * dummies);
        // One event alone waits for its state; a lonely last one, too.
        const std::uint32_t alone = group == 1 ? n : !padding && n % group == 1 ? 1 : 0;
        CHECK(result.cores[0].causes[Cause::busy] == steps * (n + dummies));
        CHECK(result.cores[0].causes[Cause::state_conflict] == steps * alone);
      }
}

TEST_CASE("groups end with the packet, the pixel, and the input channels of a group of channels") {
  auto core = word_a_step(4);
  CHECK(run_dense(8, core, 4).cores[0].counts[Activity::state_write] == 4 * 3);  // packets of 3, 3, 2
  Conv conv(core);
  CHECK(conv.integration.groups_events());
  CHECK(conv.integration.same_group({0, 2, 2}, {7, 2, 2}));
  CHECK(!conv.integration.same_group({0, 2, 2}, {0, 2, 3}));
  CHECK(!conv.integration.same_group({0, 2, 2}, {0, 3, 2}));
  const auto grouped = convolution_layer("g", 0, {8, 5, 5}, {fan_out, 5, 5}, Conv::window(), 2);
  hw::Integration halves(grouped.branches[0], grouped.output, models::whole(grouped.output), core);
  CHECK(halves.same_group({0, 2, 2}, {3, 2, 2}));
  CHECK(!halves.same_group({3, 2, 2}, {4, 2, 2}));
  const auto depthwise = convolution_layer("d", 0, {16, 5, 5}, {fan_out, 5, 5}, Conv::window(), 16);
  CHECK(
      !hw::Integration(depthwise.branches[0], depthwise.output, models::whole(depthwise.output), core).groups_events());
}

TEST_CASE("decoding: cycles of events, of packets, and of a pixel where it is not the one before's") {
  for (const std::uint32_t n : {1u, 2u, 3u, 4u, 7u}) {
    auto core = word_a_step(1);
    const auto plain = run_dense(n, core, 3);
    core.decode_overlap = false;
    core.decode_cycles = 7;
    core.packet_cycles = 100;
    core.pixel_cycles = 1000;
    core.control_instructions = 3;
    core.packet_instructions = 50;
    core.pixel_instructions = 9000;
    core.tap_instructions = 700;
    const auto result = run_dense(n, core, 3);  // two values a packet
    const std::uint64_t packets = (n + 1) / 2;
    CHECK(result.cores[0].causes[Cause::control] - plain.cores[0].causes[Cause::control] ==
          7 * n + 100 * packets + 1000);
    CHECK(result.cores[0].counts[Activity::control_instruction] == 3 * n + 50 * packets + 9000 + 700 * n);
  }
  auto core = word_a_step(1);
  core.decode_cycles = 0;
  const auto free = run_dense(2, core).cores[0].causes;
  core.pixel_cycles = 1000;  // overlapped: lanes work below it
  const auto causes = run_dense(2, core).cores[0].causes;
  CHECK(causes[Cause::busy] + causes[Cause::state_conflict] == 16);
  CHECK(causes[Cause::control] - free[Cause::control] == 1000 - 16);
}

TEST_CASE("every pixel of a map pays for itself") {
  models::Network network;
  network.layers = {input_layer({2, 3, 4}), convolution_layer("point", 0, {2, 3, 4}, {fan_out, 3, 4}, {})};
  network.layers[1].raw_output = true;
  auto chip = mesh(1, 1, 128);
  set_packets(chip.noc, 1, 1, 2);  // an event a packet
  std::vector<std::uint64_t> control;
  for (const std::uint32_t pixel : {0u, 500u}) {
    chip.core.decode_overlap = false;
    chip.core.pixel_cycles = pixel;
    ScriptedStream stream(2);
    stream.add(all_of({2, 3, 4}));
    stream.add(all_of({2, 3, 4}));
    control.push_back(
        test::simulate(network, layer_by_layer(network, 1), chip, stream, {}).cores[0].causes[Cause::control]);
  }
  CHECK(control[1] - control[0] == 500 * 3 * 4 * 2);
}

TEST_CASE("a sender pays once for a pixel, however many packets it takes") {
  models::Network network;
  network.layers = {input_layer({1, 1, 2}), convolution_layer("sender", 0, {1, 1, 2}, {fan_out, 1, 2}, {}),
                    convolution_layer("taker", 1, {fan_out, 1, 2}, {1, 1, 2}, {})};
  network.layers[2].raw_output = true;
  auto chip = mesh(2, 1, 128);
  chip.core.evaluate = hw::Evaluate::all;
  set_packets(chip.noc, 1, 1, 4);  // 3 events a packet
  for (const std::uint32_t pixels : {0u, 1u, 2u})
    for (const std::uint32_t n : {1u, 3u, 4u, 16u}) {
      std::vector<models::DeltaEvent> sent;
      for (std::uint16_t x = 0; x < pixels; ++x)
        for (std::uint32_t c = 0; c < n; ++c) sent.push_back({c, 0, x, 1});
      std::vector<std::uint64_t> cycles;
      for (const std::uint32_t cost : {0u, 300u}) {
        chip.core.send_pixel_cycles = cost;
        chip.core.send_pixel_instructions = 2 * cost;
        ScriptedStream stream(3);
        stream.add({}).of_layer[1] = sent;
        const auto result = test::simulate(network, layer_by_layer(network, 2), chip, stream, {});
        cycles.push_back(result.cores[0].causes[Cause::evaluate]);
        CHECK(result.cores[0].counts[Activity::control_instruction] == 2 * cost * pixels);
        CHECK(result.cores[1].counts[Activity::control_instruction] == 0);
      }
      // What the delta unit computes meanwhile is at most a cycle for each neuron.
      CHECK(cycles[1] - cycles[0] <= 300 * pixels);
      CHECK(cycles[1] - cycles[0] >= 284 * pixels);
    }
}

TEST_CASE("more lanes shorten an event less and less: decoding stays") {
  std::vector<double> cycles;
  for (const std::uint32_t l : {1u, 2u, 4u, 8u, 16u}) {
    auto core = word_a_step(4);
    core.lanes = l;
    core.weight_memory.banks = core.state_memory.banks = 16;
    core.decode_overlap = false;
    core.decode_cycles = 5;
    const auto causes = run_dense(16, core).cores[0].causes;
    cycles.push_back(static_cast<double>(causes[Cause::busy] + causes[Cause::state_conflict] + causes[Cause::control]));
  }
  for (std::size_t i = 1; i < cycles.size(); ++i) {
    CHECK(cycles[i] < cycles[i - 1]);
    CHECK(cycles[i] > cycles[i - 1] / 2);
    if (i > 1) CHECK(cycles[i] / cycles[i - 1] > cycles[i - 1] / cycles[i - 2]);
  }
}

TEST_CASE("groups change times and accesses, never values: any network, rule, delay, stall and host") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Subject subject(seed, seed % 2 == 0 ? Rule::spatial : Rule::delta, seed % 3 == 0);
    const auto mapping = random_mapping(subject.network, 6, seed);
    auto chip = mesh(3, 2, 40);
    set_packets(chip.noc, 1, 2, 9);
    const auto alone = subject.run(mapping, chip);
    chip.core.group_events = 4;
    chip.core.group_padding = seed % 2 == 0;
    chip.core.state_overlap = seed != 4;
    chip.core.pixel_cycles = 30;
    chip.core.packet_cycles = 3;
    chip.core.step_cycles = 2;
    chip.core.state_memory.turnaround_cycles = 1;
    const auto groups = subject.run(mapping, chip);
    CHECK(groups.checked_values == subject.values());
    const hw::Counts a = sum_of_cores(alone), b = sum_of_cores(groups);
    for (const Activity same : {Activity::mac, Activity::event_in, Activity::accumulate, Activity::event_out})
      CHECK(a[same] == b[same]);
    CHECK(b[Activity::state_write] < a[Activity::state_write]);
    CHECK((b[Activity::padding_mac] != 0) == chip.core.group_padding);
    for (const auto& core : groups.cores) CHECK(core.causes.sum() == groups.cycles);
    hw::MachineOptions options;
    options.output_stall_probability = 0.3;
    options.seed = seed;
    const auto stalled = subject.run(mapping, chip, options);
    options.hosting = hw::Hosting::processes;
    options.construction_seed = seed;
    CHECK(same_time(stalled, subject.run(mapping, chip, options)));
  }
}
