#include "sim/energy.hpp"

#include "models/error.hpp"
#include "sim/energy_document.hpp"
#include "sim/energy_table.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace deltasim;
using hw::Activity;
using Json = nlohmann::ordered_json;

namespace {

std::string shipped(const std::string& name) { return std::string(DELTASIM_SOURCE_DIR) + "/configs/energy/" + name; }

Json load(const std::string& name) {
  std::ifstream in(shipped(name));
  return Json::parse(in);
}

hw::ChipParams chip_at(std::uint32_t node_nm) {
  hw::ChipParams chip;
  chip.node_nm = node_nm;
  return chip;
}

double mac_pj(std::uint32_t node_nm) {
  return sim::EnergyModel::read(shipped("cmos.json"), chip_at(node_nm)).of(Activity::mac).pj.value;
}

sim::SramTable table() { return sim::parse_energy_table(load("cmos.json"), "cmos.json").sram; }

double percent(double value, double published) { return 100 * (value / published - 1); }

/// What the table says is wrong after a change.
std::string complaint(const std::function<void(Json&)>& change, const std::string& name = "cmos.json") {
  Json json = load(name);
  change(json);
  try {
    sim::EnergyModel(json, "table.json", hw::ChipParams{});
  } catch (const models::InputError& e) {
    return e.what();
  }
  return "";
}

void check_error(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CHECK(text.find(part) != std::string::npos);
}

hw::Counts one_of_each() {
  hw::Counts counts;
  for (std::size_t i = 0; i < hw::activity_total; ++i) counts[static_cast<Activity>(i)] = i + 1;
  return counts;
}

}  // namespace

TEST_CASE("multiply-accumulates cost what is published, between published nodes what the power law says") {
  CHECK(mac_pj(45) == doctest::Approx(0.3));
  CHECK(mac_pj(7) == doctest::Approx(0.1));
  CHECK(mac_pj(28) == doctest::Approx(0.2266).epsilon(0.001));
  CHECK(mac_pj(22) == doctest::Approx(0.1965).epsilon(0.001));
  for (const double n : {10.0, 16.0, 32.0, 40.0})
    CHECK(mac_pj(static_cast<std::uint32_t>(n)) ==
          doctest::Approx(0.3 * std::pow(0.1 / 0.3, std::log(45 / n) / std::log(45.0 / 7))));
}

TEST_CASE("SRAM energies meet the figures that they were calibrated with, to the errors stated") {
  const auto sram = table();
  const auto read = [&](double node, double kib, double bits) {
    return sram.estimate(node, kib * 1024, bits, 1).read_pj;
  };
  const auto write = [&](double node, double kib, double bits) {
    return sram.estimate(node, kib * 1024, bits, 1).write_pj;
  };
  const auto within = [](double value, double published, double stated) {
    CHECK(std::abs(percent(value, published) - stated) < 1.0);
  };
  within(read(45, 8, 64), 10, -2);       // Horowitz
  within(read(45, 32, 64), 20, 0);       // Horowitz
  within(read(45, 1024, 64), 100, 0);    // Horowitz
  within(read(22, 256, 128), 23.2, 5);   // SENECA data memory, 8 lanes of 16 bit
  within(write(22, 256, 128), 28, -20);  // SENECA
  within(read(22, 256, 64), 11.6, 37);   // SENECA
  within(read(22, 256, 32), 10, 0);      // SENECA, RISC-V data access
  within(read(22, 32, 32), 5.7, -14);    // SENECA, instruction memory
}

TEST_CASE("a row of the table is met exactly, and between rows nothing overshoots") {
  const auto sram = table();
  const double k = sram.calibration(65536);
  CHECK(k == doctest::Approx(1.8));
  CHECK(sram.estimate(22, 65536, 64, 1).read_pj == doctest::Approx(k * 3.8839));
  CHECK(sram.estimate(22, 65536, 64, 2).read_pj == doctest::Approx(k * 7.384));
  const auto between = [](double low, double x, double high) {
    CHECK(x > std::min(low, high));
    CHECK(x < std::max(low, high));
  };
  const auto at = [&](double node, double bytes, double bits) {
    return sram.estimate(node, bytes, bits, 1).write_pj / sram.calibration(bytes);
  };
  between(at(22, 8192, 64), at(22, 12000, 64), at(22, 16384, 64));
  between(at(22, 16384, 64), at(22, 16384, 100), at(22, 16384, 128));
  between(at(22, 16384, 64), at(28, 16384, 64), at(32, 16384, 64));
  // The middle of two sizes in the logarithm is their geometric mean.
  CHECK(at(22, 8192 * std::sqrt(2.0), 64) == doctest::Approx(std::sqrt(at(22, 8192, 64) * at(22, 16384, 64))));
}

TEST_CASE("outside the table the nearest figure is taken, and said so") {
  const auto sram = table();
  CHECK(sram.estimate(22, 65536, 64, 1).note == "");
  CHECK(sram.estimate(7, 65536, 64, 1).read_pj == doctest::Approx(sram.estimate(22, 65536, 64, 1).read_pj));
  CHECK(sram.estimate(7, 65536, 64, 1).note == "SRAM at 7 nm is taken as at 22 nm");
  CHECK(sram.estimate(22, 100, 32, 1).note == "a bank of 100 B x 32 bit is taken as 256 B");
  CHECK(sram.estimate(22, 1 << 22, 64, 1).leak_mw_300k ==
        doctest::Approx(2 * sram.estimate(22, 1 << 21, 64, 1).leak_mw_300k));
  // 512 bits are two arrays of 256 bits and half the size.
  const double k = sram.calibration(65536) / sram.calibration(32768);
  CHECK(sram.estimate(22, 65536, 512, 1).read_pj == doctest::Approx(2 * k * sram.estimate(22, 32768, 256, 1).read_pj));
  const auto model = sim::EnergyModel::read(shipped("cmos.json"), chip_at(7));
  REQUIRE(!model.notes().empty());
  CHECK(model.notes().front().find("taken as at 22 nm") != std::string::npos);
}

TEST_CASE("memory energies follow from the bank, not from the whole memory") {
  hw::ChipParams chip;
  chip.core.weight_memory = {65536, 1, 64, 1};
  const double one = sim::EnergyModel::read(shipped("cmos.json"), chip).of(Activity::weight_read).pj.value;
  chip.core.weight_memory = {262144, 4, 64, 1};
  const double four = sim::EnergyModel::read(shipped("cmos.json"), chip).of(Activity::weight_read).pj.value;
  CHECK(one == doctest::Approx(1.8 * 3.8839));
  CHECK(four == doctest::Approx(one));
  chip.core.weight_memory.banks = 1;
  CHECK(sim::EnergyModel::read(shipped("cmos.json"), chip).of(Activity::weight_read).pj.value > one);
}

TEST_CASE("every activity has an energy with range and source, or a reason for none") {
  for (const auto* name : {"cmos.json", "seneca.json", "seneca_spikes.json", "loihi1.json", "loihi2_like.json",
                           "neuronflow.json", "sne.json"}) {
    auto chip = chip_at(22);
    chip.dram.emplace();
    const auto model = sim::EnergyModel::read(shipped(name), chip);
    for (std::size_t i = 0; i < hw::activity_total; ++i) {
      const auto& e = model.of(static_cast<Activity>(i));
      CAPTURE(name);
      CAPTURE(hw::activity_info[i].name);
      CHECK(e.source != "");
      if (e.pj.value > 0) {
        CHECK(e.pj.low < e.pj.value);
        CHECK(e.pj.high > e.pj.value);
      } else {
        CHECK(e.note != "");
      }
    }
  }
}

TEST_CASE("SENECA's published sums come out: 13.35 pJ for a synapse, 11.9 for an evaluation") {
  hw::ChipParams chip = chip_at(22);
  chip.core.weight_memory.word_bits = chip.core.state_memory.word_bits = 128;  // 8 lanes of 16 bit
  const auto model = sim::EnergyModel::read(shipped("seneca.json"), chip);
  const auto pj = [&](Activity a) { return model.of(a).pj.value; };
  // A word holds 16 weights of 8 bit, 8 states or 8 references.
  CHECK(pj(Activity::mac) + pj(Activity::weight_read) / 16 + pj(Activity::state_read) / 8 +
            pj(Activity::state_write) / 8 ==
        doctest::Approx(13.35));
  CHECK(pj(Activity::evaluate) + pj(Activity::state_read) / 8 + pj(Activity::reference_read) / 8 ==
        doctest::Approx(11.9));
  chip.noc.flit_bits = 32;
  CHECK(pj(Activity::reference_write) / 8 + pj(Activity::event_out) + pj(Activity::flit_hop) == doctest::Approx(7.0));
  CHECK(20 * pj(Activity::control_instruction) == doctest::Approx(232));
}

TEST_CASE("components sum to the total, and each activity is in one of them") {
  const auto model = sim::EnergyModel::read(shipped("cmos.json"), chip_at(22));
  const auto counts = one_of_each();
  const double core_cycles = 12345;
  const auto total = model.by_component(counts, core_cycles).total().range();
  const auto expected = (model.energy_of(counts) + model.leakage(core_cycles) + model.idle_clock(core_cycles)).range();
  CHECK(total.value == doctest::Approx(model.pj(counts) + model.always_on_pj(core_cycles)));
  CHECK(total.value == doctest::Approx(expected.value));
  CHECK(total.low == doctest::Approx(expected.low));
  CHECK(total.high == doctest::Approx(expected.high));
  double sum = 0;
  for (std::size_t i = 0; i < hw::activity_total; ++i)
    sum += static_cast<double>(i + 1) * model.of(static_cast<Activity>(i)).pj.value;
  CHECK(model.energy_of(counts).value == doctest::Approx(sum));
  CHECK(sim::component_of(Activity::reference_read) == sim::Component::reference);
  CHECK(sim::component_of(Activity::flit_hop) == sim::Component::network);
}

TEST_CASE("a total lies inside its range, and its range inside the sum of the ranges") {
  for (const auto* name : {"cmos.json", "seneca.json"})
    for (const std::uint32_t node : {7U, 22U, 45U}) {
      CAPTURE(name);
      CAPTURE(node);
      const auto model = sim::EnergyModel::read(shipped(name), chip_at(node));
      sim::Energy whole;
      for (std::size_t i = 0; i < hw::activity_total; ++i) {
        const auto& pj = model.of(static_cast<Activity>(i)).pj;
        whole.low += static_cast<double>(i + 1) * pj.low;
        whole.high += static_cast<double>(i + 1) * pj.high;
      }
      const auto total = model.energy_of(one_of_each()).range();
      CHECK(total.low > whole.low);
      CHECK(total.low < total.value);
      CHECK(total.high > total.value);
      CHECK(total.high < whole.high);
    }
}

TEST_CASE("two models of one table draw the same") {
  const auto first = sim::EnergyModel::read(shipped("cmos.json"), chip_at(22));
  const auto again = sim::EnergyModel::read(shipped("cmos.json"), chip_at(22));
  CHECK(first.by_component(one_of_each(), 10).total().draws == again.by_component(one_of_each(), 10).total().draws);
}

TEST_CASE("leakage is power times time") {
  hw::ChipParams chip = chip_at(22);
  chip.clock_mhz = 500;
  const auto model = sim::EnergyModel::read(shipped("cmos.json"), chip);
  const auto one_second_of_a_core = model.leakage(500'000'000);
  CHECK(one_second_of_a_core.value == doctest::Approx(model.leakage_mw_per_core().range.value * 1e9));  // mW s = 1e9 pJ
  CHECK(model.leakage_mw_per_core().range.low < model.leakage_mw_per_core().range.value);
  chip.core.state_memory.size_bytes *= 2;
  CHECK(sim::EnergyModel::read(shipped("cmos.json"), chip).leakage_mw_per_core().range.value >
        model.leakage_mw_per_core().range.value);
}

TEST_CASE("energy per bit follows the width of link and word") {
  hw::ChipParams chip = chip_at(22);
  const double narrow = sim::EnergyModel::read(shipped("cmos.json"), chip).of(Activity::flit_hop).pj.value;
  CHECK(narrow == doctest::Approx(2.0));
  chip.noc.flit_bits = 64;
  CHECK(sim::EnergyModel::read(shipped("cmos.json"), chip).of(Activity::flit_hop).pj.value ==
        doctest::Approx(2 * narrow));
}

TEST_CASE("a table at fault is refused with its place") {
  CHECK(complaint([](Json&) {}) == "");
  check_error(complaint([](Json& j) { j["activities"].erase("mac"); }), "table.json: /activities: 'mac' is missing");
  check_error(complaint([](Json& j) { j["activities"]["flit_hop"]["low"] = 1; }),
              "/activities/flit_hop: low 1, value 0.0625, high 0.14375 are not in this order; low <= value <= high");
  check_error(complaint([](Json& j) { j["activities"]["flit_hop"]["unit"] = "nJ"; }),
              "/activities/flit_hop/unit: unknown unit 'nJ'; here: pJ, pJ/bit");
  check_error(complaint([](Json& j) { j["activities"]["mac"]["unit"] = "pJ/bit"; }, "seneca.json"),
              "/activities/mac/unit: unknown unit 'pJ/bit'; here: pJ");
  check_error(complaint([](Json& j) { j["activities"]["flit_hop"]["source"] = "HEARSAY"; }),
              "/activities/flit_hop/source: unknown source 'HEARSAY'; a key of /sources: ");
  check_error(complaint([](Json& j) { j["operations"]["int8_mac"]["points"][0].erase("source"); }),
              "/operations/int8_mac/points/0: 'source' is missing");
  check_error(complaint([](Json& j) {
                j["activities"]["mac"]["operations"] = {{"int4_mac", 1}};
              }),
              "/activities/mac/operations: unknown operation 'int4_mac'");
  check_error(complaint([](Json& j) { j["activities"]["teleport"] = 1; }), "/activities: unknown activity 'teleport'");
  check_error(complaint([](Json& j) { j["sram"]["rows"][3][4] = -1; }), "/sram/rows/3/4: is -1; a number from ");
  check_error(complaint([](Json& j) { j["sram"]["rows"][3].erase(7); }), "/sram/rows/3: is not a row; 8 numbers");
  check_error(complaint([](Json& j) { j.erase("sram"); }), "there is no section /sram to take it from");
  check_error(complaint([](Json& j) { j["static"]["idle_clock"]["value"] = true; }),
              "/static/idle_clock/value: is true");
  check_error(complaint([](Json& j) { j["stacic"] = 1; }), "table.json: /: unknown key 'stacic'");
  check_error(complaint([](Json& j) { j["activities"]["mac"]["note"] = 7; }),
              "/activities/mac/note: is number; a string");
}

TEST_CASE("docs/energy-numbers.md is what the tables give (bench/energy_numbers.py)") {
  std::vector<std::string> files;
  for (const char* folder : {"energy", "hw"})
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(DELTASIM_SOURCE_DIR) + "/configs/" + folder))
      files.push_back(entry.path().string());
  std::ifstream in(std::string(DELTASIM_SOURCE_DIR) + "/docs/energy-numbers.md");
  REQUIRE(in);
  const std::string document{std::istreambuf_iterator<char>(in), {}};
  const std::string generated = sim::energy_document(files);
  CHECK(document.find("generated by bench/energy_numbers.py -->\n\n" + generated + "\n<!-- /generated") !=
        std::string::npos);
  for (const char* part : {"| `/activities/flit_hop` | 0.0625 | 0.03125 - 0.14375 | pJ/bit | SEN-T8, LOIHI-T2, CACTI |",
                           "| `/operations/int8_mac/points/0` | 0.3 at 45 nm | 0.255 - 0.345 | pJ | HORO |",
                           "| `/activities/mac` | 1 x int8_mac |", "| `/static/idle_clock` | 0.5 | 0.0 - 1.0 |",
                           "| 256 B | 0.1014 / 0.1042 / 0.094-0.255 |"})
    CHECK(generated.find(part) != std::string::npos);
}

TEST_CASE("the document refuses files that are neither table nor chip, and a chip without a table") {
  const std::string configs = std::string(DELTASIM_SOURCE_DIR) + "/configs/";
  CHECK_THROWS_AS(sim::energy_document({configs + "runs/objects.json"}), models::InputError);
  CHECK_THROWS_AS(sim::energy_document({configs + "hw/edge16.json", configs + "energy/seneca.json"}),
                  models::InputError);
}

TEST_CASE("a file that is none is refused") {
  try {
    sim::EnergyModel::read("nowhere.json", hw::ChipParams{});
    FAIL("no error");
  } catch (const models::InputError& e) {
    CHECK(std::string(e.what()) == "nowhere.json: cannot be opened; an energy table (JSON)");
  }
}
