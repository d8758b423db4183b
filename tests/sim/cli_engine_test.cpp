#include "tests/sim/cli_program.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace deltasim::test;
using Json = nlohmann::ordered_json;

namespace {

const std::string example = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

/// Three frames of the example; `wish` names the engine.
void run_into(const TemporaryFolder& folder, const std::string& name, const std::vector<std::string>& wish) {
  std::vector<std::string> arguments{"run", example, "-o", folder / name, "--set", "/frames=3"};
  arguments.insert(arguments.end(), wish.begin(), wish.end());
  const Outcome outcome = program(arguments);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
}

/// The report's text without `host` and the key itself, and what the key says.
std::pair<std::string, std::string> report_of(const TemporaryFolder& folder, const std::string& name) {
  Json report = Json::parse(folder.read(name + "/report.json"));
  const std::string engine = report.at("config").at("engine");
  report["config"].erase("engine");
  report.erase("host");
  return {report.dump(1), engine};
}

}  // namespace

TEST_CASE("both engines write the same results, byte for byte, the report names the engine") {
  const TemporaryFolder folder;
  run_into(folder, "default", {});
  run_into(folder, "option", {"--engine", "systemc"});
  run_into(folder, "key", {"--set", "/engine=systemc"});
  const auto [reference, wheel] = report_of(folder, "default");
  CHECK(wheel == "wheel");
  for (const std::string name : {"option", "key"}) {
    CAPTURE(name);
    const auto [report, engine] = report_of(folder, name);
    CHECK(engine == "systemc");
    CHECK(report == reference);
    for (const std::string file : {"/frames.csv", "/outputs.npy"})
      CHECK(folder.read(name + file) == folder.read("default" + file));
  }
}

TEST_CASE("the option wins over the run file, an unknown engine is refused by both") {
  const TemporaryFolder folder;
  run_into(folder, "out", {"--engine", "wheel", "--set", "/engine=systemc"});
  CHECK(report_of(folder, "out").second == "wheel");
  const Outcome option = program({"run", example, "--engine", "clock"});
  CHECK(option.code == 2);
  CHECK(contains(option.err, "--engine: clock not in {wheel,systemc}"));
  const Outcome key = program({"run", example, "--set", "/engine=clock"});
  CHECK(key.code == 2);
  CHECK(contains(key.err, "must be one of: wheel, systemc"));
}
