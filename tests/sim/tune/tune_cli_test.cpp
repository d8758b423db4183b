#include "tests/sim/cli_program.hpp"
#include "tests/sim/tune/small_tuning.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace deltasim::test;

namespace {

const std::string example = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

struct Bench {
  TemporaryFolder folder;
  std::string run = folder.write("run.json", small_run(folder)), out = folder / "out";

  std::vector<std::string> command(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"tune", run, "--max-loss", "0.2", "-o", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  void refused(const std::vector<std::string>& more, const std::string& message) const {
    check_refused(command(more), message);
  }
};

}  // namespace

TEST_CASE("tune writes thresholds that run takes, both curves and two reports") {
  const Bench bench;
  const Outcome tuned = program(bench.command({"--calibration-frames", "18"}));
  REQUIRE(tuned.code == 0);
  CHECK(contains(tuned.out, "small: least energy at relative_l2 of at most 0.2, rule send_on_delta"));
  const auto read = [&](const std::string& name) { return nlohmann::json::parse(bench.folder.read("out/" + name)); };
  const auto json = read("tune.json"), thresholds = read("thresholds.json");
  CHECK(json["layers"].size() == 3);
  CHECK(json["curves"]["tuned"].size() == 3);
  for (const auto& layer : json["layers"])
    CHECK(thresholds["delta"]["layers"][layer["name"].get<std::string>()]["threshold"] == layer["threshold"]);
  // the report is of the held-out frames, and its figures are those of the curve
  const auto report = read("report.json");
  CHECK(report["workload"]["frames"] == 18);
  CHECK(report["executions"]["delta"]["energy_pj"]["total"] == json["chosen"]["held_out"]["energy_pj"]);
  CHECK(report["quality"]["to_dense"]["relative_l2"].get<double>() ==
        doctest::Approx(json["chosen"]["held_out"]["loss"].get<double>()));
  CHECK(report["executions"].contains("dense"));
  CHECK(read("uniform/report.json")["executions"]["delta"]["macs"] == json["best_uniform"]["held_out"]["macs"]);
  const Outcome again = program({"run", bench.out + "/thresholds.json", "-o", bench.folder / "again"});
  CHECK(again.code == 0);
  const std::string csv = bench.folder.read("out/tune.csv");
  CHECK(csv.rfind("curve,max_loss,threshold,chosen,search_loss,check_loss,", 0) == 0);
}

TEST_CASE("an interrupted tuning goes on, its files are the same") {
  const Bench bench;
  REQUIRE(program(bench.command()).code == 0);
  const std::string csv = bench.folder.read("out/tune.csv"), log = bench.folder.read("out/trials.jsonl");
  const std::string thresholds = bench.folder.read("out/thresholds.json");
  std::filesystem::remove_all(bench.out);
  bench.folder.write("out/trials.jsonl", log.substr(0, log.size() / 3));
  REQUIRE(program(bench.command()).code == 0);
  CHECK(bench.folder.read("out/tune.csv") == csv);
  CHECK(bench.folder.read("out/thresholds.json") == thresholds);
}

TEST_CASE("tune says what is wrong with its arguments and its input, and what would be right") {
  const Bench bench;
  bench.refused({"--metric", "relative_l3"}, "--metric: there is no 'relative_l3'; did you mean 'relative_l2'?");
  bench.refused({"--objective", "speed"}, "--objective: there is no 'speed'; names here: energy, cycles, macs");
  bench.refused({"--calibration-frames", "1"},
                bench.run +
                    ": /input: gives 1 calibration frame; at least 4: a search and a check on consecutive frames, and "
                    "others for the report");
  bench.refused({"--calibration-frames", "36"}, bench.run +
                                                    ": /input: has 36 frames, and all of them are for calibration; "
                                                    "--calibration-frames below 36, or --held-out INPUT");
  bench.refused({"--set", "/delta/rule=spatial"}, bench.run +
                                                      ": /delta/rule: is spatial, which has no thresholds to tune; "
                                                      "delta, send_on_delta, pixel or previous_frame");
  bench.refused({"--set", "/hardware/core/queue_policy=drop"},
                bench.run +
                    ": /hardware/core/queue_policy: is drop: what is lost depends on more than thresholds; "
                    "back_pressure");
  bench.refused({"--metric", "accuracy", "--set", "/input/render/labels=false"},
                "--metric: is accuracy, but the input has no labels; /input/labels or "
                "/input/label in the run file, or --metric top1 (decisions as the dense "
                "network's)");
  bench.refused({"--held-out", "none.mp4"}, "--set /input=none.mp4: /input: there is no file '" +
                                                (bench.folder / "none.mp4") +
                                                "'; a path relative to the file that names it");
  std::filesystem::remove_all(bench.out);
  check_refused({"tune", bench.run, "--max-loss", "0", "-o", bench.out},
                "--max-loss: is 0; above 0: without loss the rule's neutral thresholds are all there is");
  CHECK_FALSE(std::filesystem::exists(bench.out));
}

TEST_CASE("tune refuses a recorded stream and a folder with something else in it") {
  const Bench bench;
  REQUIRE(program({"record", bench.run, "-o", bench.folder / "s.h5"}).code == 0);
  const std::string stream = "/input=" + (bench.folder / "s.h5");
  bench.refused({"--set", stream}, bench.run +
                                       ": /input: is a recorded stream, whose thresholds are settled; the "
                                       "frames from which it was recorded: video, images, ...");
  bench.folder.write("full/diary.txt", "");
  check_refused({"tune", bench.run, "--max-loss", "0.2", "-o", bench.folder / "full"},
                (bench.folder / "full") +
                    ": the folder is not empty and holds no earlier tuning (trials.jsonl); a new "
                    "folder, an empty one, or one with an earlier tuning");
}
