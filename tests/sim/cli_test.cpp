#include "tests/sim/cli_program.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

using namespace deltasim::test;

namespace {

const std::string example = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

}  // namespace

TEST_CASE("help and version go to stdout with exit code 0") {
  const Outcome help = program({"--help"});
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  CHECK(contains(help.out, "deltasim run configs/runs/example.json -o out/example"));
  CHECK(program({"run", "--help"}).code == 0);
  const Outcome version = program({"--version"});
  CHECK(version.out == "deltasim " DELTASIM_VERSION "\n");
  CHECK(version.code == 0);
}

TEST_CASE("misuse of the command line is the user's fault") {
  const std::string hint = "; 'deltasim --help' shows the commands";
  check_refused({}, "command line: A subcommand is required" + hint);
  check_refused({"runn"}, "command line: there is no command 'runn'; did you mean 'run'?");
  check_refused({"trace", "show"}, "command line: there is no command 'show'; commands here: info");
  check_refused({"run"}, "command line: RUN.json is required" + hint);
  check_refused({"record", example}, "command line: --output is required" + hint);
  check_refused({"config", "keys", "hardware"},
                "hardware: is not a kind of configuration file; kinds here: run, sweep, hw, systolic, network");
  CHECK(program({"run", example, "--nonsense"}).code == 2);
}

TEST_CASE("a wrong run file is refused with file, place, problem and remedy, and nothing is written") {
  const TemporaryFolder folder;
  const std::string out = folder / "out/result";
  check_refused({"run", folder / "none.json", "-o", out}, (folder / "none.json") +
                                                              ": no such file; the path of a JSON "
                                                              "file");
  check_refused({"run", example, "-o", out, "--set", "/hardware/core/lanes=1.9"},
                "--set /hardware/core/lanes=1.9: /hardware/core/lanes: is 1.9; must be an integer from 1 to 4096");
  check_refused({"run", example, "--set", "/frames=2", "--set", "/chek=true", "-o", out},
                "--set /chek=true: /chek: unknown key; did you mean 'check'?");
  check_refused({"record", example, "-o", folder / "a/b.h5", "--set", "/seed=-1"},
                "--set /seed=-1: /seed: is -1; must be an integer, 0 or more");
  CHECK(folder.entries() == 0);
}

TEST_CASE("an unwritable output is refused before the work") {
  const TemporaryFolder folder;
  const std::string file = folder.write("file", "");
  check_refused({"run", example, "-o", file + "/out"},
                file + "/out: '" + file + "' is not a folder; a folder for the results that can be written");
  const Outcome record = program({"record", example, "-o", folder / "none/trace.h5"});
  CHECK(record.code == 2);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a run prints its table on stdout, nothing on stderr when redirected, and writes the result") {
  const TemporaryFolder folder;
  const Outcome outcome = program({"run", example, "-o", folder / "out", "--set", "/frames=2"});
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(contains(outcome.out, "delta"));
  const auto report = nlohmann::json::parse(folder.read("out/report.json"));
  CHECK(report["config"]["frames"] == 2);
  CHECK(report["config"]["delta"]["payload_bits"] == 16);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a trace is recorded, described and replayed") {
  const TemporaryFolder folder;
  const std::string trace = folder / "trace.h5";
  REQUIRE(program({"record", example, "-o", trace, "--set", "/frames=3"}).code == 0);
  const Outcome info = program({"trace", "info", trace, "--json"});
  CHECK(info.code == 0);
  const auto json = nlohmann::json::parse(info.out);
  CHECK(json["frames"] == 3);
  CHECK(json["network"] == "objects");
  CHECK(json["delta"]["rule"] == "delta");
  CHECK(json["layers"][0]["shape"] == nlohmann::json{3, 96, 96});
  CHECK(json["layers"][0]["events"] > 0);
  const Outcome text = program({"trace", "info", trace});
  CHECK(contains(text.out, "frames       3 at 30 per second"));
  CHECK(contains(text.out, "stem"));
  CHECK(program({"run", example, "--set", "/input=" + trace}).code == 0);
  const Outcome missing = program({"trace", "info", folder / "none.h5"});
  CHECK(missing.code == 2);
  CHECK(contains(missing.err, folder / "none.h5"));
}

TEST_CASE("config check says ok for right files, and nothing on stdout for wrong ones") {
  const Outcome right = program({"config", "check", example, DELTASIM_SOURCE_DIR "/configs/hw/edge16.json"});
  CHECK(right.code == 0);
  CHECK(contains(right.out, "ok  " + example + ": run: objects.onnx; rendered clip"));
  CHECK(contains(right.out, "edge16.json: hardware: 4 x 4 cores"));
  const TemporaryFolder folder;
  const std::string wrong = folder.write("hw/wrong.json", "{\"core\": {\n  \"lanes\" 4}}");
  const Outcome outcome = program({"config", "check", example, wrong});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.err, wrong + ": line 2, column 11: not valid JSON"));
}

TEST_CASE("config defaults prints JSON that reads back, config keys a table and a schema") {
  const TemporaryFolder folder;
  const Outcome defaults = program({"config", "defaults", "hw"});
  CHECK(defaults.code == 0);
  const std::string chip = folder.write("hw/chip.json", defaults.out);
  CHECK(program({"config", "check", chip}).code == 0);
  CHECK(program({"config", "defaults", chip}).out == defaults.out);
  CHECK(nlohmann::json::parse(program({"config", "defaults", example}).out)["check"] == true);
  CHECK(contains(program({"config", "keys", chip}).out, "/core/lanes\n"));
  CHECK(nlohmann::json::parse(program({"config", "keys", "run", "--schema"}).out)["type"] == "object");
}

TEST_CASE("Ctrl-C ends the work with exit code 130 and leaves nothing half written") {
  const TemporaryFolder folder, streams;
  const pid_t child = start(streams, {"run", example, "-o", folder / "out/result", "--set",
                                      "/input/render/frames=100000", "--set", "/frames=100000"});
  for (int tries = 0; folder.entries() == 0 && tries < 500; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(folder.entries() == 1);  // its temporary folder
  kill(child, SIGINT);
  const Outcome outcome = finish(streams, child);
  CHECK(outcome.code == 130);
  CHECK(outcome.err == "deltasim: error: interrupted; nothing half written remains\n");
  CHECK(outcome.out.empty());
  CHECK(folder.entries() == 0);
}
