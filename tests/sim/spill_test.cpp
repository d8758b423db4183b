// What does not fit lives in DRAM: which slices, whole runs, and what the report says about them.
#include "models/error.hpp"
#include "sim/mapper.hpp"
#include "sim/notes.hpp"
#include "sim/report.hpp"
#include "tests/sim/check_run.hpp"
#include "tests/sim/shapes.hpp"

#include <nlohmann/json.hpp>

using namespace deltasim;
using test::Shapes;

namespace {

hw::ChipParams chip_of(std::uint32_t cores, std::uint64_t weights, std::uint64_t state, std::uint32_t buffer) {
  hw::ChipParams chip;
  chip.noc.columns = cores;
  chip.noc.rows = 1;
  chip.core.weight_memory.size_bytes = weights;
  chip.core.state_memory.size_bytes = state;
  chip.dram.emplace();
  chip.dram->buffer_bytes = buffer;
  return chip;
}

/// Layers whose slices have the flag, in order.
std::vector<models::LayerId> in_dram(const hw::Mapping& mapping, bool hw::Slice::*flag) {
  std::vector<models::LayerId> layers;
  for (const auto& s : mapping.slices)
    if (s.*flag && (layers.empty() || layers.back() != s.layer)) layers.push_back(s.layer);
  return layers;
}
using Layers = std::vector<models::LayerId>;

/// A convolution that uses each weight often, then a dense layer that uses each once.
models::Network convolution_and_dense() {
  Shapes s(2, 8, 8);
  s.convolution(4, 3, 1).dense(10);  // weights 72 + 16, 2560 + 40 bytes; state 1024 + 512, 40 + 20
  return s.network;
}

const std::string small_weights = "/hardware/core/weight_memory/size_bytes=1024";
const std::string small_state = "/hardware/core/state_memory/size_bytes=2048";

std::vector<std::string> streaming(const char* reuse, std::vector<std::string> more) {
  more.insert(more.begin(), fmt::format(R"(/hardware/dram={{"buffer_bytes": 64, "reuse": "{}"}})", reuse));
  more.emplace_back("/frames=4");
  return more;
}

std::string joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& note : notes) text += note + "\n";
  return text;
}

}  // namespace

TEST_CASE("nothing is spilled where everything fits, to the byte") {
  const auto network = convolution_and_dense();
  const auto fits = sim::map_automatically(network, chip_of(1, 2688, 1596, 64), "chip.json");
  CHECK(in_dram(fits, &hw::Slice::weights_in_dram).empty());
  CHECK(in_dram(fits, &hw::Slice::state_in_dram).empty());
  CHECK(in_dram(sim::map_automatically(network, chip_of(1, 2687, 1596, 64), "chip.json"),
                &hw::Slice::weights_in_dram) == Layers{2});
}

TEST_CASE("weights that work least are spilled first, then state, without room for the buffers it is refused") {
  const auto network = convolution_and_dense();
  const auto weights = sim::map_automatically(network, chip_of(1, 88 + 64, 1596, 64), "chip.json");
  CHECK(in_dram(weights, &hw::Slice::weights_in_dram) == Layers{2});
  CHECK(in_dram(weights, &hw::Slice::state_in_dram).empty());
  CHECK(in_dram(sim::map_automatically(network, chip_of(1, 88 + 63, 1596, 64), "chip.json"),
                &hw::Slice::weights_in_dram) == Layers{1, 2});
  // State: the dense layer's 60 bytes would not help.
  const auto state = sim::map_automatically(network, chip_of(1, 2688, 1595, 64), "chip.json");
  CHECK(in_dram(state, &hw::Slice::weights_in_dram).empty());
  CHECK(in_dram(state, &hw::Slice::state_in_dram) == Layers{1});
  CHECK_THROWS_AS(sim::map_automatically(network, chip_of(1, 127, 128, 64), "chip.json"), models::InputError);
  CHECK_NOTHROW(sim::map_automatically(network, chip_of(1, 128, 124, 64), "chip.json"));
}

TEST_CASE("core loads count the buffers, and a given mapping is checked with them") {
  const auto network = convolution_and_dense();
  const auto chip = chip_of(1, 88 + 64, 64 + 60, 64);
  const auto mapping = sim::map_automatically(network, chip, "chip.json");
  const auto loads = sim::core_loads(network, chip, mapping);
  CHECK(loads[0].memory.weight_bytes == 88 + 64);
  CHECK(loads[0].memory.state_bytes + loads[0].memory.reference_bytes == 64 + 60);
  CHECK_NOTHROW(sim::check_mapping(network, chip, mapping, "run.json"));
  auto without = chip;
  without.dram.reset();
  CHECK_THROWS_WITH_AS(sim::check_mapping(network, without, mapping, "run.json"),
                       "run.json: /mapping/0/state_in_dram: the chip has no DRAM; false, or a section 'dram' in the "
                       "hardware",
                       models::InputError);
}

TEST_CASE("the shipped network runs exactly on cores that are far too small, in both ways of counting") {
  for (const char* reuse : {"frame", "none"}) {
    CAPTURE(reuse);
    const auto result = test::run(streaming(reuse, {small_weights, small_state}));
    REQUIRE(result.executions.size() == 3);
    for (const auto& e : result.executions) {
      CHECK(e.checked_values > 0);
      REQUIRE(e.dram.has_value());
      CHECK(e.dram->weight_bytes > 0);
      for (const auto& core : e.cores) CHECK(core.causes.sum() == e.cycles);
    }
    CHECK(result.executions[0].dram->state_read_bytes == 0);
    CHECK(result.executions[2].dram->state_write_bytes > 0);
    CHECK(result.executions[0].outputs == result.executions[2].outputs);
  }
}

TEST_CASE("streamed once per frame, DRAM delivers the weights of streamed slices, frame by frame") {
  const auto result =
      test::run(streaming("frame", {small_weights, "/hardware/dram/burst_bytes=1", R"(/executions=["dense"])"}));
  // Every slice gets events in every dense frame, so each brings its weights and biases once.
  const auto& dense = result.executions.front();
  std::uint64_t bytes = 0, arrays = 0;
  for (const auto& slice : result.mapping.slices) {
    if (!slice.weights_in_dram) continue;
    for (const auto& row : result.workload.rows)
      if (row.layer == slice.layer && row.has_weights()) {
        bytes += row.weight_bytes * (slice.channel_end - slice.channel_begin) / row.output.channels;
        ++arrays;
      }
  }
  REQUIRE(arrays > 0);
  CHECK(dense.dram->weight_bytes == 4 * bytes);
  CHECK(dense.dram->state_read_bytes + dense.dram->state_write_bytes == 0);
}

TEST_CASE("energy: component dram is its bursts times their energy, and components still sum to the total") {
  const auto result = test::run(streaming("frame", {small_weights, small_state}));
  for (const auto& e : result.executions) {
    double sum = 0, dram = 0;
    for (const auto& [name, energy] : e.by_component) {
      sum += energy.value;
      if (name == "dram") dram = energy.value;
    }
    CHECK(sum == doctest::Approx(e.energy.value).epsilon(1e-9));
    const auto bytes = e.dram->weight_bytes + e.dram->state_read_bytes + e.dram->state_write_bytes;
    CHECK(dram == doctest::Approx(static_cast<double>(bytes) * 8 * 8.0).epsilon(1e-9));  // 8 pJ/bit
  }
}

TEST_CASE("with state in DRAM delta loses to dense in energy, and the report says to what") {
  const auto wins = test::run({"/frames=4"});
  CHECK(sim::notes_on(wins).empty());
  const auto loses = test::run(streaming("frame", {small_weights, small_state}));
  const auto& dense = loses.executions[0];
  const auto& delta = loses.executions[2];
  CHECK(delta.macs < dense.macs);
  CHECK(delta.energy.value > dense.energy.value);
  const std::string notes = joined(sim::notes_on(loses));
  CHECK(notes.find("delta loses to dense in energy (") == 0);
  CHECK(notes.find(fmt::format("): state traffic to DRAM is {:.0f} % of its energy\n",
                               100 * delta.dram->state_energy_pj / delta.energy.value)) != std::string::npos);
  const auto report = sim::report_json(loses, {});
  CHECK(report["notes"][0].get<std::string>() == sim::notes_on(loses)[0]);
  CHECK(report["mapping"]["slices"][0].contains("state_in_dram"));
  CHECK(report["executions"]["delta"]["dram"]["state_bytes_written"].get<std::uint64_t>() ==
        delta.dram->state_write_bytes);
  const std::string table = sim::summary_table(loses, "a chip");
  CHECK(table.find("\nnote     delta loses to dense in energy") != std::string::npos);
}

TEST_CASE("an energy table without DRAM serves chips that have none, and is refused by those that have") {
  const auto config = sim::read_run(test::example, {});
  auto table = config.energy.table;
  table["activities"].erase("dram_write");
  hw::ChipParams chip = config.hardware;
  CHECK_NOTHROW(sim::EnergyModel(table, "table.json", chip));
  chip.dram.emplace();
  CHECK_THROWS_WITH_AS(sim::EnergyModel(table, "table.json", chip),
                       "table.json: /activities: 'dram_write' is missing; the chip has a dram: give the energy of its "
                       "bursts, for example in pJ/bit",
                       models::InputError);
}
