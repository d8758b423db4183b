#include "sim/timeline/interval_counter.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <utility>
#include <vector>

using namespace deltasim;
using Told = std::vector<std::pair<double, double>>;

namespace {

/// What a counter of 10 cycles says of these values, up to cycle 100 (1 cycle = 1 us).
Told told(const std::vector<std::pair<std::uint64_t, double>>& values) {
  const test::TemporaryFolder folder;
  sim::EventWriter writer(folder / "t", {1});
  sim::IntervalCounter counter(writer, 1, "n", "flits", 10);
  for (const auto& [at, value] : values) counter.set(at, value);
  counter.finish(100);
  writer.commit("");
  Told all;
  const auto trace = nlohmann::json::parse(folder.read("t"));
  for (const auto& e : trace.at("traceEvents"))
    all.emplace_back(e.at("ts").get<double>(), e.at("args").at("flits").get<double>());
  return all;
}

}  // namespace

TEST_CASE("a counter tells the most of each interval, where that changes") {
  CHECK(told({}) == Told{});
  CHECK(told({{12, 3}, {15, 1}}) == Told{{10, 3}, {20, 1}});
  // a peak between two ends is not lost; it does not reach beyond its interval
  CHECK(told({{12, 5}, {13, 0}}) == Told{{10, 5}, {20, 0}});
  // what stands at an interval's beginning counts in it
  CHECK(told({{5, 4}, {12, 2}}) == Told{{0, 4}, {20, 2}});
  // but not what ends just there
  CHECK(told({{5, 4}, {10, 2}}) == Told{{0, 4}, {10, 2}});
  CHECK(told({{0, 7}, {10, 0}, {30, 7}, {40, 0}}) == Told{{0, 7}, {10, 0}, {30, 7}, {40, 0}});
}
