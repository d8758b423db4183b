#include "sim/tune/tune.hpp"

#include "models/error.hpp"
#include "models/sending.hpp"
#include "sim/input.hpp"
#include "sim/judge.hpp"
#include "sim/stage.hpp"
#include "sim/tune/trials.hpp"
#include "sim/tune/tune_output.hpp"
#include "tests/sim/tune/small_tuning.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace deltasim;
using namespace deltasim::sim;
using namespace deltasim::test;

namespace {

const Phases quiet = [](const std::string&, auto) { return FrameProgress(); };

TuneOptions options_of(const TemporaryFolder& folder, double max_loss, Objective objective = Objective::macs) {
  TuneOptions options;
  options.max_loss = max_loss;
  options.objective = objective;
  options.calibration_frames = 18;
  options.log = folder / "trials.jsonl";
  return options;
}

/// Least MACs on the frames of the search over all settings up to level 8 that keep the limit there and on the check.
double least_macs(const RunConfig& config, const TemporaryFolder& folder, double limit) {
  const Subject subject = load_subject(config, quiet);
  Stage stage(config, subject);
  const Knobs knobs(subject.network, config.delta);
  auto open = open_input(config.input, &subject.network, subject.network.layers[0].output, "", config.frames);
  const HeldFrames all(*open.frames, 18), search = all.part(0, 12);
  const auto truth = [&](HeldFrames frames, std::size_t first) {
    return Truth(subject.network, dense_outputs(subject.network, stage.rules_of("dense"), frames, {}), frames,
                 Metric::relative_l2, 1, first);
  };
  const Truth of_search = truth(search, 0), of_check = truth(all, 12);
  TrialLog log(folder / "oracle.jsonl", "oracle");
  Trials searched("s", stage, knobs, search, of_search, log), checked("c", stage, knobs, all, of_check, log);
  double best = std::numeric_limits<double>::max();
  for (std::uint32_t i = 0; i < 9 * 9 * 9; ++i) {
    const Setting s{i / 81, i / 9 % 9, i % 9};
    const Trial& trial = searched.of(s);
    const auto macs = static_cast<double>(trial.macs);
    if (trial.loss.worst <= limit && macs < best && checked.of(s).loss.whole <= limit) best = macs;
  }
  return best;
}

}  // namespace

TEST_CASE("tuned thresholds keep the limit on all calibration frames and cost what trying everything finds") {
  const TemporaryFolder folder;
  const RunConfig config = small_config(folder);
  for (const double limit : {0.1, 0.25}) {
    const TuneResult r = tune(config, std::nullopt, options_of(folder, limit), quiet);
    const TunePoint &tuned = r.tuned[r.chosen], &uniform = r.uniform[r.best_uniform];
    CHECK(r.search_frames == 12);
    CHECK(r.check_frames == 6);
    CHECK(r.held_out_frames == 18);
    CHECK(tuned.allowed(limit));
    CHECK(tuned.estimated_cost <= uniform.estimated_cost);
    CHECK(tuned.estimated_cost <= 1.03 * least_macs(config, folder, limit));
    REQUIRE(tuned.held_out.has_value());
    REQUIRE(r.same_limit.has_value());
    CHECK(r.same_limit->share > 0.0);
    for (std::size_t i = 1; i < r.tuned.size(); ++i) CHECK(*r.tuned[i].limit > *r.tuned[i - 1].limit);
  }
}

TEST_CASE("the estimate of energy is near the machine's, and tuning for energy saves energy") {
  const TemporaryFolder folder;
  const TuneResult r = tune(small_config(folder), std::nullopt, options_of(folder, 0.2, Objective::energy), quiet);
  CHECK(std::abs(r.model_deviation) < 0.05);
  const TunePoint &tuned = r.tuned[r.chosen], &uniform = r.uniform[r.best_uniform];
  REQUIRE(tuned.held_out.has_value());
  REQUIRE(uniform.held_out.has_value());
  CHECK(tuned.held_out->energy_pj < uniform.held_out->energy_pj);
  CHECK(r.same_limit->share == doctest::Approx(1 - tuned.held_out->energy_pj / uniform.held_out->energy_pj));
}

TEST_CASE("every rule with thresholds can be tuned, for every objective") {
  for (const std::string rule : {"delta", "pixel", "send_on_delta"}) {
    CAPTURE(rule);
    const TemporaryFolder folder;
    const TuneResult r =
        tune(small_config(folder, rule), std::nullopt, options_of(folder, 0.2, Objective::cycles), quiet);
    CHECK(r.tuned[r.chosen].allowed(0.2));
    CHECK(r.tuned[r.chosen].estimated_cost <= r.uniform[r.best_uniform].estimated_cost);
  }
}

TEST_CASE("the same arguments give the same result, with a log of half of the trials, too") {
  const TemporaryFolder folder;
  const RunConfig config = small_config(folder);
  const auto text = [](const TuneResult& r) {
    Json json = tune_json(r);
    json.erase("host");
    return json.dump() + tune_csv(r) + thresholds_json(r, "run.json").dump();
  };
  const TuneResult first = tune(config, std::nullopt, options_of(folder, 0.2), quiet);
  CHECK(first.trials > 50);
  const std::string log = folder.read("trials.jsonl");
  const TuneResult found = tune(config, std::nullopt, options_of(folder, 0.2), quiet);
  CHECK(found.trials == 0);
  CHECK(found.trials_found >= first.trials);
  CHECK(text(found) == text(first));
  folder.write("trials.jsonl", log.substr(0, log.size() / 2));
  const TuneResult half = tune(config, std::nullopt, options_of(folder, 0.2), quiet);
  CHECK(half.trials > 0);
  CHECK(half.trials < first.trials);
  CHECK(text(half) == text(first));
}

TEST_CASE("the held-out run is of the frames after calibration, quantised as before") {
  const TemporaryFolder folder;
  const RunConfig config = small_config(folder);
  const TuneResult r = tune(config, std::nullopt, options_of(folder, 0.2), quiet);
  CHECK(r.tuned_run.input.frames.first_frame == 18);
  CHECK(r.tuned_run.frames == 18);
  REQUIRE(r.tuned_run.network.calibration.input.has_value());
  CHECK(r.tuned_run.network.calibration.input->frames.first_frame == 0);
  CHECK(load_subject(r.tuned_run, quiet).network.hash() == load_subject(config, quiet).network.hash());
}
