// Runs whose machine loses events or evaluates depth first, through the real program.
#include "tests/sim/check_run.hpp"
#include "tests/sim/cli_program.hpp"

#include <nlohmann/json.hpp>

using namespace deltasim;
using Json = nlohmann::json;

namespace {

Json report_of(const std::vector<std::string>& settings) {
  const test::TemporaryFolder folder;
  std::vector<std::string> arguments{"run", test::example, "-o", folder / "out", "--set", "/frames=2"};
  for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
  const auto outcome = test::program(arguments);
  REQUIRE(outcome.err == "");
  REQUIRE(outcome.code == 0);
  return Json::parse(folder.read("out/report.json"));
}

const std::string drop = "/hardware/core/queue_policy=drop";

}  // namespace

TEST_CASE("lost events: counted by layer and by core, MACs fall, quality says what they cost") {
  const Json waiting = report_of({});
  const Json report = report_of({drop, "/hardware/core/input_queue_flits=64"});
  for (const char* name : {"dense", "spatial", "delta"}) {
    CAPTURE(name);
    const Json& e = report["executions"][name];
    CHECK(e["lost_events"].get<std::uint64_t>() > 0);
    std::uint64_t by_layer = 0, by_core = 0, macs = 0;
    for (const Json& layer : e["layers"]) {
      by_layer += layer["lost_events"].get<std::uint64_t>();
      macs += layer["macs"].get<std::uint64_t>();
      CHECK(layer["macs"] == layer["counts"]["mac"]);
      CHECK(layer["macs_nonzero_weight"].get<std::uint64_t>() <= layer["macs"].get<std::uint64_t>());
    }
    for (const Json& core : e["cores"]) by_core += core["lost_events"].get<std::uint64_t>();
    CHECK(by_layer == e["lost_events"]);
    CHECK(by_core == e["lost_events"]);
    CHECK(macs == e["macs"]);
    CHECK(macs < waiting["executions"][name]["macs"].get<std::uint64_t>());
    CHECK(waiting["executions"][name]["lost_events"] == 0);
  }
  CHECK(report["quality"]["to_dense"]["relative_l2"].get<double>() > 0.01);
  CHECK(report["quality"]["to_dense_without_losses"]["relative_l2"] == 0.0);
  CHECK(waiting["quality"]["to_dense"]["relative_l2"] == 0.0);
  CHECK(!waiting["quality"].contains("to_dense_without_losses"));
}

TEST_CASE("a queue that loses nothing reports what a waiting machine reports") {
  const std::string deep = "/hardware/core/input_queue_flits=1000000", delta = R"(/executions=["delta"])";
  const Json waiting = report_of({deep, delta}), dropping = report_of({deep, delta, drop});
  CHECK(waiting["executions"] == dropping["executions"]);
  CHECK(waiting["quality"] == dropping["quality"]);
}

TEST_CASE("drop and depth first with layer_delay are refused with their place") {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::vector<std::string>& settings, const std::string& message) {
    std::vector<std::string> arguments{"run", test::example, "-o", folder / "out"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    test::check_refused(arguments, std::string(test::example) + ": " + message);
  };
  refused({drop, "/layer_delay=true"},
          "/hardware/core/queue_policy: is drop, but with layer_delay events of two frames are under way at a time; "
          "back_pressure, or delta without layer_delay");
  refused({"/hardware/core/schedule=depth_first", "/layer_delay=true"},
          "/hardware/core/schedule: is depth_first, but layer_delay lets a slice work on the frame before; "
          "frame_barrier, or delta without layer_delay");
}
