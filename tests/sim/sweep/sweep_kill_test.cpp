#include "tests/sim/sweep/kill_sweep.hpp"

using namespace deltasim::test;

TEST_CASE("a sweep that is killed with all its processes goes on, repeats no point, and ends with the same table") {
  check_killed_sweep(six_points, 3, 1);
}

TEST_CASE("no point outlives a killed sweep, Ctrl-C stops them and leaves nothing half written") {
  const TemporaryFolder folder, streams;
  const std::string sweep = endless_sweep(folder), out = folder / "out";
  for (const int signal : {SIGKILL, SIGINT}) {
    const pid_t parent = start(streams, {"sweep", sweep, "-o", out, "--jobs", "1"});
    const pid_t point = await_point(parent);
    REQUIRE(point > 0);
    kill(parent, signal);
    const Outcome outcome = finish(streams, parent);
    CHECK(outcome.code == (signal == SIGINT ? 130 : -SIGKILL));
    CHECK(soon([&] { return is_gone(point); }));
  }
  CHECK(std::filesystem::is_empty(out + "/unfinished"));
  CHECK(contains(program({"sweep", "--status", out}).out, "3 points: 0 done, 0 failed, 3 left (0 running)"));
}

TEST_CASE("a point that crashes is failed with the signal, one that is killed is started once more") {
  const TemporaryFolder folder, streams;
  const std::string sweep = endless_sweep(folder);
  const auto run_with = [&](int signal, int times, const std::string& out) {
    const pid_t parent = start(streams, {"sweep", sweep, "-o", folder / out, "--jobs", "1"});
    pid_t before = 0;
    for (int i = 0; i < times; ++i) {
      pid_t point = 0;
      REQUIRE(soon([&] { return (point = await_point(parent)) != before; }));
      kill(before = point, signal);
    }
    return finish(streams, parent);
  };
  CHECK(run_with(SIGSEGV, 1, "crash").code == 1);
  CHECK(column(folder, "crash", "status") == std::vector<std::string>{"failed", "done", "done"});
  CHECK(column(folder, "crash", "message")[0] == "ended by SIGSEGV");
  CHECK(run_with(SIGKILL, 2, "killed").code == 1);
  CHECK(column(folder, "killed", "status") == std::vector<std::string>{"failed", "done", "done"});
  CHECK(contains(column(folder, "killed", "message")[0], "ended by SIGKILL"));
}
