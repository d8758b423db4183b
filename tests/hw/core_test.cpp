// A core's timing, seen from outside: one layer on a mesh of one core, in closed formulas.
#include "hw/machine.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/mappings.hpp"
#include "tests/hw/scripted_stream.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using hw::Activity;
using hw::Cause;

namespace {

/// `outputs` raw sums of a dense layer over `inputs` features: an event reaches all of them.
models::Network dense(std::uint32_t inputs, std::uint32_t outputs) {
  models::Network network;
  network.layers.push_back(test::input_layer({inputs, 1, 1}));
  network.layers.push_back(test::convolution_layer("dense", 0, {inputs, 1, 1}, {outputs, 1, 1}, {}));
  network.layers[1].raw_output = true;
  return network;
}

hw::ChipParams one_core() {
  hw::ChipParams chip;
  chip.noc.columns = chip.noc.rows = 1;
  chip.core.evaluate = hw::Evaluate::all;
  chip.core.weight_memory = {1 << 20, 64, 64, 4};
  chip.core.state_memory = {1 << 20, 64, 64, 4};
  return chip;
}

hw::MachineResult run(const models::Network& network, const hw::ChipParams& chip, test::ScriptedStream& stream) {
  stream.rewind();
  return test::simulate(network, test::layer_by_layer(network, chip.noc.columns * chip.noc.rows), chip, stream, {});
}

hw::MachineResult run_events(std::uint32_t events, std::uint32_t outputs, const hw::ChipParams& chip) {
  const auto network = dense(1000, outputs);
  test::ScriptedStream stream(2);
  std::vector<models::DeltaEvent> input;
  for (std::uint32_t i = 0; i < events; ++i) input.push_back({i, 0, 0, 1});
  stream.add(input);
  return run(network, chip, stream);
}

/// Port to core takes one cycle, and so does core to port.
constexpr std::uint64_t in = 1, out = 1, token = 1;
/// An evaluation begins when the additions before it are written, and sends two stages later.
constexpr std::uint64_t pipeline = 3, stages = 2;

}  // namespace

TEST_CASE("a frame takes its events, its evaluation and its tokens, and nothing else") {
  const auto chip = one_core();
  for (const std::uint32_t events : {0u, 1u, 2u, 100u})
    for (const std::uint32_t outputs : {1u, 16u, 17u, 40u}) {
      CAPTURE(events);
      CAPTURE(outputs);
      const auto result = run_events(events, outputs, chip);
      const std::uint64_t integrate = events * ((outputs + 15) / 16);
      // One sum a cycle leaves the core; groups of four are evaluated meanwhile.
      const std::uint64_t ended = in + integrate + token + pipeline + stages + outputs + token;
      REQUIRE(result.frames.size() == 1);
      CHECK(result.frames[0].started == 0);
      CHECK(result.frames[0].finished == ended + out);
      const hw::CoreResult& core = result.cores[0];
      CHECK(core.causes[Cause::busy] == integrate);
      CHECK(core.causes[Cause::evaluate] == stages + outputs);
      CHECK(core.causes[Cause::control] == pipeline + 3);  // end of frame in, end of frame out, ready
      CHECK(core.causes[Cause::input_empty] == in);
      CHECK(core.causes.sum() == result.cycles);
      CHECK(core.counts[Activity::event_in] == events);
      CHECK(core.counts[Activity::mac] == events * outputs);
      CHECK(core.counts[Activity::evaluate] == outputs);
      CHECK(core.counts[Activity::event_out] == outputs);
    }
}

TEST_CASE("decoding hides behind the lanes where it overlaps, else it comes on top") {
  auto chip = one_core();
  for (const std::uint32_t decode : {0u, 1u, 2u, 3u, 7u}) {
    chip.core.decode_cycles = decode;
    const std::uint64_t events = 50, steps = 2;  // 32 outputs on 16 lanes
    chip.core.decode_overlap = true;
    const auto overlapped = run_events(events, 32, chip).cores[0].causes;
    CHECK(overlapped[Cause::busy] == events * steps);
    CHECK(overlapped[Cause::control] == pipeline + 3 + events * (decode > steps ? decode - steps : 0));
    chip.core.decode_overlap = false;
    const auto serial = run_events(events, 32, chip).cores[0].causes;
    CHECK(serial[Cause::busy] == events * steps);
    CHECK(serial[Cause::control] == pipeline + 3 + events * decode);
  }
}

TEST_CASE("conflicts show in their cause and lengthen the frame by as much") {
  auto chip = one_core();
  const auto fast = run_events(100, 16, chip);
  chip.core.weight_memory = {1 << 20, 1, 64, 1};  // two words, one bank: one more cycle
  const auto weights = run_events(100, 16, chip);
  CHECK(weights.cores[0].causes[Cause::weight_conflict] == 100);
  CHECK(weights.frames[0].finished == fast.frames[0].finished + 100);
  chip = one_core();
  chip.core.state_memory = {1 << 20, 4, 64, 2};  // 8 words in 4 banks, read and written: 4 accesses on 2 ports
  const auto state = run_events(100, 16, chip);
  CHECK(state.cores[0].causes[Cause::state_conflict] >= 100);
  CHECK(state.cores[0].counts[Activity::state_read] == fast.cores[0].counts[Activity::state_read]);
}

TEST_CASE("a key frame writes all of the state first") {
  const auto network = dense(10, 64);
  auto chip = one_core();
  chip.core.state_memory = {1 << 20, 2, 64, 1};
  for (const bool key : {false, true}) {
    test::ScriptedStream stream(2);
    stream.add({}, key);
    const auto result = run(network, chip, stream);
    const std::uint64_t words = 64 * 32 / 64;
    CHECK(result.cores[0].counts[Activity::state_write] == (key ? words : 0));
    CHECK(result.cores[0].causes[Cause::control] == pipeline + 3 + (key ? words / 2 : 0));
  }
}

TEST_CASE("touched evaluation follows the events, the first frame and absolute streams evaluate everything") {
  models::Network network;
  network.layers.push_back(test::input_layer({4, 8, 8}));
  models::Window w;
  w.kernel_h = w.kernel_w = 3;
  w.pad_top = w.pad_left = 1;
  network.layers.push_back(test::convolution_layer("c", 0, {4, 8, 8}, {8, 8, 8}, w));
  network.layers[1].raw_output = true;
  auto chip = one_core();
  chip.core.evaluate = hw::Evaluate::touched;
  for (const bool absolute : {false, true}) {
    test::ScriptedStream stream(2);
    stream.change_traits().absolute = {std::uint8_t{absolute}, 0};
    stream.add({}, true);
    stream.add({{0, 0, 0, 5}});
    stream.add({});
    stream.add({{1, 4, 4, 1}, {3, 4, 4, 1}, {0, 7, 7, 1}});
    const auto frames = run(network, chip, stream).frames;
    const auto evaluated = [&](std::size_t f) { return frames[f].rows[1].counts[Activity::evaluate]; };
    CHECK(evaluated(0) == 512);
    CHECK(evaluated(1) == (absolute ? 512 : 4 * 8));
    CHECK(evaluated(2) == (absolute ? 512 : 0));
    CHECK(evaluated(3) == (absolute ? 512 : (9 + 4) * 8));
    CHECK(frames[2].rows[1].counts[Activity::flag_read] == (absolute ? 0 : 512 / 64));
    CHECK(frames[2].rows[1].counts[Activity::event_out] == evaluated(2));
  }
}

TEST_CASE("an output queue of one flit slows a core down to the pace of the link, not below") {
  auto chip = one_core();
  const auto deep = run_events(10, 64, chip);
  chip.core.output_queue_flits = 1;
  const auto shallow = run_events(10, 64, chip);
  // A flit is written, leaves half a cycle later, and its room is seen in the cycle after: every other cycle.
  CHECK(shallow.frames[0].finished > deep.frames[0].finished);
  CHECK(shallow.frames[0].finished <= deep.frames[0].finished + 2 * 64 + 4);
  CHECK(shallow.cores[0].causes[Cause::output_full] > 0);
  CHECK(shallow.cores[0].output_queue_high_water == 1);
  CHECK(shallow.cores[0].counts == deep.cores[0].counts);
}

TEST_CASE("control instructions are counted for each event") {
  auto chip = one_core();
  chip.core.control_instructions = 20;
  CHECK(run_events(7, 4, chip).cores[0].counts[Activity::control_instruction] == 140);
}
