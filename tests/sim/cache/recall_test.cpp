// What comes out of the cache is what would have been computed: for every rule, and on machines that meet the stream
// later.
#include "sim/cache/recall.hpp"

#include "tests/sim/cache/bench.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace deltasim;
using namespace deltasim::test;

namespace {

sim::FrameProgress silent() { return {}; }

sim::CacheUse check_cached(sim::Store& store, TestRun& run, const std::string& execution, const std::string& expected) {
  sim::Recall recall(&store);
  const auto cached = recall.simulation(run.stage, execution, *run.input.frames, silent);
  REQUIRE(cached);
  CHECK(sim::packed(*cached) == expected);
  return *recall.use();
}

/// Computed, found, and replayed on another machine.
void check_execution(const std::string& execution, std::vector<std::string> overrides) {
  const TemporaryFolder folder;
  TestStore store(folder);
  overrides.emplace_back("/frames=2");
  TestRun run(overrides);
  const std::string expected = sim::packed(run.simulation(execution));
  CHECK(check_cached(store.store, run, execution, expected).reference_runs == 1);
  const auto found = check_cached(store.store, run, execution, expected);
  CHECK(found.simulations_reused == 1);
  CHECK(found.reference_runs == 0);
  overrides.emplace_back("/hardware/core/lanes=8");
  TestRun other(overrides);
  const auto replayed = check_cached(store.store, other, execution, sim::packed(other.simulation(execution)));
  CHECK(replayed.streams_reused == 1);
  CHECK(replayed.simulations_run == 1);
  CHECK(replayed.reference_runs == 0);
  CHECK(store.warnings.empty());
}

void check_rule(const std::string& rule) {
  check_execution("delta", {"/delta/rule=" + rule, "/delta/threshold=2", "/delta/key_frame_period=2",
                            "/delta/layers={\"residual_a\": {\"mode\": \"normal\"}}"});
}

}  // namespace

TEST_CASE("cache: dense and spatial executions are recorded and replayed exactly") {
  check_execution("dense", {});
  check_execution("spatial", {"/delta/payload_bits=4"});  // most values travel as several events
}

TEST_CASE("cache: rules delta and send_on_delta are recorded and replayed exactly, with key frames") {
  check_rule("delta");
  check_rule("send_on_delta");
}

TEST_CASE("cache: rules previous_frame, pixel and sigma_delta are recorded and replayed exactly") {
  check_rule("previous_frame");
  check_rule("pixel");
  check_rule("sigma_delta");
}

TEST_CASE("cache: thresholds by channel and small payloads are recorded and replayed exactly") {
  check_execution("delta", {R"(/delta/threshold={"stem": [1, 2, 3, 4, 5, 6, 7, 8]})", "/delta/payload_bits=3"});
}

TEST_CASE("cache: machines that lose events, fetch from DRAM or stall, and layers with a delay") {
  check_execution("delta", {"/hardware/core/queue_policy=drop", "/hardware/core/input_queue_flits=64"});
  check_execution("delta", {R"(/hardware/dram={"reuse": "none"})", "/hardware/core/state_memory/size_bytes=16384"});
  check_execution("delta", {"/delta/layer_delay=true"});
  check_execution("delta", {"/stalls/probability=0.2", "/seed=5"});
}

TEST_CASE("cache: an entry that is sound but no stream, or no simulation, is computed again") {
  const TemporaryFolder folder;
  TestStore store(folder);
  TestRun run({"/frames=1"});
  const sim::Keys keys(store.store);
  store.put(keys.stream(run.stage, "delta"), "no stream");
  store.put(keys.simulation(run.stage, "delta"), "no simulation");
  sim::Recall recall(&store.store);
  std::optional<sim::Simulation> simulation;
  recall.finish({[&] {
    simulation = recall.simulation(run.stage, "delta", *run.input.frames, silent);
    return simulation.has_value();
  }});
  const std::string expected = sim::packed(run.simulation("delta"));
  CHECK(sim::packed(*simulation) == expected);
  CHECK(store.warnings.size() == 2);
  CHECK(recall.use()->damaged == 2);
  CHECK(check_cached(store.store, run, "delta", expected).simulations_reused == 1);
}

TEST_CASE("cache: dense truth, answers and calibration are computed once") {
  const TemporaryFolder folder;
  TestStore store(folder);
  TestRun run({"/frames=2"});
  for (const bool again : {false, true}) {
    CAPTURE(again);
    sim::Recall recall(&store.store);
    const auto truth = recall.dense_truth(run.stage, *run.input.frames, silent);
    const auto answers = recall.answers(run.stage, *run.input.frames, silent);
    REQUIRE(truth);
    REQUIRE(answers);
    CHECK(*truth == run.simulation("dense").outputs);
    CHECK(sim::packed(*answers) ==
          sim::packed(sim::collect_answers(run.stage.judging_graph(), *run.input.frames, 2, silent())));
    int measured = 0;
    const auto measure = [&] {
      ++measured;
      return models::Calibration{{1.f}, {2.f}};
    };
    CHECK(recall.calibration(*run.subject.graph, run.config.input, 3, measure).high == std::vector<float>{2.f});
    CHECK(measured == (again ? 0 : 1));
    CHECK(recall.use()->reference_runs == (again ? 0 : 1));
    CHECK(recall.use()->outputs_reused == (again ? 1 : 0));
    CHECK(recall.use()->float_runs == (again ? 0 : 1));
    CHECK(recall.use()->float_reused == (again ? 1 : 0));
    CHECK(recall.use()->calibrations_reused == (again ? 1 : 0));
  }
  sim::Recall recall(&store.store);  // a dense execution leaves them behind as well
  TestRun shorter({"/frames=1"});
  CHECK(recall.simulation(shorter.stage, "dense", *shorter.input.frames, silent));
  CHECK(recall.dense_truth(shorter.stage, *shorter.input.frames, silent));
  CHECK(recall.use()->outputs_reused == 1);
}

TEST_CASE("cache: what another process computes is left to it, what is free is done first") {
  const TemporaryFolder folder;
  TestStore store(folder), other(folder);
  TestRun run({"/frames=1"});
  const sim::Keys keys(other.store);
  auto claim = other.store.claim(keys.simulation(run.stage, "dense"));
  sim::Recall recall(&store.store);
  std::vector<std::string> done;
  std::vector<std::function<bool()>> pieces;
  for (const std::string name : {"dense", "spatial", "delta"})
    pieces.emplace_back([&, name] {
      if (!recall.simulation(run.stage, name, *run.input.frames, silent)) return false;
      done.push_back(name);
      if (done.size() == 2) {  // now the other process has finished
        other.store.keep(*claim, sim::packed(run.simulation("dense")));
        claim.reset();
      }
      return true;
    });
  recall.finish(std::move(pieces));
  CHECK(done == std::vector<std::string>{"spatial", "delta", "dense"});
  CHECK(recall.use()->simulations_run == 2);
  CHECK(recall.use()->simulations_reused == 1);
}
