#include "tests/sim/cli_program.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace deltasim::test;
using Json = nlohmann::json;

namespace {

const std::string example = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

/// Runs with `overrides` and gives the report.
Json report_of(const TemporaryFolder& folder, const std::vector<std::string>& overrides) {
  std::vector<std::string> arguments{"run", example, "-o", folder / "out"};
  for (const auto& text : overrides) arguments.insert(arguments.end(), {"--set", text});
  const Outcome outcome = program(arguments);
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  return Json::parse(folder.read("out/report.json"));
}

}  // namespace

TEST_CASE("a replayed stream gives what the live run gave, under the rule with which it was recorded") {
  const TemporaryFolder folder;
  const std::string trace = folder / "trace.h5";
  const std::vector<std::string> rule{
      "/delta={\"rule\": \"send_on_delta\", \"threshold\": {\"stem\": [0, 1, 2, 3, 4, 5, 6, 7], \"pool\": 3}, "
      "\"layers\": {\"residual_a\": {\"mode\": \"normal\"}}, \"key_frame_period\": 3}"};
  REQUIRE(program({"record", example, "-o", trace, "--set", "/frames=4", "--set", rule[0]}).code == 0);
  const Json live = report_of(folder, {rule[0], "/frames=4", "/executions=[\"delta\"]"});
  const Json replayed = report_of(folder, {"/input=" + trace});
  CHECK(replayed["executions"] == live["executions"]);
  CHECK(replayed["config"]["executions"] == Json{"delta"});
  CHECK(replayed["config"]["delta"]["rule"] == "send_on_delta");
  CHECK(replayed["config"]["delta"]["key_frame_period"] == 3);
  CHECK(replayed["workload"]["frames"] == 4);
}

TEST_CASE("a replay can stop early and take place at another frame rate") {
  const TemporaryFolder folder;
  const std::string trace = folder / "trace.h5";
  REQUIRE(program({"record", example, "-o", trace, "--set", "/frames=4"}).code == 0);
  const Json two = report_of(folder, {"/input=" + trace, "/frames=2", "/input/frame_rate=60"});
  CHECK(two["workload"]["frames"] == 2);
  CHECK(two["workload"]["frame_rate"] == 60.0);
  const Json live = report_of(folder, {"/frames=2", "/executions=[\"delta\"]", "/input/frame_rate=60"});
  CHECK(live["workload"]["frame_rate"] == 60.0);
  CHECK(two["executions"] == live["executions"]);
}
