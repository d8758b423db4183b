#include "sim/cache/archive.hpp"

#include <doctest/doctest.h>

using namespace deltasim;

namespace {

sim::Simulation example(bool dram) {
  sim::Simulation s;
  s.machine.cycles = 1;
  s.machine.frames.resize(2);
  s.machine.frames[1] = {2, 3, {{{}, 4, 5, 6}, {}}};
  s.machine.frames[1].rows[0].counts[hw::Activity::dram_write] = 7;
  s.machine.cores.resize(1);
  s.machine.cores[0].causes[hw::Cause::idle] = 8;
  s.machine.cores[0].lost_events = 9;
  s.machine.links = {{1, 2, 3, 4}};
  s.machine.ports[hw::Activity::event_in] = ~std::uint64_t{0};
  if (dram) s.machine.dram = {1, 2, 3, 4};
  s.machine.rows = {{1, 2}};
  s.machine.checked_values = 10;
  s.work = {{{{1, 2, 3, 4}}, {}}};
  s.outputs = {{-1, 2}, {}};
  s.lossless_outputs = {{3}};
  return s;
}

}  // namespace

TEST_CASE("cache: simulations come back as they were") {
  for (const bool dram : {false, true}) {
    const sim::Simulation before = example(dram);
    sim::Simulation after = example(!dram);  // nothing of what was there before remains
    REQUIRE(sim::unpack(sim::packed(before), after));
    CHECK(sim::packed(after) == sim::packed(before));
    CHECK(after.machine.dram.has_value() == dram);
    CHECK(after.machine.frames[1].rows[0].counts == before.machine.frames[1].rows[0].counts);
    CHECK(after.machine.frames[1].rows[0].macs_nonzero_weight == 6);
    CHECK(after.machine.cores[0].causes == before.machine.cores[0].causes);
    CHECK(after.machine.links[0].high_water == 4);
    CHECK(after.machine.ports == before.machine.ports);
    CHECK(after.machine.rows == before.machine.rows);
    CHECK(after.machine.checked_values == 10);
    CHECK(after.work[0][0][0].macs_nonzero_weight == 4);
    CHECK(after.outputs == before.outputs);
    CHECK(after.lossless_outputs == before.lossless_outputs);
  }
}

TEST_CASE("cache: labels, float outputs and calibrations come back as they were") {
  const sim::Answers answers{{std::nullopt, 0u, 7u}, {{1.5f}, {}, {-2.f, 3.f}}};
  sim::Answers again;
  REQUIRE(sim::unpack(sim::packed(answers), again));
  CHECK(again.labels == answers.labels);
  CHECK(again.outputs == answers.outputs);
  const models::Calibration calibration{{-1.f, 0.1f}, {2.f}};
  models::Calibration same;
  REQUIRE(sim::unpack(sim::packed(calibration), same));
  CHECK(same.low == calibration.low);
  CHECK(same.high == calibration.high);
}

TEST_CASE("cache: bytes that are no value are refused") {
  const std::string whole = sim::packed(example(true));
  sim::Simulation simulation;
  for (std::size_t size = 0; size < whole.size(); size += 13) {
    CAPTURE(size);
    CHECK(!sim::unpack(whole.substr(0, size), simulation));
  }
  CHECK(!sim::unpack(whole + "x", simulation));
  CHECK(!sim::unpack(std::string(200, '\xff'), simulation));
}
