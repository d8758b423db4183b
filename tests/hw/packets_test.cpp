// Packets with several values behind one header: flits and cycles in closed formulas, and nothing else changes.
#include "tests/hw/both_engines.hpp"
#include "tests/hw/subject.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::test;
using hw::Activity;
using hw::Cause;
using models::Rule;

namespace {

/// A pixel of `inputs` features, and `layers` dense layers of `outputs` features after it; the last sends sums.
models::Network dense(std::uint32_t inputs, std::uint32_t outputs, models::LayerId layers) {
  models::Network network;
  network.layers.push_back(input_layer({inputs, 1, 1}));
  for (models::LayerId l = 1; l <= layers; ++l)
    network.layers.push_back(convolution_layer("dense", l - 1, {l == 1 ? inputs : outputs, 1, 1}, {outputs, 1, 1}, {}));
  network.layers[layers].raw_output = true;
  return network;
}

hw::ChipParams fast_cores(std::uint32_t columns, std::uint32_t header, std::uint32_t values_per_flit,
                          std::uint32_t flits) {
  auto chip = mesh(columns, 1);
  chip.core.evaluate = hw::Evaluate::all;
  chip.core.evaluate_lanes = 1;
  chip.core.weight_memory = chip.core.state_memory = {1 << 20, 64, 64, 4};
  set_packets(chip.noc, header, values_per_flit, flits);
  return chip;
}

struct Format {
  std::uint32_t header, values_per_flit, flits;
};
constexpr Format formats[] = {{0, 1, 1}, {1, 1, 2}, {1, 1, 5}, {2, 3, 4}, {1, 2, 9}, {3, 4, 64}};

/// Flits of `n` events of one pixel, written without the machine's own formula.
std::uint64_t flits_of(std::uint64_t n, const Format& f) {
  const std::uint64_t full = f.header == 0 ? 1 : (f.flits - f.header) * f.values_per_flit;
  std::uint64_t flits = 0;
  for (; n > full; n -= full) flits += f.flits;
  for (std::uint64_t at = 0; at < n; at += f.values_per_flit) ++flits;
  return n == 0 ? 0 : flits + f.header;
}

}  // namespace

TEST_CASE("a pixel's events travel in full packets and a rest: flits on both sides of every limit") {
  for (const Format& f : formats)
    for (const std::uint32_t n : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 15u, 16u, 17u, 18u, 32u, 33u, 244u, 245u}) {
      CAPTURE(f.flits);
      CAPTURE(n);
      const auto network = dense(n, 4, 1);
      ScriptedStream stream(2);
      stream.add(all_of({n, 1, 1}));
      const auto chip = fast_cores(1, f.header, f.values_per_flit, f.flits);
      const auto result = test::simulate(network, layer_by_layer(network, 1), chip, stream, {});
      constexpr std::uint64_t tokens = 1, sums = 4, out = 1;
      const std::uint64_t flits = flits_of(n, f);
      CHECK(result.ports[Activity::event_out] == n);
      CHECK(result.ports[Activity::queue_write] == flits + tokens + tokens + sums + tokens);  // sent and taken
      CHECK(result.cores[0].counts[Activity::event_in] == n);
      CHECK(result.cores[0].counts[Activity::mac] == 4 * n);
      // A packet is here with its last flit and leaves the queue flit by flit; an event takes one cycle.
      const std::uint64_t full = chip.noc.packet_values();
      std::uint64_t free = 0, arrived = 0, left = 0;
      for (std::uint64_t sent = 0; sent < n; sent += full) {
        const std::uint64_t values = std::min<std::uint64_t>(full, n - sent), its_flits = flits_of(values, f);
        arrived += its_flits;
        const std::uint64_t taken = std::max({free, arrived, left});
        free = taken + values;
        left = taken + its_flits;
      }
      const std::uint64_t token = std::max({free, flits + tokens, left});
      const std::uint64_t pipelines = chip.core.pipeline_cycles + 2;  // until the last addition, until the first sum
      CHECK(result.frames[0].finished == token + tokens + pipelines + sums + tokens + out);
    }
}

TEST_CASE("a core builds a packet while it evaluates: a cycle for each neuron, or for each flit of it") {
  for (const Format& f : formats)
    for (const std::uint32_t n : {1u, 2u, 16u, 17u, 33u}) {
      CAPTURE(f.flits);
      CAPTURE(n);
      const auto network = dense(1, n, 2);
      ScriptedStream stream(3);
      stream.add({}).of_layer[1] = all_of({n, 1, 1});
      const auto chip = fast_cores(2, f.header, f.values_per_flit, f.flits);
      const auto result = test::simulate(network, layer_by_layer(network, 2), chip, stream, {});
      std::uint64_t cycles = 2, in_packet = 0;  // two groups are on their way to the stage that sends
      for (std::uint32_t i = 0; i < n; ++i) {
        const bool starts = in_packet == 0;
        const bool ends = ++in_packet == chip.noc.packet_values() || i + 1 == n;
        const bool flit = in_packet % f.values_per_flit == 0 || ends;
        cycles += std::max<std::uint64_t>(1, (starts ? f.header : 0) + flit);
        if (ends) in_packet = 0;
      }
      CHECK(result.cores[0].causes[Cause::evaluate] == cycles);
      CHECK(result.cores[0].counts[Activity::event_out] == n);
      CHECK(result.cores[1].counts[Activity::event_in] == n);
      constexpr std::uint64_t end_token = 1, ready_token = 1;
      REQUIRE(result.links.size() == 2);
      CHECK(result.links[0].flits == flits_of(n, f) + end_token);
      CHECK(result.links[1].flits == ready_token + n + end_token);  // the output port is on the other side
    }
}

TEST_CASE("a packet ends where its events part: each half of the channels goes to its own core") {
  models::Network network;
  network.layers.push_back(input_layer({16, 1, 1}));
  network.layers.push_back(convolution_layer("depthwise", 0, {16, 1, 1}, {16, 1, 1}, {}, 16));
  network.layers[1].raw_output = true;
  hw::Mapping mapping;
  cut(mapping, network, 1, 2, 1, 1, 0, 2);
  ScriptedStream stream(2);
  stream.add(all_of({16, 1, 1}));
  const auto result = test::simulate(network, mapping, fast_cores(2, 1, 1, 17), stream, {});
  CHECK(result.cores[0].counts[Activity::event_in] == 8);
  CHECK(result.cores[1].counts[Activity::event_in] == 8);
  constexpr std::uint64_t half = 1 + 8, tokens = 3, sums = 16, ready_and_end = 4;  // sent: two halves, an end of frame
  CHECK(result.ports[Activity::queue_write] == 2 * half + 1 + sums + ready_and_end);
  CHECK(result.links[0].flits + result.links[1].flits > half + tokens);
}

TEST_CASE("packets change flits and times, never values or work: any network, rule, delay, stall and host") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed)
    for (const bool delay : {false, true}) {
      CAPTURE(seed);
      CAPTURE(delay);
      Subject subject(seed, seed % 2 == 0 ? Rule::spatial : Rule::delta, delay, seed == 3 ? 2 : 0);
      const auto mapping = random_mapping(subject.network, 6, seed);
      auto chip = mesh(3, 2, seed % 3 == 0 ? 9 : 40);
      chip.noc.multicast = seed != 5;
      const auto single = subject.run(mapping, chip);
      set_packets(chip.noc, 1, 2, 9);
      const auto packets = subject.run(mapping, chip);
      CHECK(packets.checked_values == subject.values());
      hw::Counts a = sum_of_cores(single), b = sum_of_cores(packets);
      CHECK(b[Activity::flit_hop] != a[Activity::flit_hop]);
      for (const Activity flits : {Activity::queue_read, Activity::queue_write, Activity::flit_hop})
        a[flits] = b[flits] = 0;
      CHECK(a == b);
      for (const auto& core : packets.cores) CHECK(core.causes.sum() == packets.cycles);
      hw::MachineOptions options;
      options.output_stall_probability = 0.3;
      options.seed = seed;
      const auto stalled = subject.run(mapping, chip, options);
      CHECK(same_counts(packets, stalled));
      options.hosting = hw::Hosting::processes;
      options.construction_seed = seed;
      CHECK(same_time(stalled, subject.run(mapping, chip, options)));
    }
}

TEST_CASE("packets that cannot be are refused") {
  Subject subject(1, Rule::delta);
  const auto mapping = layer_by_layer(subject.network, 4);
  auto chip = mesh(2, 2, 8);
  set_packets(chip.noc, 1, 2, 8);
  CHECK(subject.run(mapping, chip).frames.size() == 4);
  set_packets(chip.noc, 1, 2, 9);
  CHECK_THROWS_WITH_AS(subject.run(mapping, chip),
                       "a packet has up to 9 flits, but a queue holds 8: router, input and output queues must hold one",
                       std::invalid_argument);
  for (const Format& f : {Format{0, 2, 1}, Format{0, 1, 2}, Format{2, 1, 2}}) {
    set_packets(chip.noc, f.header, f.values_per_flit, f.flits);
    CHECK_THROWS_AS(subject.run(mapping, chip), std::invalid_argument);
  }
}
