#include "tests/sim/training/train_program.hpp"

#include "sim/training/reproduction_document.hpp"
#include "sim/training/training_log.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::test;
using sim::Json;

namespace {

Json tiny_recipe() {
  Json recipe = tiny_training();
  const Json network = recipe["network"];
  recipe.erase("network");
  recipe["simulation"] = Json::parse(R"({"clips": 1, "frames": 8, "dense_frames": 1, "rate_clips": 0})");
  recipe["groups"] = Json::array({Json::object()});
  recipe["groups"][0] = {{"name", "tiny"}, {"network", network}, {"trainings", Json::parse(R"([
    {"name": "baseline", "execution": "spatial", "training": {"regime": "baseline"}},
    {"name": "delta", "from": "baseline", "sweep": true, "training": {"rate": 1}}])")}};
  return recipe;
}

}  // namespace

TEST_CASE("a recipe is trained, simulated and reported; a second time nothing is done again") {
  const TemporaryFolder folder;
  const std::string recipe = folder.write("recipe.json", tiny_recipe().dump()), out = folder / "out";
  const Outcome outcome = program({"reproduce", recipe, "-o", out});
  CAPTURE(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(contains(outcome.out, "tiny-baseline"));
  const Json report = Json::parse(folder.read("out/report.json"));
  REQUIRE(report["rows"].size() == 2);
  const Json& delta = report["rows"][1];
  CHECK(delta["from"] == "tiny-baseline");
  // Training and integer network see the same changes on the same clips
  CHECK(delta["agreement"]["accuracy_points"].get<double>() <= 100.0 / 16 + 1e-9);
  CHECK(delta["agreement"]["largest_relative_deviation"].get<double>() < 0.02);
  const Json& logits = delta["agreement"]["logits"];
  CHECK(logits["rms"].get<double>() > 0);
  CHECK(logits["rms_error"].get<double>() < 0.02 * logits["rms"].get<double>());
  const Json& machine = delta["simulation"]["machine"];
  CHECK(machine["dense"]["dense_over_this"]["macs"] == 1.0);
  CHECK(machine["delta"]["macs"].get<double>() < machine["dense"]["macs"].get<double>());
  CHECK(machine["delta"]["energy_pj"]["low"] <= machine["delta"]["energy_pj"]["value"]);
  CHECK(contains(folder.read("out/reproduction.html"), "\"kind\":\"reproduction\""));

  const Outcome again = program({"reproduce", recipe, "-o", out});
  REQUIRE(again.code == 0);
  CHECK_FALSE(contains(again.out, " trained "));
  CHECK_FALSE(contains(again.out, " simulated "));
  check_training_refused({"reproduce", recipe, "-o", out, "--network", "tine"},
                         "--network: the recipe has no group 'tine'; did you mean 'tiny'?");

  const std::string document = folder.write("r.md", "words\n<!-- table -->\nold\n<!-- /table -->\nmore words\n");
  REQUIRE(program({"reproduce", "-o", out, "--document", document}).code == 0);
  const std::string text = folder.read("r.md");
  CHECK(contains(text, "words\n<!-- table -->\n**tiny**"));
  CHECK(contains(text, "<!-- /table -->\nmore words\n"));
  CHECK_FALSE(contains(text, "old"));
}

TEST_CASE("recipes with faults are refused") {
  const TemporaryFolder folder;
  Json recipe = tiny_recipe();
  recipe["groups"][0]["trainings"][1]["from"] = "basline";
  std::string file = folder.write("r.json", recipe.dump());
  check_training_refused({"config", "check", file},
                         file +
                             ": /groups/0/trainings/1/from: 'basline' is no earlier training of the group; did you "
                             "mean 'baseline'?");
  recipe = tiny_recipe();
  recipe["groups"][0]["trainings"][0]["training"]["regim"] = "l1";
  file = folder.write("r.json", recipe.dump());
  check_training_refused({"config", "check", file},
                         file + " (tiny-baseline): /training/regim: unknown key; did you mean 'regime'?");
}

TEST_CASE("letters of layers: dots for none, a full block for all, neighbours share where there is no room") {
  using models::training::LayerActivity;
  CHECK(sim::density_letters({{"a", 0, 0.0}, {"b", 0, 1.0}, {"c", 0, 1.0 / 64}, {"d", 0, 1.1 / 64}}, 10) == "·█▁▂");
  CHECK(sim::density_letters({{"a", 0, 1.0}, {"b", 0, 1.0}, {"c", 0, 0.0}, {"d", 0, 0.0}}, 2) == "█·");
}
