#include "sim/supply.hpp"

#include "models/error.hpp"
#include "sim/energy.hpp"
#include "sim/run_config.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace deltasim;
using hw::Activity;

namespace {

std::string shipped(const std::string& name) { return std::string(DELTASIM_SOURCE_DIR) + "/configs/energy/" + name; }

hw::ChipParams chip(std::uint32_t mhz) {
  hw::ChipParams chip;
  chip.clock_mhz = mhz;
  chip.operating_points = {{700, 1.0}, {100, 0.5}, {500, 0.8}};  // in any order
  return chip;
}

/// What reading a hardware file says; empty: it is right.
std::string complaint(const std::string& text) {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("hw/chip.json", text);
  try {
    sim::read_hardware(file);
  } catch (const models::InputError& e) {
    const std::string message = e.what();
    return message.substr(message.find("chip.json: ") + 11);
  }
  return "";
}

sim::EnergyModel at(double volt, const char* table) {
  hw::ChipParams chip;
  chip.voltage = volt;
  return sim::EnergyModel::read(shipped(table), chip);
}

}  // namespace

TEST_CASE("the voltage is that of the operating point, between two points on the line between them") {
  CHECK(*sim::supply_volt(chip(100)) == 0.5);
  CHECK(*sim::supply_volt(chip(500)) == 0.8);
  CHECK(*sim::supply_volt(chip(700)) == 1.0);
  CHECK(*sim::supply_volt(chip(300)) == doctest::Approx(0.65));
  CHECK(*sim::supply_volt(chip(600)) == doctest::Approx(0.9));
  CHECK_FALSE(sim::supply_volt(hw::ChipParams{}));
  hw::ChipParams more = chip(500);
  more.voltage = 0.85;  // a margin
  CHECK(*sim::supply_volt(more) == 0.85);
}

TEST_CASE("a frequency without a voltage is refused, and points that are none") {
  const std::string points = R"("operating_points": [{"mhz": 100, "volt": 0.5}, {"mhz": 500, "volt": 0.8}])";
  CHECK(complaint("{" + points + R"(, "clock_mhz": 100})") == "");
  CHECK(complaint("{" + points + R"(, "clock_mhz": 500, "voltage": 0.8})") == "");
  const char* text = "/clock_mhz: is {}, a frequency without a voltage; operating_points allow 100 to 500 MHz";
  for (const char* mhz : {"99", "501"}) {
    std::string expected = text;
    expected.replace(expected.find("{}"), 2, mhz);
    CHECK(complaint("{" + points + R"(, "clock_mhz": )" + mhz + "}") == expected);
  }
  CHECK(complaint("{" + points + R"(, "clock_mhz": 300, "voltage": 0.6})") ==
        "/voltage: is 0.6 V; 300 MHz needs at least 0.65 V (operating_points)");
  CHECK(complaint(R"({"operating_points": [], "core": {}})") ==
        "/operating_points: is empty; null, or points {mhz, volt}");
  CHECK(complaint(R"({"operating_points": [{"mhz": 100, "volt": 0.5}, {"mhz": 100, "volt": 0.6}]})") ==
        "/operating_points: 100 MHz stands twice; one voltage for each frequency");
  CHECK(complaint(R"({"operating_points": [{"mhz": 100, "volt": 0.9}, {"mhz": 500, "volt": 0.8}]})") ==
        "/operating_points: 100 MHz needs 0.9 V, 500 MHz only 0.8 V; a voltage that does not fall with the frequency");
  CHECK(complaint(R"({"operating_points": [{"mhz": 100}]})").rfind("/operating_points/0: ", 0) == 0);
}

TEST_CASE("dynamic energy goes with the square of the voltage, leakage with a power that has a range") {
  const auto full = at(0.8, "seneca.json"), half = at(0.4, "seneca.json");
  for (std::size_t i = 0; i < hw::activity_total; ++i) {
    const auto a = static_cast<Activity>(i);
    CHECK(half.of(a).pj.value == doctest::Approx(full.of(a).pj.value / 4));
    CHECK(half.of(a).pj.high == doctest::Approx(full.of(a).pj.high / 4));
  }
  CHECK(half.idle_clock_pj().range.value == doctest::Approx(full.idle_clock_pj().range.value / 4));
  const auto &leak = half.leakage_mw_per_core().range, &leak_full = full.leakage_mw_per_core().range;
  CHECK(leak.value == doctest::Approx(std::pow(0.5, 2.5) * leak_full.value));
  CHECK(leak.low == doctest::Approx(std::pow(0.5, 4) * leak_full.low));
  CHECK(leak.high == doctest::Approx(0.5 * leak_full.high));
}

TEST_CASE("without a voltage the chip runs at the table's, and memories have theirs") {
  hw::ChipParams chip;  // 22 nm
  const auto as_table = sim::EnergyModel::read(shipped("seneca.json"), chip);
  CHECK(as_table.of(Activity::mac).pj == at(0.8, "seneca.json").of(Activity::mac).pj);
  const auto cmos = sim::EnergyModel::read(shipped("cmos.json"), chip), scaled = at(0.8, "cmos.json");
  CHECK(scaled.of(Activity::state_read).pj.value == doctest::Approx(cmos.of(Activity::state_read).pj.value));
  const double logic_volt = 0.9 - 0.2 * std::log(45.0 / 22) / std::log(45.0 / 7);  // between 45 and 7 nm
  CHECK(scaled.of(Activity::mac).pj.value ==
        doctest::Approx(cmos.of(Activity::mac).pj.value * std::pow(0.8 / logic_volt, 2)));
}

TEST_CASE("a table that states no voltage cannot be scaled") {
  std::ifstream in(shipped("seneca.json"));
  auto json = nlohmann::ordered_json::parse(in);
  json.erase("voltage");
  CHECK_NOTHROW(sim::EnergyModel(json, "table.json", hw::ChipParams{}));
  CHECK_THROWS_WITH_AS(
      sim::EnergyModel(json, "table.json", chip(600)),
      "table.json: /voltage: is missing, and the chip runs at 0.9 V; the voltage at which the energies "
      "hold, or a chip without 'voltage'",
      models::InputError);
}
