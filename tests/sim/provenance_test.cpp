#include "sim/provenance.hpp"

#include "sim/run_config.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace deltasim;
using sim::Json;

namespace {

bool lists(const std::vector<std::string>& places, const std::string& place) {
  return std::find(places.begin(), places.end(), place) != places.end();
}

}  // namespace

TEST_CASE("values of a chip are published, estimated, chosen or without a source") {
  const Json values = {{"a", 1}, {"b", nullptr}, {"core", {{"c", 2}, {"d", 3}}}};
  const Json sources = {{"/a", {{"source", "paper"}, {"confidence", "A"}}},
                        {"/b", {{"source", "guess"}, {"confidence", "D"}}},
                        {"/core/c", {{"source", "us"}, {"confidence", "choice"}}},
                        {"/core/x", {{"source", "paper"}, {"confidence", "A"}}}};
  const auto p = sim::hardware_provenance(values, sources);
  CHECK(p.values == 4);
  CHECK(p.published == 1);
  CHECK(p.choices == 1);
  REQUIRE(p.estimates.size() == 1);
  CHECK(p.estimates[0].place == "/b");
  CHECK(p.estimates[0].source == "guess");
  CHECK(p.unsourced == std::vector<std::string>{"/core/d"});
}

TEST_CASE("an entry of a table is an estimate where EST is among its sources, zeros are no figures") {
  const Json table = Json::parse(R"({"sources": {"EST": "x"}, "activities": {
      "mac": {"value": 2, "high": 3, "source": "A, EST"}, "hop": {"value": 2, "high": 3, "source": "BEST"},
      "none": {"value": 0, "high": 0, "source": "EST"}}, "voltage": {"points": [{"volt": 1, "source": "EST"}]}})");
  const auto p = sim::energy_provenance(table);
  CHECK(p.values == 3);
  CHECK(p.published == 1);
  REQUIRE(p.estimates.size() == 2);
  CHECK(p.estimates[0].place == "/activities/mac");
  CHECK(p.estimates[1].place == "/voltage/points/0");
}

TEST_CASE("a value that the user changes loses its source, the others keep theirs") {
  const std::string run = std::string(DELTASIM_SOURCE_DIR) + "/configs/runs/objects.json";
  const auto before = sim::read_run(run, {});
  const auto after = sim::read_run(run, {"/hardware/core/lanes=8"});
  CHECK(before.hardware_sources.contains("/core/lanes"));
  CHECK_FALSE(after.hardware_sources.contains("/core/lanes"));
  CHECK(after.hardware_sources.size() + 1 == before.hardware_sources.size());
  const auto json = sim::effective(after);
  CHECK(json["hardware"]["sources"] == after.hardware_sources);
  Json values = json["hardware"];
  values.erase("sources");
  const auto p = sim::hardware_provenance(values, after.hardware_sources);
  CHECK(lists(p.unsourced, "/core/lanes"));
  CHECK(p.total() == p.values);
}
