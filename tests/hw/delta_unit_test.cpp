#include "hw/delta_unit.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <algorithm>

using namespace deltasim;

namespace {

struct Totals {
  std::uint64_t scan = 0, cycles = 0, neurons = 0, groups = 0, state_reads = 0, state_writes = 0, reference_reads = 0,
                reference_writes = 0, events = 0;
};

/// A convolution slice of 8 channels, 4 x 4 pixels: 128 neurons.
struct Slice {
  explicit Slice(const hw::CoreParams& core, bool absolute = false, bool reference = true)
      : layer(test::convolution_layer("c", 0, {2, 4, 4}, {8, 4, 4}, {})),
        integration(layer.branches[0], layer.output, models::whole(layer.output), core),
        unit(models::whole(layer.output), core, {{&integration, absolute}}, reference),
        touched(8, 16) {}

  /// `cycles`: all beats, until the last group is sent.
  Totals run(bool all, const std::vector<std::uint32_t>& fired = {}, bool fresh = false) {
    Totals t;
    hw::DeltaUnit::Group group, computed, sending;
    unit.begin(all, touched, fired, fresh);
    for (;;) {
      const bool found = unit.next(group) == hw::DeltaUnit::Step::group;
      t.scan += group.scan_cycles;
      if (!found && computed.empty() && sending.empty()) break;
      t.cycles += unit.beat(group, sending).cycles;
      sending = computed;
      computed = group;
      if (!found) continue;
      t.groups += 1;
      t.neurons += group.neurons;
      t.state_reads += group.state_reads;
      t.state_writes += group.state_writes;
      t.reference_reads += group.reference_reads;
      t.reference_writes += group.reference_writes;
      t.events += group.events_end - group.events_begin;
    }
    return t;
  }
  models::Layer layer;
  hw::Integration integration;
  hw::DeltaUnit unit;
  hw::TouchedFlags touched;
};

constexpr std::uint64_t drain = 2;  ///< beats after the last group was fetched

hw::CoreParams core(std::uint32_t lanes, std::uint32_t banks = 64) {
  hw::CoreParams core;
  core.evaluate_lanes = lanes;
  core.flag_word_bits = 64;
  core.state_memory = {1 << 20, banks, 64, 1};
  return core;
}

}  // namespace

TEST_CASE("all neurons: ceil(neurons / lanes) groups, no flags") {
  for (const std::uint32_t lanes : {1u, 4u, 127u, 128u, 129u}) {
    const Totals t = Slice(core(lanes, 256)).run(true);
    CHECK(t.groups == (128 + lanes - 1) / lanes);
    CHECK(t.cycles == t.groups + drain);
    CHECK(t.neurons == 128);
    CHECK(t.scan == 0);
  }
}

TEST_CASE("touched neurons: every flag word is scanned, groups without a touched neuron cost nothing") {
  Slice slice(core(4));
  CHECK(slice.run(false).scan == 2);  // 128 neurons, 64 flags a word
  CHECK(slice.run(false).groups == 0);
  slice.touched.mark_pixel(3);
  const Totals pixel = slice.run(false);
  CHECK(pixel.groups == 2);  // 8 channels, 4 lanes
  CHECK(pixel.neurons == 8);
  CHECK(pixel.scan == 2);
  slice.touched.clear();
  slice.touched.mark(3, 1);
  slice.touched.mark(3, 6);
  slice.touched.mark(15, 7);
  const Totals neurons = slice.run(false);
  CHECK(neurons.groups == 3);
  CHECK(neurons.neurons == 3);
  CHECK(neurons.scan == 2);
}

TEST_CASE("flag words: n and n + 1 neurons") {
  auto params = core(4);
  for (const auto& [bits, words] : {std::pair{127u, 2u}, {128u, 1u}, {129u, 1u}, {1u, 128u}}) {
    params.flag_word_bits = bits;
    CHECK(Slice(params).run(false).scan == words);
  }
}

TEST_CASE("a neuron that fires without being touched is evaluated as well") {
  Slice slice(core(4));
  const Totals t = slice.run(false, {50, 51, 51});
  CHECK(t.groups == 1);
  CHECK(t.events == 3);
  CHECK(t.reference_writes == 1);
}

TEST_CASE("a group's words: sums, references, the bias of absolute branches") {
  // 8 neurons: 8 x 32 bits = 4 words of sums, 8 x 16 bits = 2 words of references
  const Totals delta = Slice(core(8)).run(true, {0, 3, 4, 9});
  CHECK(delta.state_reads == 16 * 4);
  CHECK(delta.state_writes == 0);
  CHECK(delta.reference_reads == 16 * 2);
  CHECK(delta.reference_writes == 3);  // 0 and 3 share a word, 4 and 9 have their own
  const Totals absolute = Slice(core(8), true, false).run(true, {0, 3, 4, 9});
  CHECK(absolute.state_reads == 16 * 4);
  CHECK(absolute.state_writes == 16 * 4);
  CHECK(absolute.reference_reads == 0);
  CHECK(absolute.reference_writes == 0);
}

TEST_CASE("a beat takes the accesses of the fullest bank over its ports") {
  for (const std::uint32_t ports : {1u, 2u})
    for (const std::uint32_t banks : {1u, 2u, 3u, 5u, 6u, 8u}) {
      std::uint64_t cycles = drain;
      for (std::uint32_t g = 0; g < 16; ++g) {
        std::vector<std::uint32_t> load(banks);
        for (std::uint32_t i = 0; i < 4; ++i) ++load[(4 * g + i) % banks];       // sums
        for (std::uint32_t i = 0; i < 2; ++i) ++load[(64 + 2 * g + i) % banks];  // references, after 64 words of sums
        cycles += (*std::max_element(load.begin(), load.end()) + ports - 1) / ports;
      }
      CAPTURE(banks);
      CAPTURE(ports);
      hw::CoreParams params = core(8, banks);
      params.state_memory.ports = ports;
      CHECK(Slice(params).run(true).cycles == cycles);
    }
}

TEST_CASE("a group takes at least evaluate_cycles, and fire_cycles more where it sends") {
  for (const auto& [least, cycles] : {std::pair{1u, 6u}, {6u, 6u}, {7u, 7u}, {9u, 9u}}) {
    hw::CoreParams params = core(8, 1);  // 6 words: 6 cycles
    params.evaluate_cycles = least;
    CHECK(Slice(params).run(true).cycles == 16 * cycles + drain);
    params.fire_cycles = 4;
    CHECK(Slice(params).run(true).cycles == 16 * cycles + drain);
    const Totals firing = Slice(params).run(true, {0, 1, 9});  // two groups, with a reference written: 7 words
    CHECK(firing.cycles == 14 * cycles + 2 * (std::max(least, 7u) + 4) + drain);
    // The last two groups are sent when nothing is fetched any more: one write, one cycle.
    CHECK(Slice(params).run(true, {119, 127}).cycles == 16 * cycles + drain + 2 * 4);
  }
}

TEST_CASE("references that changed are written with the reads two groups later, or while flags are scanned") {
  Slice all(core(8, 1));
  CHECK(all.run(true, {0}).cycles == 15 * 6 + 7 + drain);
  Slice slice(core(8, 1));
  slice.touched.mark_pixel(0);
  const Totals quiet = slice.run(false);
  CHECK(quiet.cycles == (1 + 6) + 1 + 1);  // flags and words; the second word of flags; nothing more
  CHECK(slice.run(false, {0}).cycles == quiet.cycles);
  slice.touched.mark_pixel(1);
  slice.touched.mark_pixel(8);  // its flags are in the second word: scanned while the first group is sent
  CHECK(slice.run(false).cycles == (1 + 6) + 6 + (1 + 6) + 1 + 1);
  CHECK(slice.run(false, {0}).cycles == slice.run(false).cycles);
}

TEST_CASE("after a reset all references of a group are written, whether they changed or not") {
  CHECK(Slice(core(8)).run(true, {0}).reference_writes == 1);
  const Totals fresh = Slice(core(8, 1)).run(true, {0}, true);
  CHECK(fresh.reference_writes == 16 * 2);
  CHECK(fresh.cycles == 2 * 6 + 14 * 8 + 2 * 2);  // reads; reads with writes; writes
}

TEST_CASE("a slice that waits for rows looks at the same groups and flag words, each once its neurons are complete") {
  for (const bool all : {true, false}) {
    Slice slice(core(3));
    for (const std::size_t pixel : {0u, 5u, 6u, 15u}) slice.touched.mark_pixel(pixel);
    const std::vector<std::uint32_t> fired{3, 41, 127};
    const Totals whole = slice.run(all, fired);
    Totals t;
    hw::DeltaUnit::Group group;
    slice.unit.begin(all, slice.touched, fired);
    for (std::size_t rows = 0; rows <= 5; ++rows) {
      const std::size_t complete = std::min<std::size_t>(rows, 4) * 32;  // 4 pixels of 8 channels; then the frame's end
      slice.unit.allow(complete, rows == 5);
      hw::DeltaUnit::Step step = hw::DeltaUnit::Step::group;
      while (step == hw::DeltaUnit::Step::group) {
        step = slice.unit.next(group);
        t.scan += group.scan_cycles;
        if (step != hw::DeltaUnit::Step::group) break;
        const std::size_t end = std::min<std::size_t>(group.first + 3, 128);
        CHECK((all ? end : (end + 63) / 64 * 64) <= (rows == 5 ? 128 : complete));
        t.groups += 1;
        t.neurons += group.neurons;
        t.events += group.events_end - group.events_begin;
        t.state_reads += group.state_reads;
      }
      CHECK(step == (rows == 5 ? hw::DeltaUnit::Step::done : hw::DeltaUnit::Step::wait));
      CHECK(slice.unit.decided() <= (rows == 5 ? 128 : complete));
      CHECK(slice.unit.decided() + (all ? 3 : 64) > complete);
    }
    CHECK(slice.unit.decided() == 128);
    CHECK(t.groups == whole.groups);
    CHECK(t.neurons == whole.neurons);
    CHECK(t.events == whole.events);
    CHECK(t.scan == whole.scan);
    CHECK(t.state_reads == whole.state_reads);
  }
}
