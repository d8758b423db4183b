#include "sim/frame_energy.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace deltasim;
using doctest::Approx;

namespace {

constexpr double rate = 100;  // period 10 ms = 5 million cycles of the chip below

/// 500 MHz; per core 2 mW of memory leakage, a quarter of it weights, 1 mW of logic; 3 pJ of clock in a cycle.
hw::ChipParams gated() {
  hw::ChipParams chip;
  chip.core.weight_memory.size_bytes = 65536;
  chip.core.state_memory.size_bytes = 3 * 65536;
  chip.power_gating = {true, 1000, 0.2, 0.1};
  return chip;
}

sim::EnergyModel model(const hw::ChipParams& chip) {
  std::ifstream in(std::string(DELTASIM_SOURCE_DIR) + "/configs/energy/seneca.json");
  auto json = nlohmann::ordered_json::parse(in);
  const auto exactly = [&](const char* key, double value) {
    for (const char* part : {"value", "low", "high"}) json["static"][key][part] = value;
  };
  exactly("memory_leakage", 2);
  exactly("logic_leakage", 1);
  exactly("idle_clock", 3);
  return {json, "table.json", chip};
}

sim::FrameEnergy of(const hw::ChipParams& chip, std::uint64_t latency, bool keeps_state) {
  return sim::frame_energy({sim::Spread{777, {}}, latency, 4, keeps_state}, model(chip), chip, rate);
}

}  // namespace

TEST_CASE("without power gating leakage and clock flow for the whole period") {
  hw::ChipParams chip = gated();
  chip.power_gating.enabled = false;
  const auto e = of(chip, 500'000, true);
  CHECK(e.awake_s == 0.01);
  CHECK(e.asleep_s == 0);
  CHECK(e.leakage_awake.value == Approx(4 * 3e-3 * 0.01 * 1e12));  // cores x W x s, in pJ
  CHECK(e.idle_clock.value == Approx(4 * 3.0 * 5e6));
  CHECK(e.waking.value == 0);
  CHECK(e.leakage_asleep.value == 0);
  CHECK(e.total().value == Approx(777 + 1.2e8 + 6e7));
  CHECK(e.power_w() == Approx(e.total().value * 1e-12 * rate));
}

TEST_CASE("asleep, weights and needed states leak at their retention voltage, the rest as switched off") {
  const double awake = 500'000 / 500e6, waking = 1000 / 500e6, asleep = 0.01 - awake - waking;
  for (const bool keeps_state : {true, false}) {
    const auto e = of(gated(), 500'000, keeps_state);
    CHECK(e.awake_s == Approx(awake));
    CHECK(e.waking_s == Approx(waking));
    CHECK(e.asleep_s == Approx(asleep));
    CHECK(e.leakage_awake.value == Approx(4 * 3e9 * awake));
    CHECK(e.idle_clock.value == Approx(4 * 3.0 * 500'000));
    CHECK(e.waking.value == Approx(4 * (3e9 * waking + 3.0 * 1000)));
    const double mw = 0.5 * 0.2 + 1.5 * (keeps_state ? 0.2 : 0.1) + 1 * 0.1;
    CHECK(e.leakage_asleep.value == Approx(4 * mw * 1e9 * asleep));
    CHECK(e.dynamic.value == 777);
  }
}

TEST_CASE("cores sleep only where the frame and waking up leave time: one cycle decides") {
  const std::uint64_t period = 5'000'000;
  const auto last = of(gated(), period - 1001, true);
  CHECK(last.asleep_s == Approx(1 / 500e6).epsilon(1e-6));
  for (const std::uint64_t latency : {period - 1000, period, 2 * period}) {
    const auto e = of(gated(), latency, true);
    CHECK(e.asleep_s == 0);
    CHECK(e.waking_s == 0);
    CHECK(e.awake_s == 0.01);
  }
}
