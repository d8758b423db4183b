#include "sim/report.hpp"
#include "sim/beyond_rtl.hpp"
#include "sim/validation/rtl_suites.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

using namespace deltasim;

/// Two executions of a network with one layer, two frames; figures small enough to check by hand.
static sim::Result small_result() {
  sim::Result r;
  r.workload.network_name = "net";
  r.workload.frames = 2;
  r.workload.frame_rate = 30;
  sim::WorkloadRow input{0, 0, "in", "input", {}, {1, 2, 2}};
  sim::WorkloadRow conv{1, 0, "conv, \"first\"", "convolution", {1, 2, 2}, {2, 2, 2}};
  conv.weights = 18;
  conv.macs_dense = 32;
  r.workload.rows = {input, conv};
  for (const char* name : {"dense", "delta"}) {
    sim::ExecutionResult e;
    e.name = e.rule = name;
    const std::uint64_t n = e.name == "dense" ? 4 : 1;
    sim::RowWork work;
    work.work = {n, n, 8 * n, 7 * n};
    work.energy = {double(n), 0.5 * double(n), 2.0 * double(n)};
    sim::FrameWork frame;
    frame.rows = {{}, work};
    e.frames = {frame, frame};
    work.work = {2 * n, 2 * n, 16 * n, 14 * n};
    e.rows = {{}, work};
    e.macs = 16 * n;
    e.events = 2 * n;
    e.cycles = 1000 * n;
    e.seconds = 1e-6 * double(n);
    e.frames_per_second = 2e6 / double(n);
    e.energy = {2.0 * double(n), 1.0 * double(n), 4.0 * double(n)};
    e.energy_spread.value = e.energy.value;
    e.by_component = {{"mac", e.energy}};
    hw::CoreResult core;
    core.causes[hw::Cause::busy] = e.cycles;
    e.cores = {core};
    e.core_energy_pj = {e.energy.value};
    r.executions.push_back(e);
  }
  r.quality.execution = "delta";
  r.quality.to_dense = sim::Distance{};
  return r;
}

TEST_CASE("the report has the contract's keys and ratios are dense over delta") {
  const auto json = sim::report_json(small_result(), {{"seed", 1}});
  for (const char* key :
       {"tool", "config", "workload", "executions", "comparison", "sparsity", "quality", "validation", "host"})
    CHECK(json.contains(key));
  CHECK(json["comparison"].size() == 1);
  for (const char* key : {"macs", "cycles", "energy"}) CHECK(json["comparison"]["delta_vs_dense"][key] == 4.0);
  const auto& delta = json["executions"]["delta"];
  CHECK(delta["energy_pj"]["total"] == 2.0);
  CHECK(delta["energy_pj"]["by_component"]["mac"] == 2.0);
  CHECK(delta["layers"].size() == 1);  // the input is no layer
  CHECK(delta["layers"][0]["element_density"] == 0.25);
  CHECK(delta["cores"][0]["cycles_by_cause"]["busy"] == 1000);
  CHECK(json["quality"]["to_dense"]["sqnr_db"].is_null());
  const auto& cycles = json["validation"]["cycle_model"];
  CHECK(cycles["max_deviation"] == sim::recorded_cycle_error().largest());
  CHECK(cycles["sequences"] == sim::recorded_cycle_error().sequences);
  CHECK(cycles["not_in_rtl"].empty());
}

TEST_CASE("a run names what its machine has and the RTL does not") {
  using Names = std::vector<std::string>;
  hw::ChipParams chip;
  hw::Mapping mapping;
  mapping.slices = {{1, 0, 0, 8, 0, 4, 0, 4}, {2, 1, 0, 8, 0, 4, 0, 4}};
  sim::WorkloadRow convolution, pool;
  convolution.kind = "convolution";
  pool.kind = "max_pool";
  models::Network network;
  network.layers.resize(2);
  CHECK(sim::beyond_rtl(chip, mapping, {convolution}, network).empty());
  CHECK(sim::beyond_rtl(chip, mapping, {convolution, pool}, network) == Names{"pools and additions"});
  network.layers[1].channel_ranges = {{0, 255}, {0, 12}};
  CHECK(sim::beyond_rtl(chip, mapping, {convolution}, network) == Names{"clips per channel"});
  network.layers[1].channel_ranges.clear();
  chip.core.group_events = 4;
  chip.core.pixel_cycles = 1;
  chip.dram.emplace();
  mapping.slices[1].core = 0;
  CHECK(sim::beyond_rtl(chip, mapping, {convolution}, network) ==
        Names{"several slices in a core", "groups of events", "control cycles", "DRAM"});
}

TEST_CASE("frames.csv: a row per execution, frame and weighted layer, names are quoted where they need it") {
  CHECK(sim::frames_csv(small_result()) ==
        "execution,frame,layer,events,macs,macs_nonzero_weight,cycles,energy_pj\n"
        "dense,0,\"conv, \"\"first\"\"\",4,32,28,0,4\n"
        "dense,1,\"conv, \"\"first\"\"\",4,32,28,0,4\n"
        "delta,0,\"conv, \"\"first\"\"\",1,8,7,0,1\n"
        "delta,1,\"conv, \"\"first\"\"\",1,8,7,0,1\n");
}

TEST_CASE("the table fits into 100 columns, whatever the names") {
  auto result = small_result();
  result.workload.network_name = std::string(150, 'n');
  result.workload.rows[1].name = std::string(150, 'l');
  result.executions[0].macs = 123456789012345;
  result.executions[0].energy = {123456e6, 1e3, 9e15};
  sim::FigureDraws draws;
  result.executions[0].energy_spread = draws.draw({998, 997, 998.9}, "A");
  result.executions[1].energy_spread = {1, {}};
  std::istringstream table(sim::summary_table(result, std::string(150, 'c')));
  std::size_t widest = 0;
  for (std::string line; std::getline(table, line);) widest = std::max(widest, line.size());
  CHECK(widest <= 100);
  CHECK(widest > 80);
}

TEST_CASE("the ratio of two executions has the range of the ratio, not of the two") {
  auto result = small_result();
  sim::FigureDraws draws;
  const sim::Spread common = draws.draw({1, 0.5, 2}, "A"), leakage = draws.draw({1, 0.5, 2}, "B");
  result.executions[0].energy_spread = 6 * common + 2 * leakage;
  result.executions[1].energy_spread = common + leakage;
  const auto compared = sim::report_json(result, {})["comparison"]["delta_vs_dense"];
  CHECK(compared["energy_low"] > 3.0);  // 2 to 6 where one of both counts alone
  CHECK(compared["energy_low"] < 3.99);
  CHECK(compared["energy_high"] > 4.01);
  CHECK(compared["energy_high"] < 5.0);
  CHECK(sim::summary_table(result, "chip").find("4.00x less energy (3.") != std::string::npos);
}

TEST_CASE("the table says the answer") {
  const auto table = sim::summary_table(small_result(), "chip");
  CHECK(table.find("delta against dense       4.00x fewer MACs     4.00x fewer cycles     4.00x less energy") !=
        std::string::npos);
  CHECK(table.find("quantised dense network: bit-exact") != std::string::npos);
  CHECK(table.find("cycles   the model is within ") != std::string::npos);
  CHECK(table.find(" % of RTL (") != std::string::npos);
}
