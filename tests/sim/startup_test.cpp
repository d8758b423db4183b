// Sweeps start a process for each point: starting must stay cheap.
#include "tests/sim/cli_program.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include <sys/resource.h>
#include <sys/wait.h>

using namespace deltasim;

namespace {

struct Start {
  double ms = 0;  ///< of processor time
  long pages = 0;
};

Start started(const test::TemporaryFolder& folder) {
  rusage usage{};
  int status = 0;
  const pid_t child = test::start(folder, {"--version"});
  REQUIRE(wait4(child, &status, 0, &usage) == child);
  REQUIRE(status == 0);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) * 1e-3;
  };
  return {ms(usage.ru_utime) + ms(usage.ru_stime), usage.ru_minflt + usage.ru_majflt};
}

std::string libraries() {
  std::string text;
  std::array<char, 4096> part{};
  FILE* ldd = popen("ldd '" DELTASIM_PROGRAM "' 2>&1", "r");
  if (ldd == nullptr) return text;
  while (fgets(part.data(), part.size(), ldd) != nullptr) text += part.data();
  pclose(ldd);
  return text;
}

}  // namespace

TEST_CASE("deltasim links neither libtorch nor FFmpeg, whose libraries are loaded for the first picture") {
  const std::string linked = libraries();
  REQUIRE(test::contains(linked, "libc.so"));
  for (const char* name : {"libtorch", "libc10", "libav"}) CHECK_FALSE(test::contains(linked, name));
}

#if !defined(__SANITIZE_ADDRESS__)
TEST_CASE("deltasim starts within 30 ms") {
  const test::TemporaryFolder folder;
  std::vector<double> times;
  long pages = 0;
  for (int i = 0; i < 5; ++i) {
    const Start start = started(folder);
    times.push_back(start.ms);
    pages = start.pages;
  }
  std::sort(times.begin(), times.end());
  CHECK(pages < 3000);  // what its time follows, on any machine: libav* would add 2000, libtorch 17 000
  CAPTURE(pages);
  CHECK(times[2] < 30);
}
#endif
