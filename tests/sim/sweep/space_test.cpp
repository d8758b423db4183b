#include "sim/sweep/space.hpp"
#include "models/error.hpp"
#include "tests/sim/sweep/made_space.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace deltasim;
using test::cells_text;
using test::made_space;

namespace {

constexpr const char* three_axes = R"("axes": [
  {"pointer": "/energy", "values": ["a.json", "b.json"]},
  {"pointer": "/delta/threshold", "values": [1, 2, 4]},
  {"pointer": "/frames", "range": {"from": 10, "to": 20, "steps": 2}}])";

std::string refusal(const std::string& rest, const std::vector<std::string>& taken = {}) {
  try {
    made_space(rest, taken);
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a product has every combination, the first axis slowest, ids have as many digits as the last one") {
  const auto space = made_space(three_axes);
  REQUIRE(space.size() == 12);
  CHECK(cells_text(space, 0) == R"("a.json" 1 10)");
  CHECK(cells_text(space, 1) == R"("a.json" 1 20)");
  CHECK(cells_text(space, 2) == R"("a.json" 2 10)");
  CHECK(cells_text(space, 11) == R"("b.json" 4 20)");
  CHECK(space.id(11) == "0011");
  CHECK(space.index_of("0011") == 11u);
  CHECK_FALSE(space.index_of("0012"));
  CHECK_FALSE(space.index_of("x"));
  const auto settings = space.settings(11);
  REQUIRE(settings.size() == 3);
  CHECK(settings[0].pointer == "/energy");  // outer pointers first
  CHECK(settings[2].pointer == "/delta/threshold");
  CHECK(settings[2].place == "/axes/1/values/2");
}

TEST_CASE("points that share most run after each other: energy tables fastest, inputs slowest, each point once") {
  const auto space = made_space(three_axes);
  std::set<std::uint64_t> all;
  for (std::uint64_t position = 0; position < space.size(); ++position) all.insert(space.in_order(position));
  CHECK(all.size() == 12);
  CHECK(cells_text(space, space.in_order(0)) == R"("a.json" 1 10)");
  CHECK(cells_text(space, space.in_order(1)) == R"("b.json" 1 10)");
  CHECK(cells_text(space, space.in_order(2)) == R"("a.json" 2 10)");
  CHECK(cells_text(space, space.in_order(6)) == R"("a.json" 1 20)");
}

TEST_CASE("ranges hold both ends, linear by difference and log by ratio, integers where the key holds them") {
  const auto linear = made_space(R"("axes": [{"pointer": "/x", "range": {"from": 0, "to": 1, "steps": 11}}])");
  CHECK(cells_text(linear, 0) == "0");
  CHECK(cells_text(linear, 3) == "0.3");
  CHECK(cells_text(linear, 10) == "1");
  const auto log =
      made_space(R"("axes": [{"pointer": "/core/lanes", "range": {"from": 1, "to": 64, "steps": 7, "scale": "log"}}])");
  CHECK(cells_text(log, 6) == "64");
  CHECK(cells_text(log, 3) == "8");
  CHECK(log.columns()[0].log);
  const auto down =
      made_space(R"("axes": [{"pointer": "/x", "range": {"from": 4, "to": 0.25, "steps": 5, "scale": "log"}}])");
  CHECK(cells_text(down, 4) == "0.25");
  CHECK(cells_text(down, 2) == "1");
  CHECK(refusal(R"("axes": [{"pointer": "/core/lanes", "range": {"from": 1, "to": 3, "steps": 4}}])") ==
        "sweep.json: /axes/0/range: has 4 steps, but steps 2 and 3 are both 2; fewer steps: this key holds integers");
  CHECK(refusal(R"("axes": [{"pointer": "/x", "range": {"from": 0, "to": 3, "steps": 4, "scale": "log"}}])") ==
        "sweep.json: /axes/0/range: goes from 0 to 3 on a log scale; two numbers above 0, or scale linear");
  CHECK(refusal(R"("axes": [{"pointer": "/x", "range": {"from": 0, "to": 3}}])") ==
        "sweep.json: /axes/0/range: has no steps, but every combination is to be run; the key 'steps', or a sample "
        "(random, latin_hypercube)");
}

TEST_CASE("zipped axes go forward together, a range without steps has as many values as the others") {
  const auto space = made_space(R"("axes": [{"zip": [{"pointer": "/a", "values": [1, 2, 3]},
    {"pointer": "/b", "range": {"from": 10, "to": 30}}]}, {"pointer": "/c", "values": [true, null]}])");
  REQUIRE(space.size() == 6);
  CHECK(cells_text(space, 3) == "2 20 null");
  CHECK(space.columns()[0].axis == space.columns()[1].axis);
  CHECK(refusal(R"("axes": [{"zip": [{"pointer": "/a", "values": [1, 2]}, {"pointer": "/b", "values": [1]}]}])") ==
        "sweep.json: /axes/0/zip: joins 2 and 1 values; as many values each");
}

TEST_CASE("rows of values for several pointers, and labels in their place") {
  const auto rows =
      made_space(R"("axes": [{"pointers": ["/hardware", "/energy"], "values": [["h", "e"], ["i", "f"]]}])");
  REQUIRE(rows.columns().size() == 2);
  CHECK(rows.columns()[1].name == "energy");
  CHECK(cells_text(rows, 1) == R"("i" "f")");
  const auto labels = made_space(
      R"("axes": [{"name": "chip", "pointers": ["/hardware", "/energy"], "values": [["h", "e"]], "labels": ["H"]}])");
  REQUIRE(labels.columns().size() == 1);
  CHECK(labels.columns()[0].name == "chip");
  CHECK(cells_text(labels, 0) == R"("H")");
  CHECK(labels.settings(0)[1].value == "e");
  CHECK(refusal(R"("axes": [{"pointers": ["/a", "/b"], "values": [[1]]}])") ==
        "sweep.json: /axes/0/values/0: is not a row of 2 values; an array with a value for each of /pointers");
}

TEST_CASE("a latin hypercube hits each of as many strata as points exactly once on every axis") {
  for (const std::uint64_t points : {1u, 7u, 64u, 1000u}) {
    const auto space = made_space(R"("axes": [{"pointer": "/x", "range": {"from": 0, "to": 1}},
      {"pointer": "/y", "range": {"from": 5, "to": 6}}], "sample": {"method": "latin_hypercube", "points": )" +
                                  std::to_string(points) + "}");
    REQUIRE(space.size() == points);
    std::set<std::uint64_t> x, y;
    for (std::uint64_t i = 0; i < points; ++i) {
      const auto cells = space.cells(i);
      x.insert(static_cast<std::uint64_t>(cells[0].get<double>() * static_cast<double>(points)));
      y.insert(static_cast<std::uint64_t>((cells[1].get<double>() - 5.0) * static_cast<double>(points)));
    }
    CHECK(x.size() == points);
    CHECK(y.size() == points);
    CHECK(*x.rbegin() == points - 1);
  }
}

TEST_CASE("a random sample follows from its seed alone, and covers lists and ranges evenly") {
  const std::string rest =
      R"("axes": [{"pointer": "/x", "values": ["a", "b"]}, {"pointer": "/y", "range": {"from": 1, "to": 100, "scale": "log"}}],
    "sample": {"method": "random", "points": 2000, "seed": )";
  const auto one = made_space(rest + "1}"), again = made_space(rest + "1}"), other = made_space(rest + "2}");
  std::uint64_t a = 0, low = 0, same = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    CHECK(one.cells(i) == again.cells(i));
    same += one.cells(i) == other.cells(i);
    a += one.cells(i)[0] == "a";
    low += one.cells(i)[1].get<double>() < 10.0;
  }
  CHECK(same < 5);
  CHECK(std::abs(double(a) - 1000.0) < 120.0);  // 5 standard deviations
  CHECK(std::abs(double(low) - 1000.0) < 120.0);
}

TEST_CASE("columns are named by the end of their pointer, longer where two would be alike") {
  const auto space = made_space(R"("axes": [{"pointer": "/core/weight_memory/ports", "values": [1]},
    {"pointer": "/core/state_memory/ports", "values": [1]}, {"pointer": "/delta/layers/conv~11/threshold", "values": [1]},
    {"pointer": "/delta/threshold", "values": [2]}, {"name": "x", "pointer": "/y/events", "values": ["a"]}])");
  std::string names;
  for (const auto& column : space.columns()) names += column.name + " ";
  CHECK(names == "weight_memory_ports state_memory_ports conv_1_threshold delta_threshold x ");
  CHECK_FALSE(space.columns()[4].numeric);
  CHECK(refusal(R"("axes": [{"name": "a b", "pointer": "/x", "values": [1]}])") ==
        "sweep.json: /axes/0/name: 'a b' cannot stand in an expression; letters, digits and _, no digit first");
  CHECK(refusal(R"("axes": [{"name": "macs", "pointer": "/x", "values": [1]}])", {"macs"}) ==
        "sweep.json: /axes/0/name: 'macs' is a column of the results; another name");
  CHECK(refusal(R"("axes": [{"pointer": "/x", "values": [1]}, {"pointer": "/x", "values": [2]}])") ==
        "sweep.json: /axes/1: changes '/x' like /axes/0; one axis for a pointer");
}

TEST_CASE("axes that say too little or too much are refused") {
  CHECK(refusal(R"("axes": [])") == "sweep.json: /axes: is empty; what varies");
  CHECK(
      refusal(R"("axes": [{"values": [1]}])") ==
      "sweep.json: /axes/0: says not what it changes; the key 'pointer', for example \"/delta/threshold\", or the key "
      "'pointers'");
  CHECK(refusal(R"("axes": [{"pointer": "/x"}])") ==
        "sweep.json: /axes/0: has no values; the key 'values' or the key 'range'");
  CHECK(refusal(R"("axes": [{"pointer": "/x", "values": []}])") ==
        "sweep.json: /axes/0/values: is empty; at least one value");
  CHECK(refusal(R"("axes": [{"pointer": "/x", "value": [1]}])") ==
        "sweep.json: /axes/0/value: unknown key; did you mean 'values'?");
  CHECK(refusal(R"("axes": [{"pointer": "/x", "values": [1]}], "sample": {"method": "random"})") ==
        "sweep.json: /sample: has no number of points; the key 'points'");
  const std::string thousand = R"("range": {"from": 1, "to": 2, "steps": 100000}})";
  CHECK(refusal(R"("axes": [{"pointer": "/x", )" + thousand + R"(, {"pointer": "/y", )" + thousand + "]") ==
        "sweep.json: /axes: have too many combinations; at most 100000000, or a sample");
}
