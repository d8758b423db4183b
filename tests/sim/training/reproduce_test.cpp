#include "tests/sim/training/train_program.hpp"

#include "sim/training/reproduction_document.hpp"
#include "sim/training/reproduction_jobs.hpp"
#include "sim/training/training_log.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::test;
using sim::Document;
using sim::Json;

namespace {

/// Its network: in net.json beside it.
Json tiny_recipe() {
  Json recipe = tiny_training();
  recipe.erase("network");
  recipe["simulation"] = Json::parse(R"({"clips": 1, "frames": 8, "dense_frames": 1, "rate_clips": 0})");
  recipe["groups"] = Json::array({Json::object()});
  recipe["groups"][0] = {{"name", "tiny"}, {"network", "net.json"}, {"trainings", Json::parse(R"([
    {"name": "baseline", "execution": "spatial", "training": {"regime": "baseline"}},
    {"name": "delta", "from": "baseline", "sweep": true, "training": {"rate": 1}}])")}};
  return recipe;
}

struct RecipeFolder : TemporaryFolder {
  RecipeFolder() { write("net.json", tiny_training()["network"].dump()); }
};

sim::Recipe recipe_in(const std::string& file, const std::vector<std::string>& overrides = {}) {
  return sim::read_recipe(Document::read(file), file, overrides);
}

}  // namespace

TEST_CASE("a recipe is trained, simulated and reported, a second time nothing is done again") {
  const RecipeFolder folder;
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

  Json changed = tiny_recipe();
  changed["groups"][0]["trainings"][1]["from"] = "";
  const Outcome refused = program({"reproduce", folder.write("changed.json", changed.dump()), "-o", out});
  CHECK(refused.code == 2);
  CHECK(contains(refused.err, "training tiny-delta: "));
  CHECK(contains(refused.err, "the folder holds another training: /start is \"tiny-baseline\" there, \"\" here"));

  const std::string document = folder.write("r.md", "words\n<!-- table -->\nold\n<!-- /table -->\nmore words\n");
  REQUIRE(program({"reproduce", "-o", out, "--document", document}).code == 0);
  const std::string text = folder.read("r.md");
  CHECK(contains(text, "words\n<!-- table -->\n**tiny**"));
  CHECK(contains(text, "<!-- /table -->\nmore words\n"));
  CHECK_FALSE(contains(text, "old"));
}

TEST_CASE("paths of a recipe begin beside the file that names them, wherever its trainings are done") {
  const RecipeFolder folder;
  Json recipe = tiny_recipe();
  recipe["data"] = {{"folder", {{"path", "clips"}}}};
  const std::string base = folder.write("base/r.json", recipe.dump());
  folder.write("base/net.json", tiny_training()["network"].dump());
  const std::string file = folder.write("r.json", R"({"base": "base/r.json"})");
  const std::string seen_from_here = std::filesystem::relative(file).string();
  for (const std::string& name : {file, seen_from_here}) {
    const Json training = recipe_in(name).tasks[0].file;
    CHECK(training["data"]["folder"]["path"] == folder / "base/clips");
    CHECK(training["network"]["layers"].size() == 3);
  }
  std::filesystem::create_directory(folder / "own");
  const Json own = recipe_in(file, {"/data/folder/path=" + (folder / "own")}).tasks[1].file;
  CHECK(own["data"]["folder"]["path"] == folder / "own");
}

TEST_CASE("a simulation counts as done with the same settings and of the same format alone") {
  const RecipeFolder folder;
  const sim::Recipe recipe = recipe_in(folder.write("r.json", tiny_recipe().dump()));
  const sim::Task& task = recipe.tasks[0];
  const sim::ReproductionFolder out{folder / "out"};
  Json there{{"settings", sim::simulation_settings(recipe, task)}};
  folder.write("out/trainings/tiny-baseline/simulation.json", there.dump());
  CHECK(sim::is_simulated(out, recipe, task));
  there["settings"].erase("format");
  folder.write("out/trainings/tiny-baseline/simulation.json", there.dump());
  CHECK_FALSE(sim::is_simulated(out, recipe, task));
}

TEST_CASE("another program's report makes no document") {
  const TemporaryFolder folder;
  const std::string document = folder.write("r.md", "<!-- table -->\nold\n<!-- /table -->\n");
  for (const char* report : {R"({"kind": "run", "rows": []})", "{}", "[]", R"({"kind": 3})"}) {
    folder.write("report.json", report);
    check_training_refused(
        {"reproduce", "-o", folder.path(), "--document", document},
        (folder / "report.json") + ": is no report of a reproduction; as 'deltasim-train reproduce -o' wrote it");
  }
}

TEST_CASE("recipes with faults are refused") {
  const RecipeFolder folder;
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
  recipe = tiny_recipe();
  recipe["groups"][0]["trainings"][0]["training"]["quantise_from"] = 3;
  file = folder.write("r.json", recipe.dump());
  check_training_refused({"config", "check", file},
                         file +
                             " (tiny-baseline): /training/quantise_from: 3 of 2 epochs; expected an epoch of the "
                             "training, from 1");
  recipe = tiny_recipe();
  recipe["groups"][0]["network"] = {{"builtin", "resnet8"}, {"widht", 2}};
  file = folder.write("r.json", recipe.dump());
  check_training_refused({"config", "check", file},
                         file + ": /groups/0/network/widht: unknown key; did you mean 'width'?");
  recipe = tiny_recipe();
  recipe["simulation"]["hardware"] = "senecca";
  file = folder.write("r.json", recipe.dump());
  check_training_refused({"config", "check", file},
                         file +
                             ": /simulation/hardware: there is no preset 'senecca' with an energy table; did you mean "
                             "'seneca'?");
  recipe["simulation"]["hardware"] = "systolic_32x32";
  file = folder.write("r.json", recipe.dump());
  check_training_refused(
      {"reproduce", file, "-o", folder / "out"},
      file +
          ": /simulation/hardware: there is no preset 'systolic_32x32' with an energy table; presets here: loihi1, "
          "loihi2_like, neuronflow, seneca, seneca_spikes, sne");
  CHECK_FALSE(std::filesystem::exists(folder / "out"));
}

TEST_CASE("letters of layers: dots for none, a full block for all, neighbours share where there is no room") {
  using models::training::LayerActivity;
  CHECK(sim::density_letters({{"a", 0, 0.0}, {"b", 0, 1.0}, {"c", 0, 1.0 / 64}, {"d", 0, 1.1 / 64}}, 10) == "·█▁▂");
  CHECK(sim::density_letters({{"a", 0, 1.0}, {"b", 0, 1.0}, {"c", 0, 0.0}, {"d", 0, 0.0}}, 2) == "█·");
}
