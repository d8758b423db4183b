#include "sim/sweep/sweep_progress.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace deltasim;

TEST_CASE("progress of a sweep: a line redrawn on a terminal, a new one now and then elsewhere, and the time left") {
  std::ostringstream out;
  double now = 0.0;
  const auto screen = [&](bool terminal) { return sim::ProgressScreen{&out, terminal, [&] { return now; }}; };
  {
    sim::SweepProgress progress(3, 1, 10, screen(true));
    progress.point_done();
    progress.point_failed();
    now = 0.1;
    progress.show(2);
    CHECK(out.str().empty());
    now = 8.0;
    progress.show(2);
    CHECK(out.str() == "\r\033[Ksweep: 4 done, 2 failed, 8 left, 2 running; 32 s to go");
  }
  CHECK(out.str().substr(out.str().size() - 4) == "\r\033[K");
  out.str("");
  now = 0.0;
  sim::SweepProgress progress(0, 0, 4, screen(false));
  now = 29.0;
  progress.show(1);
  CHECK(out.str().empty());
  now = 31.0;
  progress.show(1);
  CHECK(out.str() == "sweep: 0 done, 0 failed, 4 left, 1 running\n");
}
