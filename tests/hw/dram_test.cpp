// The memory channel by itself, then slices whose weights or state live behind it: in closed formulas.
#include "hw/dram.hpp"

#include "tests/hw/bench.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/mappings.hpp"
#include "tests/hw/scripted_stream.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace deltasim;
using hw::Activity;
using hw::Cause;
using hw::Cycle;

namespace {

hw::DramParams channel(std::uint32_t bits_per_cycle, std::uint32_t latency) {
  hw::DramParams p;
  p.bits_per_cycle = bits_per_cycle;
  p.latency_cycles = latency;
  return p;
}

struct Asked {
  std::uint32_t core;
  Cycle from;
  std::uint64_t bursts;
};

/// When each request is done.
std::vector<Cycle> served(const hw::DramParams& params, const std::vector<Asked>& requests, bool hidden = false,
                          bool backwards = false) {
  test::Bench bench(backwards);
  hw::Dram dram(params, bench, 3);
  bench.add(dram);
  std::vector<Cycle> done(requests.size(), hw::never);
  for (std::size_t i = 0; i < requests.size(); ++i)
    dram.ask(requests[i].core, {requests[i].from, requests[i].bursts, hidden, nullptr, &done[i]});
  bench.run();
  return done;
}

using Times = std::vector<Cycle>;

/// A dense layer of raw sums on one core: 8 -> 4, whose weights with biases take 48 bytes and whose sums take 16.
struct Layer {
  Layer() : stream(2) {
    network.layers.push_back(test::input_layer({8, 1, 1}));
    network.layers.push_back(test::convolution_layer("dense", 0, {8, 1, 1}, {4, 1, 1}, {}));
    network.layers[1].raw_output = true;
    chip.noc.columns = chip.noc.rows = 1;
    chip.core.lanes = 1;
    chip.core.evaluate = hw::Evaluate::all;
    chip.core.weight_memory = {1 << 20, 64, 8, 4};
    chip.core.state_memory = {1 << 20, 64, 32, 4};
    chip.dram = channel(8, 10);
    chip.dram->burst_bytes = 1;
    mapping = test::layer_by_layer(network, 1);
  }
  hw::MachineResult run(bool weights, bool state) {
    mapping.slices[0].weights_in_dram = weights;
    mapping.slices[0].state_in_dram = state;
    stream.rewind();
    return test::simulate(network, mapping, chip, stream, {});
  }
  void frame(std::uint32_t events, bool key = false) {
    std::vector<models::DeltaEvent> input;
    for (std::uint32_t i = 0; i < events; ++i) input.push_back({i, 0, 0, 1});
    stream.add(input, key);
  }
  models::Network network;
  hw::ChipParams chip;
  hw::Mapping mapping;
  test::ScriptedStream stream;
};
constexpr std::uint64_t weight_bytes = 48, state_bytes = 16;

std::uint64_t latency_of(const hw::MachineResult& r, std::size_t frame = 0) {
  return r.frames[frame].finished - r.frames[frame].started;
}

}  // namespace

TEST_CASE("a transfer takes its bits over the bandwidth, rounded up, and its latency unless that is hidden") {
  constexpr std::uint32_t burst_bits = 512;
  for (const std::uint32_t latency : {0u, 1u, 7u}) {
    CHECK(served(channel(burst_bits, latency), {{0, 5, 1}}) == Times{5 + latency + 1});
    CHECK(served(channel(burst_bits - 1, latency), {{0, 5, 1}}) == Times{5 + latency + 2});
    CHECK(served(channel(burst_bits + 1, latency), {{0, 5, 1}}) == Times{5 + latency + 1});
    CHECK(served(channel(burst_bits + 1, latency), {{0, 5, 2}}) == Times{5 + latency + 2});
    CHECK(served(channel(64, latency), {{0, 5, 10}}) == Times{5 + latency + 80});
    CHECK(served(channel(64, latency), {{0, 5, 10}}, true) == Times{5 + 80});
  }
}

TEST_CASE("two cores share the bandwidth, and their latencies overlap") {
  const Cycle transfer = 8, latency = 100;
  for (const bool backwards : {false, true}) {
    const auto done = served(channel(64, latency), {{0, 0, 1}, {1, 0, 1}}, false, backwards);
    CHECK(std::max(done[0], done[1]) == latency + 2 * transfer);
    CHECK(std::min(done[0], done[1]) == latency + transfer);
  }
  // The second comes in the cycle in which the channel becomes free, one before, and one after.
  CHECK(served(channel(64, 0), {{0, 0, 1}, {1, 7, 1}})[1] == 16);
  CHECK(served(channel(64, 0), {{0, 0, 1}, {1, 8, 1}})[1] == 16);
  CHECK(served(channel(64, 0), {{0, 0, 1}, {1, 9, 1}})[1] == 17);
}

TEST_CASE("a core's requests keep their order, between cores round robin or age decides") {
  const std::vector<Asked> requests{{0, 0, 1}, {0, 0, 1}, {0, 1, 1}, {1, 1, 1}, {2, 2, 1}};
  auto params = channel(64, 0);
  CHECK(served(params, requests) == Times{8, 32, 40, 16, 24});
  params.arbitration = hw::Arbitration::oldest_first;
  CHECK(served(params, requests) == Times{8, 16, 24, 32, 40});
}

TEST_CASE("the first event of a frame waits for the weights, a frame without events brings nothing") {
  for (const std::uint32_t events : {0u, 1u, 8u})
    for (const std::uint32_t latency : {0u, 10u}) {
      CAPTURE(events);
      CAPTURE(latency);
      Layer layer;
      layer.chip.dram->latency_cycles = latency;
      layer.frame(events);
      const auto on_chip = layer.run(false, false), streamed = layer.run(true, false);
      const std::uint64_t wait = events == 0 ? 0 : latency + weight_bytes;  // a byte a cycle
      CHECK(latency_of(streamed) == latency_of(on_chip) + wait);
      CHECK(streamed.cores[0].causes[Cause::dram] == wait);
      CHECK(streamed.cores[0].causes.sum() == streamed.cycles);
      CHECK(streamed.cores[0].counts[Activity::dram_read] == (events == 0 ? 0 : weight_bytes));
      CHECK(streamed.cores[0].counts[Activity::mac] == on_chip.cores[0].counts[Activity::mac]);
    }
}

TEST_CASE("state that outlasts a frame comes before it and leaves after it, a key frame only leaves") {
  Layer layer;
  for (const bool key : {true, false, false, true}) layer.frame(3, key);
  const auto result = layer.run(false, true);
  CHECK(result.dram->state_read_bursts == 2 * state_bytes);
  CHECK(result.dram->state_write_bursts == 4 * state_bytes);
  CHECK(result.dram->weight_bursts == 0);
  CHECK(result.dram->busy_cycles == 6 * state_bytes);
  CHECK(result.cores[0].counts[Activity::dram_read] == 2 * state_bytes);
  CHECK(result.frames[0].rows[1].counts[Activity::dram_read] == 0);
  CHECK(result.frames[1].rows[1].counts[Activity::dram_read] == state_bytes);
  CHECK(result.frames[3].rows[1].counts[Activity::dram_write] == state_bytes);
  CHECK(result.cycles >= result.frames[3].finished);  // until the last state has been written
  // Weights and state of one frame: two transfers, one latency.
  Layer both;
  both.frame(1);
  CHECK(latency_of(both.run(true, true)) == latency_of(both.run(false, false)) + 10 + weight_bytes + state_bytes);
  // What starts every frame from its bias never goes to DRAM.
  layer.stream.change_traits().absolute[0] = 1;
  CHECK(layer.run(false, true).dram->busy_cycles == 0);
}

TEST_CASE("bursts are filled up: an array takes whole bursts") {
  for (const auto& [burst, bursts] : std::map<std::uint32_t, std::uint64_t>{{48, 1}, {47, 2}, {24, 2}, {23, 3}}) {
    Layer layer;
    layer.chip.dram->burst_bytes = burst;
    layer.frame(1);
    const auto result = layer.run(true, false);
    CHECK(result.dram->weight_bursts == bursts);
    CHECK(result.dram->busy_cycles == bursts * burst);
  }
}

TEST_CASE("without reuse every access goes to DRAM, as dram_words counts it, and bandwidth bounds the event") {
  Layer layer;
  layer.chip.dram->reuse = hw::Reuse::none;
  for (int i = 0; i < 3; ++i) layer.frame(8, i == 0);
  const std::uint64_t macs = 3 * 8 * 4;
  const auto weights = layer.run(true, false);
  CHECK(weights.dram->weight_bursts == hw::dram_words(hw::Reuse::none, 32, 0, macs).weights);
  CHECK(weights.dram->state_read_bursts == 0);
  const auto state = layer.run(true, true);
  const auto words = hw::dram_words(hw::Reuse::none, 32, 4, macs);
  constexpr std::uint64_t word_bytes = 4, evaluated = 3 * 4;  // a group reads its sums once more
  CHECK(state.dram->weight_bursts == words.weights);
  CHECK(state.dram->state_read_bursts == (words.state_read + evaluated) * word_bytes);
  CHECK(state.dram->state_write_bursts == words.state_written * word_bytes);
  // An event of 4 MACs on one lane: 4 bytes of weights in 4 cycles just keep up; half the bandwidth takes twice as
  // long.
  layer.mapping.slices[0].state_in_dram = false;
  CHECK(latency_of(weights, 1) == latency_of(layer.run(false, false), 1));
  layer.chip.dram->bits_per_cycle = 4;
  CHECK(latency_of(layer.run(true, false), 1) == latency_of(layer.run(false, false), 1) + 8 * 4);
}

TEST_CASE("with reuse the traffic of frames that touch everything is what dram_words counts") {
  Layer layer;
  layer.frame(8);
  layer.frame(8);
  const auto result = layer.run(true, true);
  const auto words = hw::dram_words(hw::Reuse::frame, weight_bytes, state_bytes, 2 * 8 * 4);
  CHECK(result.dram->weight_bursts == 2 * words.weights);
  CHECK(result.dram->state_read_bursts == 2 * words.state_read);
  CHECK(result.dram->state_write_bursts == 2 * words.state_written);
}

TEST_CASE("a mapping in DRAM needs a chip that has one") {
  Layer layer;
  layer.frame(1);
  layer.chip.dram.reset();
  CHECK_THROWS_WITH_AS(layer.run(true, false), "the mapping has slices in DRAM, and the chip has none",
                       std::invalid_argument);
}
