#include "tests/sim/sweep/small_sweep.hpp"

#include <algorithm>
#include <filesystem>

using namespace deltasim::test;

TEST_CASE("a sweep runs every point as `run` would, into a folder of its own and one row of the table") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points), out = folder / "out";
  const Outcome outcome = program({"sweep", sweep, "-o", out, "--jobs", "2"});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(contains(outcome.out, "6 points: 6 done, 0 failed, 0 left (0 running)"));
  CHECK(column(folder, "out", "status") == std::vector<std::string>(6, "done"));
  CHECK(column(folder, "out", "threshold") == std::vector<std::string>{"1", "1", "2", "2", "4", "4"});
  CHECK(column(folder, "out", "lanes") == std::vector<std::string>{"8", "16", "8", "16", "8", "16"});
  const auto report = nlohmann::json::parse(folder.read("out/points/0003/report.json"));
  CHECK(report["config"]["delta"]["threshold"] == 2);
  CHECK(report["config"]["hardware"]["core"]["lanes"] == 16);
  CHECK(column(folder, "out", "cycles")[3] == report["executions"]["delta"]["cycles"].dump());
  CHECK(column(folder, "out", "energy_pj")[3] == report["executions"]["delta"]["energy_pj"]["total"].dump());
  // The point's own run file gives the same
  REQUIRE(program({"run", out + "/points/0003/run.json", "-o", folder / "again"}).code == 0);
  const auto again = nlohmann::json::parse(folder.read("again/report.json"));
  CHECK(again["executions"] == report["executions"]);
  const auto json = sweep_json(folder, "out");
  CHECK(json["points"]["done"] == 6);
  CHECK(json["sweep"]["base"]["frames"] == 1);
  CHECK(json["axes"][1]["pointer"] == "/hardware/core/lanes");
  CHECK(std::filesystem::is_empty(out + "/unfinished"));
}

TEST_CASE("the same command goes on where it was, another sweep in the folder is refused") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points), out = folder / "out";
  REQUIRE(program({"sweep", sweep, "-o", out, "--shard", "2/3"}).code == 0);
  CHECK(contains(program({"sweep", "--status", out}).out, "6 points: 2 done, 0 failed, 4 left (0 running)"));
  const std::string first = folder.read("out/points/0001/report.json");
  REQUIRE(program({"sweep", sweep, "-o", out}).code == 0);
  CHECK(folder.read("out/points/0001/report.json") == first);  // host times would differ
  CHECK(column(folder, "out", "status") == std::vector<std::string>(6, "done"));
  const std::string other =
      small_sweep(folder, R"({"pointer": "/delta/threshold", "values": [1, 2, 5]})", "", "b.json");
  const Outcome refused = program({"sweep", other, "-o", out});
  CHECK(refused.code == 2);
  CHECK(contains(refused.err, out + ": holds another sweep: /axes/0/values/2 is 5, was 4"));
  const Outcome foreign = program({"sweep", sweep, "-o", folder.path()});
  CHECK(foreign.code == 2);
  CHECK(contains(foreign.err, "the folder is not empty and holds no sweep"));
}

TEST_CASE("a refused configuration fails its point, with its message, and the sweep goes on") {
  const TemporaryFolder folder;
  const std::string lanes = R"({"pointer": "/hardware/core/lanes", "values": [16, 0, 8]})";
  const std::string sweep = small_sweep(folder, lanes), out = folder / "out";
  const Outcome outcome = program({"sweep", sweep, "-o", out, "--jobs", "1"});
  CHECK(outcome.code == 1);
  const std::string message = sweep + ": /axes/0/values/1: is 0; must be an integer from 1 to 4096";
  CHECK(contains(outcome.out, "3 points: 2 done, 1 failed, 0 left (0 running)\nfailed 0001: " + message + "\n"));
  CHECK(column(folder, "out", "status") == std::vector<std::string>{"done", "failed", "done"});
  CHECK(column(folder, "out", "message")[1] == message);
  CHECK(program({"sweep", sweep, "-o", out}).code == 1);  // still failed, not run again
  CHECK(contains(folder.read("out/points/0001/errors.txt"), message));
  CHECK(program({"sweep", sweep, "-o", out, "--retry-failed"}).code == 1);
  CHECK(column(folder, "out", "status") == std::vector<std::string>{"done", "failed", "done"});
}

TEST_CASE("what no point could run is refused before any starts") {
  const TemporaryFolder folder;
  const std::string out = folder / "out";
  const auto refused = [&](const std::string& axes, const std::string& message) {
    check_refused({"sweep", small_sweep(folder, axes), "-o", out}, (folder / "sweep.json") + ": " + message);
  };
  refused(R"({"pointer": "/delta/treshold", "values": [1]})",
          "/axes/0/pointer: '/delta/treshold': there is no key 'treshold'; did you mean 'threshold'?");
  refused(
      R"({"pointer": "/hardware/core/lanes/x", "values": [1]})",
      "/axes/0/pointer: '/hardware/core/lanes/x': there is no key 'x', nothing stands below it; a JSON pointer into "
      "a run file, for example /delta/threshold; 'deltasim config keys run' lists them");
  refused(R"({"pointer": "/energy/operations/mak", "values": [1]})",
          "/axes/0/values/0: the run has nothing at '/energy/operations/mak'; an entry of its energy table");
  const std::string sweep = folder.write("b.json", R"({"base": {"network": "none.onnx", "input": "x.mp4", "energy": {}},
    "axes": [{"pointer": "/frames", "values": [1]}]})");
  check_refused({"sweep", sweep, "-o", out}, sweep + ": /base/network: there is no file '" + (folder / "none.onnx") +
                                                 "'; a path relative to the file that names it");
  check_refused({"sweep", "-o", out},
                "command line: SWEEP.json is required; 'deltasim sweep --help' shows the options");
  check_refused({"sweep", "--status", folder.path()}, folder.path() +
                                                          ": is no folder of a sweep; the folder given with -o to "
                                                          "'deltasim sweep'");
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("constraints leave points out, of the list, of the table and of the work") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points, R"("constraints": ["threshold * lanes <= 16"])");
  CHECK(program({"sweep", sweep, "--list"}).out == "id,threshold,lanes\n0000,1,8\n0001,1,16\n0002,2,8\n");
  const Outcome outcome = program({"sweep", sweep, "-o", folder / "out"});
  CHECK(contains(outcome.out, "3 points: 3 done, 0 failed, 0 left (0 running)\n3 more are excluded by constraints\n"));
  CHECK(column(folder, "out", "id") == std::vector<std::string>{"0000", "0001", "0002"});
}

TEST_CASE("a point can be run alone, and is then done for the sweep") {
  const TemporaryFolder folder;
  const std::string sweep = small_sweep(folder, six_points), out = folder / "out";
  const Outcome one = program({"sweep", sweep, "-o", out, "--point", "0004"});
  CHECK(one.code == 0);
  CHECK(contains(one.out, "delta"));
  CHECK(contains(program({"sweep", "--status", out}).out, "6 points: 1 done"));
  CHECK(contains(program({"sweep", sweep, "-o", out, "--point", "0004"}).out, "point 0004 is done"));
  check_refused({"sweep", sweep, "-o", out, "--point", "0006"},
                "--point 0006: there is no such point; an id that --list prints");
}

TEST_CASE("values that are paths are relative to the sweep file, and what stands inside of a file can vary") {
  const TemporaryFolder folder;
  folder.write("chips/a.json", R"({"core": {"lanes": 4}})");
  folder.write("chips/b.json", R"({"base": "a.json", "clock_mhz": 100})");
  const std::string sweep =
      small_sweep(folder, R"({"pointer": "/hardware", "values": ["chips/a.json", "chips/b.json"], "labels": ["a", "b"]},
                 {"pointer": "/hardware/clock_mhz", "values": [200]})");
  const Outcome outcome = program({"sweep", sweep, "-o", folder / "out"});
  CAPTURE(outcome.err + outcome.out);
  REQUIRE(outcome.code == 0);
  CHECK(column(folder, "out", "hardware") == std::vector<std::string>{"a", "b"});
  const auto config = nlohmann::json::parse(folder.read("out/points/0001/report.json"))["config"];
  CHECK(config["hardware"]["core"]["lanes"] == 4);
  CHECK(config["hardware"]["clock_mhz"] == 200.0);
}
