#include "sim/tune/cost_model.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::sim;

namespace {

/// An input row, a row with weights, a row without.
std::vector<WorkloadRow> rows() {
  std::vector<WorkloadRow> rows(3);
  rows[1].weights = 9;
  return rows;
}

Trial trial(std::uint64_t macs, std::uint64_t events) {
  Trial t;
  t.rows.resize(3);
  t.rows[1].macs = macs;
  t.rows[1].events = 1;
  t.rows[2].events = events;
  t.macs = macs;
  return t;
}

/// 100 pJ + 2 pJ a MAC, 10 pJ + 3 pJ an event; a tenth on top of the sum.
Measured machine(const Trial& t) {
  Measured m;
  m.row_pj = {0, 100 + 2.0 * static_cast<double>(t.rows[1].macs), 10 + 3.0 * static_cast<double>(t.rows[2].events)};
  m.row_cycles = {0, static_cast<double>(t.rows[1].macs), static_cast<double>(t.rows[2].events)};
  m.energy_pj = 1.1 * (m.row_pj[1] + m.row_pj[2]);
  m.cycles = t.rows[1].macs + t.rows[2].events;
  m.macs = t.macs;
  return m;
}

}  // namespace

TEST_CASE("two simulations give a fixed share and a share by work of every row") {
  const Trial a = trial(1000, 40), b = trial(400, 100), c = trial(50, 7);
  const Measured of_a = machine(a), of_b = machine(b);
  const CostModel model(Objective::energy, rows(), {{&a, &of_a}, {&b, &of_b}});
  CHECK(model(a) == doctest::Approx(of_a.energy_pj));
  CHECK(model(c) == doctest::Approx(machine(c).energy_pj));
}

TEST_CASE("one simulation, or two with the same work, give costs in proportion") {
  const Trial a = trial(1000, 40), half = trial(500, 20), near = trial(1010, 40);
  const Measured of_a = machine(a), of_near = machine(near);
  const CostModel one(Objective::energy, rows(), {{&a, &of_a}});
  CHECK(one(half) == doctest::Approx(of_a.energy_pj / 2));
  const CostModel two(Objective::energy, rows(), {{&near, &of_near}, {&a, &of_a}});
  CHECK(two(half) == doctest::Approx(of_a.energy_pj / 2));
}

TEST_CASE("MACs are counted, cycles follow the rows, and what is impossible costs most") {
  const Trial a = trial(1000, 40), b = trial(300, 12);
  CHECK(CostModel(Objective::macs, rows(), {})(b) == 300);
  const Measured of_a = machine(a);
  CHECK(CostModel(Objective::cycles, rows(), {{&a, &of_a}})(b) == doctest::Approx(312));
  Trial none = a;
  none.possible = false;
  CHECK(CostModel(Objective::macs, rows(), {})(none) > 1e300);
  CHECK(cost_of(Objective::cycles, of_a) == 1040);
}
