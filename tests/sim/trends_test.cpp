// What hardware people know, whatever the model's details are: more resources do not slow a machine down, and what
// binds decides who wins.
#include "sim/validation/made_up.hpp"
#include "tests/sim/check_run.hpp"
#include "tests/sim/cli_program.hpp"

#include <nlohmann/json.hpp>

#include <map>

using namespace deltasim;
using Json = nlohmann::json;

namespace {

constexpr double arbitration_anomaly = 1.005;

/// 3x3 layers in a row.
models::Network chain() {
  models::Network network;
  network.name = "chain";
  network.layers.push_back(sim::made_up_layer("input", {8, 8, 8}, {}));
  for (models::LayerId l = 1; l <= 4; ++l) {
    const models::Shape input = network.layers[l - 1].output;
    network.layers.push_back(
        sim::made_up_layer("conv", {16, 8, 8}, {sim::made_up_convolution("conv", {{l - 1, {}}}, input, 16, 3)}));
  }
  sim::end_with_sum(network);
  return network;
}

/// A wide layer whose events go to three layers, which meet again: multicast and contested links.
models::Network fan() {
  models::Network network;
  network.name = "fan";
  network.layers.push_back(sim::made_up_layer("input", {4, 8, 8}, {}));
  const auto layer = [&](const std::vector<models::Source>& from, std::uint32_t in, std::uint32_t out,
                         std::uint32_t kernel) {
    network.layers.push_back(
        sim::made_up_layer("conv", {out, 8, 8}, {sim::made_up_convolution("conv", from, {in, 8, 8}, out, kernel)}));
  };
  layer({{0, {}}}, 4, 32, 5);
  for (const std::uint32_t kernel : {1u, 3u, 3u}) layer({{1, {}}}, 32, 16, kernel);
  layer({{2, {}}, {3, {}}, {4, {}}}, 48, 8, 1);
  sim::end_with_sum(network);
  return network;
}

/// Every layer but the input cut in two, by output channels, over a mesh of 3 x 3.
hw::Mapping in_halves(const models::Network& network) {
  hw::Mapping mapping;
  std::uint32_t core = 0;
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    const std::uint32_t channels = network.layers[l].output.channels;
    for (const auto& [begin, end] : {std::pair{0u, channels / 2}, std::pair{channels / 2, channels}}) {
      hw::Slice slice = sim::on_core(network, l, core++ % 9);
      slice.channel_begin = begin;
      slice.channel_end = end;
      mapping.slices.push_back(slice);
    }
  }
  return mapping;
}

hw::ChipParams small_mesh() {
  hw::ChipParams chip;
  chip.noc.columns = chip.noc.rows = 3;
  return chip;
}

std::uint64_t cycles(const models::Network& network, const hw::ChipParams& chip, double density) {
  sim::Dice dice(1);
  sim::MadeUpStream stream(network, 2, [&](models::LayerId layer, std::uint64_t) {
    const models::Shape& shape = network.layers[layer].output;
    return sim::in_pixels(shape, std::min(1.0, 2 * density),
                          static_cast<std::uint64_t>(density * static_cast<double>(shape.size())), dice);
  });
  return hw::simulate(network, in_halves(network), chip, stream, {}).cycles;
}

/// Runs both networks at three densities along a list of values: each step may cost no more than an anomaly.
template <class Set>
void check_never_slower(std::initializer_list<std::uint32_t> values, Set set) {
  for (const auto& network : {chain(), fan()})
    for (const double density : {0.03, 0.5}) {
      CAPTURE(network.name);
      CAPTURE(density);
      std::uint64_t before = 0;
      for (const std::uint32_t value : values) {
        CAPTURE(value);
        hw::ChipParams chip = small_mesh();
        set(chip, value);
        const std::uint64_t now = cycles(network, chip, density);
        if (before != 0) CHECK(static_cast<double>(now) <= arbitration_anomaly * static_cast<double>(before));
        before = now;
      }
    }
}

/// Likewise for the shipped example, every execution, as the mapper lays it out.
void check_example_never_slower(const std::string& parameter, std::initializer_list<std::uint32_t> values) {
  std::map<std::string, std::uint64_t> before;  // by execution
  for (const std::uint32_t value : values) {
    const auto result = test::run({fmt::format("/hardware/{}={}", parameter, value), "/frames=2"});
    for (const auto& e : result.executions) {
      CAPTURE(parameter);
      CAPTURE(value);
      CAPTURE(e.name);
      if (before.count(e.name) > 0)
        CHECK(static_cast<double>(e.cycles) <= arbitration_anomaly * static_cast<double>(before[e.name]));
      before[e.name] = e.cycles;
    }
  }
}

}  // namespace

TEST_CASE("trend: twice the lanes do not slow the machine, and without another limit they speed it up") {
  check_never_slower({1, 2, 4, 8, 16, 32}, [](hw::ChipParams& chip, std::uint32_t n) { chip.core.lanes = n; });
  check_example_never_slower("core/lanes", {4, 8, 16});
  hw::ChipParams one = small_mesh(), two = one;
  one.core.lanes = 1;
  two.core.lanes = 2;
  CHECK(static_cast<double>(cycles(chain(), two, 0.7)) < 0.6 * static_cast<double>(cycles(chain(), one, 0.7)));
}

TEST_CASE("trend: deeper queues do not slow the machine, and shallow ones do") {
  const auto all = [](hw::ChipParams& chip, std::uint32_t n) {
    chip.core.input_queue_flits = chip.core.output_queue_flits = chip.noc.router_queue_flits = n;
  };
  check_never_slower({1, 2, 4, 16, 64}, all);
  check_never_slower({1, 4, 64}, [](hw::ChipParams& chip, std::uint32_t n) { chip.core.input_queue_flits = n; });
  check_never_slower({1, 4, 64}, [](hw::ChipParams& chip, std::uint32_t n) { chip.core.output_queue_flits = n; });
  check_never_slower({1, 4, 64}, [](hw::ChipParams& chip, std::uint32_t n) { chip.noc.router_queue_flits = n; });
  check_example_never_slower("core/input_queue_flits", {1, 8, 64});
  hw::ChipParams shallow = small_mesh(), deep = shallow;
  all(shallow, 1);
  all(deep, 256);
  CHECK(cycles(fan(), deep, 0.2) < cycles(fan(), shallow, 0.2));
}

TEST_CASE("trend: with state in DRAM delta loses to dense once bandwidth is short, and the program says so") {
  const test::TemporaryFolder folder;
  double before = 0;
  for (const std::uint32_t bits : {64u, 1024u}) {
    CAPTURE(bits);
    const auto outcome =
        test::program({"run", test::example, "-o", folder / "out", "--set", "/frames=4", "--set",
                       "/hardware/core/state_memory/size_bytes=2048", "--set",
                       fmt::format(R"(/hardware/dram={{"buffer_bytes": 64, "bits_per_cycle": {}}})", bits)});
    REQUIRE(outcome.code == 0);
    const Json report = Json::parse(folder.read("out/report.json"));
    const Json& gain = report["comparison"]["delta_vs_dense"];
    CHECK(gain["macs"].get<double>() > 1.5);
    CHECK(gain["energy"].get<double>() < 1);
    CHECK(gain["cycles"].get<double>() > before);
    before = gain["cycles"].get<double>();
    const bool slower = before < 1;
    CHECK(slower == (bits == 64));
    CHECK(test::contains(outcome.out, "delta loses to dense in cycles") == slower);
    CHECK(test::contains(outcome.out, "delta loses to dense in energy"));
    CHECK(test::contains(report["notes"].dump(), "state traffic to DRAM is"));
  }
}

TEST_CASE("trend: where state is short of bandwidth, time follows the pixels that are active, not their elements") {
  models::Network network;
  network.name = "one layer";
  network.layers.push_back(sim::made_up_layer("input", {16, 16, 16}, {}));
  network.layers.push_back(
      sim::made_up_layer("conv", {16, 16, 16}, {sim::made_up_convolution("conv", {{0, {}}}, {16, 16, 16}, 16, 3)}));
  sim::end_with_sum(network);
  const hw::Mapping mapping{{sim::on_core(network, 1, 0), sim::on_core(network, 2, 1)}};
  const auto time = [&](std::uint32_t pixels, std::uint64_t events, std::uint32_t group) {
    hw::ChipParams chip;
    chip.noc.columns = 2;
    chip.noc.rows = 1;
    chip.noc.header_flits = 1;
    chip.noc.values_per_flit = 2;
    chip.noc.packet_flits = 9;
    chip.noc.router_queue_flits = 16;
    chip.core.weight_memory = {1 << 20, 1, 128, 1};
    chip.core.state_memory = {1 << 20, 1, 64, 1};  // sixteen words of a tap for sixteen weights
    chip.core.group_events = group;
    sim::Dice dice(1);
    sim::MadeUpStream stream(network, 2, [&](models::LayerId layer, std::uint64_t) {
      return layer == 0 ? sim::in_pixels({16, 16, 16}, pixels / 256.0, events, dice)
                        : std::vector<models::DeltaEvent>();
    });
    return static_cast<double>(hw::simulate(network, mapping, chip, stream, {}).cycles);
  };
  // Events of a pixel share their state: four times as many pixels take 2.9 times as long (the rest is evaluation, of
  // nearly the same neurons), whatever the elements.
  CHECK(time(256, 512, 8) > 2.8 * time(64, 512, 8));
  CHECK(time(64, 512, 8) < 1.1 * time(64, 128, 8));
  // Where each event reads and writes its own, elements decide.
  CHECK(time(256, 512, 1) < 1.1 * time(64, 512, 1));
  CHECK(time(64, 512, 1) > 3.2 * time(64, 128, 1));
}
