#include "sim/validation/rtl_mesh.hpp"

#include <doctest/doctest.h>

using namespace deltasim;

TEST_CASE("the mesh of routers still does what the recorded RTL did, on every sequence") {
  const auto comparisons = sim::compare_mesh_with_recorded_rtl();
  CHECK(comparisons.size() > 100);
  for (const sim::MeshComparison& comparison : comparisons) {
    CAPTURE(comparison.sequence);
    CHECK(comparison.got == comparison.expected);
    CHECK(comparison.values_equal);
  }
  CHECK(sim::recorded_mesh_deviation() == 0);
}

TEST_CASE("a record of the mesh is read as it was written") {
  const std::map<std::string, sim::MeshRecord> records{{"a, \"b\"", {3, 100, 98, 2, "00ff"}}, {"c", {1, 2, 3, 4, "d"}}};
  const auto read = sim::mesh_records(sim::mesh_records_json(records));
  REQUIRE(read.size() == 2);
  CHECK(read.at("a, \"b\"").rtl_cycles == 100);
  CHECK(read.at("a, \"b\"").model_cycles == 98);
  CHECK(read.at("a, \"b\"").order_digest == "00ff");
  CHECK(read.at("c").largest_difference == 4);
}
