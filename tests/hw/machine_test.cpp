// Properties of whole runs on networks of every kind of layer.
#include "hw/machine.hpp"

#include "tests/hw/both_engines.hpp"
#include "tests/hw/subject.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace deltasim;
using hw::Activity;
using models::Rule;
using test::mesh;
using test::same_counts;
using test::same_time;
using test::Subject;
using test::sum_of_cores;

TEST_CASE("work is conserved: the MACs of every branch and frame are those that its events ask for") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed)
    for (const Rule rule : test::all_rules)
      for (const bool delay : {false, true}) {
        CAPTURE(seed);
        CAPTURE(static_cast<int>(rule));
        CAPTURE(delay);
        Subject subject(seed, rule, delay, seed % 2 == 0 ? 2 : 0);
        const auto result = subject.run(test::random_mapping(subject.network, 6, seed), mesh(3, 2));
        REQUIRE(result.frames.size() == 4);
        CHECK(result.checked_values == subject.values());
        models::WorkCounter counter(subject.network);
        hw::Counts rows;
        for (std::size_t f = 0; f < 4; ++f) {
          const auto& work = counter.count(subject.stream.frames()[f]);
          for (std::size_t r = 0; r < result.rows.size(); ++r) {
            const auto& [layer, branch] = result.rows[r];
            rows += result.frames[f].rows[r].counts;
            if (layer != 0) CHECK(result.frames[f].rows[r].counts[Activity::mac] == work[layer][branch].macs);
          }
        }
        // Rows, cores and ports are three views of the same work.
        hw::Counts units = sum_of_cores(result);
        units += result.ports;
        CHECK(rows == units);
        std::uint64_t flits = 0;
        for (const auto& link : result.links) flits += link.flits;
        CHECK(flits == units[Activity::flit_hop]);
        CHECK(units[Activity::queue_read] == units[Activity::queue_write]);
        for (const auto& core : result.cores) CHECK(core.causes.sum() == result.cycles);
      }
}

TEST_CASE("results do not depend on the order in which the chip is built") {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    Subject subject(seed, Rule::delta);
    const auto mapping = test::random_mapping(subject.network, 9, seed);
    auto chip = mesh(3, 3, seed % 2 == 0 ? 2 : 5);
    if (seed % 2 == 0) chip.noc.arbitration = hw::Arbitration::oldest_first;
    if (seed == 3) test::set_packets(chip.noc, 2, 1, 3);
    hw::MachineOptions options;
    const auto built = subject.run(mapping, chip, options);
    for (options.construction_seed = 1; options.construction_seed <= 4; ++options.construction_seed) {
      const auto permuted = subject.run(mapping, chip, options);
      CHECK(same_time(built, permuted));
      CHECK(same_counts(built, permuted));
    }
  }
}

TEST_CASE("queue depths and random stalls change times, never counts or values") {
  Subject subject(3, Rule::send_on_delta);
  const auto mapping = test::random_mapping(subject.network, 6, 3);
  const auto deep = subject.run(mapping, mesh(3, 2, 64));
  for (const std::uint32_t depth : {1u, 2u, 4u}) CHECK(same_counts(deep, subject.run(mapping, mesh(3, 2, depth))));
  for (const double probability : {0.1, 0.5, 0.9})
    for (const std::uint32_t depth : {1u, 4u, 64u}) {
      hw::MachineOptions options;
      options.output_stall_probability = probability;
      options.seed = depth;
      const auto stalled = subject.run(mapping, mesh(3, 2, depth), options);
      CHECK(same_counts(deep, stalled));
      CHECK(stalled.cycles > deep.cycles);
      CHECK(same_time(stalled, subject.run(mapping, mesh(3, 2, depth), options)));
    }
}

TEST_CASE("many layers on few cores with queues of one flit do not deadlock") {
  for (std::uint32_t seed = 1; seed <= 8; ++seed)
    for (const std::uint32_t cores : {1u, 2u}) {
      Subject subject(seed, seed % 2 == 0 ? Rule::dense : Rule::delta, seed % 3 == 0);
      auto chip = mesh(cores, 1, 1);
      chip.noc.multicast = seed % 2 == 0;
      const auto result = subject.run(test::random_mapping(subject.network, cores, seed), chip);
      CHECK(result.frames.size() == 4);
      CHECK(result.checked_values == subject.values());
    }
}

TEST_CASE("without multicast each core gets its own copy: same work at the cores, more flits on the links") {
  Subject subject(2, Rule::delta);
  const auto mapping = test::random_mapping(subject.network, 9, 5);
  auto chip = mesh(3, 3);
  const auto tree = subject.run(mapping, chip);
  chip.noc.multicast = false;
  const auto copies = subject.run(mapping, chip);
  const hw::Counts a = sum_of_cores(tree), b = sum_of_cores(copies);
  for (const Activity activity : {Activity::event_in, Activity::mac, Activity::accumulate, Activity::state_read,
                                  Activity::state_write, Activity::weight_read, Activity::evaluate})
    CHECK(a[activity] == b[activity]);
  CHECK(b[Activity::event_out] > a[Activity::event_out]);
  CHECK(b[Activity::flit_hop] > a[Activity::flit_hop]);
  // Every copy that is put into a queue is taken from one: at a core, or (raw sums) at the output port.
  std::uint64_t outputs = 0;
  for (const auto& frame : copies.frames)
    for (std::size_t r = 0; r < copies.rows.size(); ++r)
      if (subject.network.layers[copies.rows[r].first].raw_output) outputs += frame.rows[r].counts[Activity::event_out];
  CHECK(b[Activity::event_out] + copies.ports[Activity::event_out] == b[Activity::event_in] + outputs);
}

TEST_CASE("layers of successive frames overlap: a frame follows before the one ahead is done") {
  models::Network network;
  network.layers.push_back(test::input_layer({4, 12, 12}));
  models::Window w;
  w.kernel_h = w.kernel_w = 3;
  w.pad_top = w.pad_left = 1;
  for (models::LayerId l = 1; l <= 4; ++l)
    network.layers.push_back(test::convolution_layer("c", l - 1, {4, 12, 12}, {4, 12, 12}, w));
  network.layers[4].raw_output = true;
  test::ScriptedStream stream(5);
  for (int f = 0; f < 10; ++f) {
    auto& frame = stream.add(test::all_of({4, 12, 12}), f == 0);
    for (models::LayerId l = 1; l < 4; ++l) frame.of_layer[l] = frame.of_layer[0];
  }
  const auto spread = test::simulate(network, test::layer_by_layer(network, 4), mesh(2, 2), stream, {});
  const std::uint64_t latency = spread.frames[9].finished - spread.frames[9].started;
  const std::uint64_t interval = (spread.frames[9].finished - spread.frames[4].finished) / 5;
  CHECK(interval < latency * 2 / 3);
  stream.rewind();
  const auto alone = test::simulate(network, test::layer_by_layer(network, 1), mesh(1, 1), stream, {});
  CHECK(alone.cycles > 2 * spread.cycles);
}

TEST_CASE("a frame's row names the core that worked longest on it") {
  models::Network network;
  network.layers.push_back(test::input_layer({1, 4, 4}));
  network.layers.push_back(test::convolution_layer("c", 0, {1, 4, 4}, {16, 4, 4}, {}));
  network.layers[1].raw_output = true;
  hw::Mapping mapping;
  test::cut(mapping, network, 1, 1, 2, 1, 0, 2);  // upper half on core 0, lower half on core 1
  auto chip = mesh(2, 1);
  chip.core.evaluate = hw::Evaluate::all;
  chip.core.state_memory = {1 << 20, 64, 64, 2};
  test::ScriptedStream stream(2);
  stream.add({{0, 0, 0, 1}, {0, 0, 1, 1}, {0, 3, 0, 1}});
  const auto result = test::simulate(network, mapping, chip, stream, {});
  // 2 events of one cycle; the pipeline; 8 pixels x 16 sums, one a cycle; the two tokens at the end
  CHECK(result.frames[0].rows[1].cycles == 2 + 3 + 2 + 128 + 2);
}

TEST_CASE("progress is told of every frame and may abandon the run") {
  Subject subject(1, Rule::delta);
  const auto mapping = test::layer_by_layer(subject.network, 4);
  hw::MachineOptions options;
  std::vector<std::uint64_t> seen;
  options.progress = [&](std::uint64_t n) { seen.push_back(n); };
  subject.run(mapping, mesh(2, 2), options);
  CHECK(seen == std::vector<std::uint64_t>{1, 2, 3, 4});
  options.progress = [](std::uint64_t n) {
    if (n == 2) throw std::range_error("enough");
  };
  for (const hw::Hosting hosting : {hw::Hosting::wheel, hw::Hosting::processes}) {
    options.hosting = hosting;
    CHECK_THROWS_WITH_AS(subject.run(mapping, mesh(2, 2), options), "enough", std::range_error);
  }
  CHECK(subject.run(mapping, mesh(2, 2)).frames.size() == 4);  // the next run starts afresh
}

TEST_CASE("no frames: nothing happens") {
  Subject subject(1, Rule::delta);
  subject.stream.frames().clear();
  for (const bool delay : {false, true}) {
    subject.stream.change_traits().layer_delay = delay;
    const auto result = subject.run(test::layer_by_layer(subject.network, 4), mesh(2, 2));
    CHECK(result.frames.empty());
    CHECK(result.cycles == 0);
  }
}

TEST_CASE("what cannot be simulated is refused with the reason") {
  Subject subject(1, Rule::delta);
  const auto good = test::layer_by_layer(subject.network, 4);
  auto chip = mesh(2, 2, 2);
  test::set_packets(chip.noc, 1, 1, 3);
  CHECK_THROWS_WITH_AS(subject.run(good, chip),
                       "a packet has up to 3 flits, but a queue holds 2: router, input and output queues must hold one",
                       std::invalid_argument);
  chip = mesh(2, 2);
  chip.input_port_column = 2;
  CHECK_THROWS_AS(subject.run(good, chip), std::invalid_argument);
  hw::Mapping hole = good;
  hole.slices[2].y_begin = 1;
  CHECK_THROWS_AS(subject.run(hole, mesh(2, 2)), std::invalid_argument);
  hw::Mapping twice = good;
  twice.slices.push_back(good.slices[0]);
  CHECK_THROWS_AS(subject.run(twice, mesh(2, 2)), std::invalid_argument);
  CHECK_THROWS_AS(subject.run(good, mesh(1, 1)), std::invalid_argument);
  subject.stream.frames()[0].of_layer[0].push_back({0, 0, 0, 1});  // out of order
  CHECK_THROWS_AS(subject.run(good, mesh(2, 2)), std::invalid_argument);
}

TEST_CASE("a process for each unit and the wheel give the same results, to the cycle") {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    Subject subject(seed, seed % 2 == 0 ? Rule::spatial : Rule::delta, seed == 3);
    const auto mapping = test::random_mapping(subject.network, 6, seed);
    auto chip = mesh(3, 2, seed % 2 == 0 ? 1 : 4);
    chip.noc.hop_cycles = seed == 4 ? 700 : 1;  // farther than the wheel reaches
    hw::MachineOptions options;
    options.output_stall_probability = seed == 5 ? 0.3 : 0;
    options.hosting = hw::Hosting::wheel;
    const auto wheel = subject.run(mapping, chip, options);
    options.hosting = hw::Hosting::processes;
    options.construction_seed = seed;
    const auto processes = subject.run(mapping, chip, options);
    CHECK(same_time(wheel, processes));
    CHECK(same_counts(wheel, processes));
  }
}
