// What decides a result must be in its key. The values are taken from describe(), so that a new one cannot be
// forgotten.
#include "sim/cache/keys.hpp"

#include "sim/config_writer.hpp"
#include "sim/run_describe.hpp"
#include "tests/sim/cache/bench.hpp"
#include "tests/sim/cache/nudge.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

using namespace deltasim;
using namespace deltasim::test;

namespace {

template <class List>
bool listed(const List& pointers, const std::string& pointer) {
  return std::any_of(pointers.begin(), pointers.end(),
                     [&](const std::string& above) { return pointer == above || pointer.rfind(above + "/", 0) == 0; });
}

}  // namespace

TEST_CASE("cache keys: every value of a chip is in the key, or is one that only accounting reads") {
  const sim::MachineSetup bare{};
  sim::MachineSetup full{};
  full.chip.dram.emplace();
  full.chip.operating_points.emplace(1);
  for (const sim::MachineSetup* given : {&bare, &std::as_const(full)}) {
    const sim::MachineSetup& setup = *given;
    const auto original = sim::machine_material(setup);
    const std::size_t values =
        sim::for_each_nudge(setup.chip, [&](const std::string& pointer, const hw::ChipParams& chip) {
          CAPTURE(pointer);
          sim::MachineSetup changed = setup;
          changed.chip = chip;
          CHECK(sim::write(chip) != sim::write(setup.chip));
          CHECK((sim::machine_material(changed) != original) == !listed(sim::accounting_of_chip, pointer));
        });
    CHECK(values > 50);
  }
}

TEST_CASE("cache keys: mapping and check are in the key, stalls with seed and engine, too") {
  sim::MachineSetup setup;
  setup.mapping.slices = {{1, 0, 0, 4, 0, 3, 0, 5, false, false}};
  std::set<std::string> keys{sim::machine_material(setup).dump()};
  const auto is_new = [&](const sim::MachineSetup& s) { return keys.insert(sim::machine_material(s).dump()).second; };
  for (auto member : {&hw::Slice::layer, &hw::Slice::core, &hw::Slice::channel_begin, &hw::Slice::channel_end,
                      &hw::Slice::y_begin, &hw::Slice::y_end, &hw::Slice::x_begin, &hw::Slice::x_end}) {
    sim::MachineSetup other = setup;
    other.mapping.slices[0].*member += 1;
    CHECK(is_new(other));
  }
  for (auto member : {&hw::Slice::weights_in_dram, &hw::Slice::state_in_dram}) {
    sim::MachineSetup other = setup;
    other.mapping.slices[0].*member = true;
    CHECK(is_new(other));
  }
  sim::MachineSetup other = setup;
  other.seed = 7;
  other.engine = hw::Hosting::processes;
  CHECK(!is_new(other));
  other.check = !other.check;
  CHECK(is_new(other));
  other.stall_probability = 0.5;
  CHECK(is_new(other));
  other.seed = 8;
  CHECK(is_new(other));
  other.engine = hw::Hosting::wheel;
  CHECK(is_new(other));
}

TEST_CASE("cache keys: every value of a rule is in the key") {
  models::RuleSet rules;
  rules.layers["stem"] = {};
  const auto original = sim::write(rules);
  sim::for_each_nudge(rules, [&](const std::string& pointer, const models::RuleSet& changed) {
    CAPTURE(pointer);
    CHECK(sim::write(changed) != original);
  });
  sim::for_each_nudge(rules.layers["stem"], [&](const std::string& pointer, const models::LayerRule& changed) {
    CAPTURE(pointer);
    models::RuleSet other = rules;
    other.layers["stem"] = changed;
    CHECK(sim::write(other) != original);
  });
}

TEST_CASE("cache keys: every value of an input is in the key, or changes no event, labels are in that of answers") {
  const TemporaryFolder folder;
  TestStore store(folder);
  const sim::Keys keys(store.store);
  sim::InputConfig file, clip, actions;
  file.path = file.frames.path = folder.write("clip.npy", "frames");
  folder.write("clip.npy.other", "frames");
  file.frames.labels = folder.write("labels.csv", "1");
  folder.write("labels.csv.other", "2");
  clip.kind = sim::InputKind::rendered;
  actions.kind = sim::InputKind::actions;
  for (const sim::InputConfig& input : {file, clip, actions}) {
    const auto frames = keys.input_material(input, 5, false), all = keys.input_material(input, 5, true);
    sim::for_each_nudge(input, [&](const std::string& pointer, const sim::InputConfig& changed) {
      CAPTURE(pointer);
      CHECK((keys.input_material(changed, 5, false) != frames) == !listed(sim::accounting_of_input, pointer));
      CHECK((keys.input_material(changed, 5, true) != all) == (pointer != "/frame_rate"));
    });
    CHECK(keys.input_material(input, 6, false) != frames);
    CHECK(keys.input_material(input, std::nullopt, false) != frames);
  }
  file.path = file.frames.path = folder.write("elsewhere/clip.npy", "frames");
  const auto same = keys.input_material(file, 5, false);
  CHECK(same == keys.input_material(file, 5, false));
  folder.write("elsewhere/clip.npy", "framed");
  CHECK(keys.input_material(file, 5, false) != same);
}

TEST_CASE("cache keys: a folder is its files' names and contents, and what is known of old files is not read again") {
  const TemporaryFolder folder;
  TestStore store(folder);
  const sim::Keys keys(store.store);
  const auto digest = [&] { return keys.content(folder / "frames"); };
  folder.write("frames/1.png", "one");
  folder.write("frames/2.png", "two");
  const std::string both = digest();
  CHECK(digest() == both);
  CHECK(std::filesystem::is_empty(folder / "cache/entries"));  // changed too short a time ago
  folder.write("frames/2.png", "TWO");
  CHECK(digest() != both);
  folder.write("frames/2.png", "two");
  CHECK(digest() == both);
  std::filesystem::rename(folder / "frames/2.png", folder / "frames/3.png");
  CHECK(digest() != both);
  std::filesystem::rename(folder / "frames/3.png", folder / "frames/2.png");
  for (const char* name : {"frames/1.png", "frames/2.png"})
    std::filesystem::last_write_time(folder / name,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1));
  CHECK(digest() == both);
  CHECK(!std::filesystem::is_empty(folder / "cache/entries"));
  CHECK(digest() == both);
}

TEST_CASE("cache keys: what only accounting reads changes no simulation") {
  const std::map<std::string, std::vector<std::string>> changes{
      {"/clock_mhz", {"/hardware/clock_mhz=123"}},
      {"/voltage", {"/hardware/voltage=0.9"}},
      {"/operating_points", {R"(/hardware/operating_points=[{"mhz": 500, "volt": 0.8}, {"mhz": 1000, "volt": 1.1}])"}},
      {"/power_gating", {"/hardware/power_gating={\"enabled\": true, \"wake_cycles\": 7}"}},
      {"/node_nm", {"/hardware/node_nm=28"}}};
  TestRun original({"/frames=2"});
  const std::string expected = sim::packed(original.simulation("delta"));
  for (const std::string pointer : sim::accounting_of_chip) {
    CAPTURE(pointer);
    std::vector<std::string> overrides = changes.at(pointer);
    overrides.emplace_back("/frames=2");
    TestRun changed(overrides);
    CHECK(sim::packed(changed.simulation("delta")) == expected);
    const TemporaryFolder folder;
    TestStore store(folder);
    const sim::Keys keys(store.store);
    CHECK(keys.simulation(changed.stage, "delta") == keys.simulation(original.stage, "delta"));
  }
}

TEST_CASE("cache keys: dense and spatial executions do not depend on delta's rule, the simulation not on energy") {
  const TemporaryFolder folder;
  TestStore store(folder);
  const sim::Keys keys(store.store);
  TestRun one({}), other({"/delta/threshold=3", "/delta/key_frame_period=2"}),
      table({"/energy/voltage/leakage_exponent/value=2"});
  for (const char* execution : {"dense", "spatial", "delta"}) {
    CAPTURE(execution);
    const bool same = std::string(execution) != "delta";
    CHECK((keys.stream(one.stage, execution) == keys.stream(other.stage, execution)) == same);
    CHECK((keys.simulation(one.stage, execution) == keys.simulation(other.stage, execution)) == same);
    CHECK(keys.simulation(one.stage, execution) == keys.simulation(table.stage, execution));
    CHECK(keys.stream(one.stage, execution) != keys.simulation(one.stage, execution));
  }
  CHECK(keys.stream(one.stage, "dense") != keys.stream(one.stage, "spatial"));
  CHECK(keys.answers(one.stage) == keys.answers(other.stage));
}
