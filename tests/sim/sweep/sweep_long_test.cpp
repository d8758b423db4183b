#include "tests/sim/sweep/kill_sweep.hpp"

using namespace deltasim::test;

TEST_CASE("a sweep that is killed 20 times goes on, repeats no point, and ends with the same table") {
  const std::size_t done_before = check_killed_sweep(
      R"({"pointer": "/delta/threshold", "values": [1, 2, 4, 8]},
         {"pointer": "/hardware/core/lanes", "range": {"from": 1, "to": 32, "steps": 6, "scale": "log"}})",
      20, 2026);
  CHECK(done_before > 0);
}
