#include "sim/validation/rtl_core.hpp"
#include "sim/validation/rtl_mesh.hpp"
#include "sim/validation/rtl_networks.hpp"
#include "sim/validation/rtl_suites.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

using namespace deltasim;

TEST_CASE("records of cores and networks are read as they were written") {
  const std::vector<sim::RecordedCore> cores{{"a \"b\"", 7, true, {100, "0f", "1e"}, {99, "2d", "3c"}},
                                             {"c", 1, false, {}, {}}};
  const auto core = sim::read_core_record(sim::core_record_text(cores));
  REQUIRE(core.size() == 2);
  CHECK(core[0].name == "a \"b\"");
  CHECK(core[0].events == 7);
  CHECK(core[0].stalls);
  CHECK(core[0].rtl.cycles == 100);
  CHECK(core[0].rtl.times == "1e");
  CHECK(core[0].model.cycles == 99);
  CHECK(core[0].model.values == "2d");
  CHECK_FALSE(core[1].stalls);

  const auto network = sim::read_network_record(sim::network_record_text({{"n", 3, "ab", {10, 20}, {10, 21}}}));
  REQUIRE(network.size() == 1);
  CHECK(network[0].events == 3);
  CHECK(network[0].outputs == "ab");
  CHECK(network[0].rtl == std::vector<std::uint64_t>{10, 20});
  CHECK(network[0].model == std::vector<std::uint64_t>{10, 21});
}

TEST_CASE("a network's deviation is the largest of any frame, in either direction") {
  CHECK(sim::frames_deviation({100, 200}, {100, 200}) == 0);
  CHECK(sim::frames_deviation({100, 200, 400}, {100, 198, 401}) == doctest::Approx(0.01));
  CHECK(sim::frames_deviation({100, 200}, {103, 200}) == doctest::Approx(0.03));
  CHECK_THROWS_AS(sim::frames_deviation({100, 200}, {100}), std::logic_error);
}

TEST_CASE("what reports quote: the largest deviation of the records, within the limits") {
  const sim::CycleModelError& e = sim::recorded_cycle_error();
  CHECK(e.core <= 0.01);
  CHECK(e.routers == 0);
  CHECK(e.mesh_of_cores > 0);  // the link of RTL's input port
  CHECK(e.mesh_of_cores <= 0.02);
  CHECK(e.largest() == std::max({e.core, e.routers, e.mesh_of_cores}));
  CHECK(e.sequences == sim::core_sequences().size() + sim::recorded_mesh_sequences() + sim::mesh_networks().size());
}

TEST_CASE("the core's model has no sequence twice: a record is found by its name") {
  std::vector<std::string> names;
  for (const sim::CoreSequence& s : sim::core_sequences()) names.push_back(s.name);
  std::sort(names.begin(), names.end());
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}
