#include "sim/progress.hpp"

#include <doctest/doctest.h>

#include <sstream>

using deltasim::sim::ProgressBar;
using deltasim::sim::ProgressScreen;

namespace {

/// A screen and a clock that the test moves.
struct FakeScreen {
  std::ostringstream out;
  double now = 100.0;
  ProgressScreen screen(bool terminal) {
    return {&out, terminal, [this] { return now; }};
  }
  std::string taken() {
    std::string text = out.str();
    out.str("");
    return text;
  }
};

}  // namespace

TEST_CASE("work of up to two seconds shows nothing, longer work does") {
  FakeScreen fake;
  {
    ProgressBar bar("delta", 100, fake.screen(true));
    fake.now += 1.99;
    bar.update(20);
    CHECK(fake.taken().empty());
    fake.now += 0.02;
    bar.update(25);
    const std::string text = fake.taken();
    CAPTURE(text);
    CHECK(text.find("delta") != std::string::npos);
    CHECK(text.find("[######..................] 25/100  12.4 frames/s  6 s left") != std::string::npos);
    bar.update(26);
    CHECK(fake.taken().empty());  // at most ten times a second
  }
  CHECK(fake.taken() == "\r\033[K");
}

TEST_CASE("nothing is shown where stderr is no terminal") {
  FakeScreen fake;
  {
    ProgressBar bar("delta", 100, fake.screen(false));
    fake.now += 50;
    bar.update(20);
  }
  CHECK(fake.taken().empty());
}

TEST_CASE("without a total there is a count and a rate") {
  FakeScreen fake;
  ProgressBar bar("read", std::nullopt, fake.screen(true));
  fake.now += 10;
  bar.update(50);
  CHECK(fake.taken().find("50 frames  5.0 frames/s") != std::string::npos);
}
