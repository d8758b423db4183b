#include "sim/sweep/constraints.hpp"
#include "models/error.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using sim::Json;

namespace {

const std::vector<sim::SweepColumn> columns{{"lanes", {}, 0, true, false},
                                            {"threshold", {}, 1, true, false},
                                            {"chip", {}, 2, false, false},
                                            {"e", {}, 3, false, false}};

bool allows(const std::string& expression, const std::vector<Json>& cells = {16, 0.5, "a.json", true}) {
  const auto document = sim::Document::parse("{}", "sweep.json");
  return sim::Constraints(document, {expression}, columns).allow(cells);
}

std::string refusal(const std::string& expression) {
  try {
    allows(expression);
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("constraints compare numbers, texts and truths of a point") {
  CHECK(allows("lanes * threshold <= 8"));
  CHECK_FALSE(allows("lanes * threshold < 8"));
  CHECK(allows("lanes % 5 == 1 and log2(lanes) == 4"));
  CHECK(allows("chip == \"a.json\" || threshold > 3"));
  CHECK_FALSE(allows("chip != \"a.json\""));
  CHECK(allows("e"));  // a column's name, not the number
  CHECK_FALSE(allows("e", {16, 0.5, "a.json", false}));
  CHECK(allows("lanes < 4 ? threshold > 1 : threshold < 1"));
}

TEST_CASE("all constraints must hold, and each point is asked anew") {
  const auto document = sim::Document::parse("{}", "sweep.json");
  const sim::Constraints both(document, {"lanes >= 4", "lanes <= 8"}, columns);
  for (int lanes = 1; lanes <= 16; ++lanes) CHECK(both.allow({lanes, 0, "", false}) == (lanes >= 4 && lanes <= 8));
}

TEST_CASE("an expression that says nothing is refused with its place") {
  CHECK(
      refusal("lane <= 4") ==
      "sweep.json: /constraints/0: 'lane <= 4', column 1: Undefined token \"lane\" found at position 0.; did you mean "
      "'lanes'?");
  CHECK(
      refusal("lanes + 4") ==
      "sweep.json: /constraints/0: 'lanes + 4' is neither true nor false; a comparison, for example \"lanes * 4 <= 64 "
      "and threshold > 0\"");
  CHECK(refusal("lanes <").find("/constraints/0: 'lanes <', column 8: Unexpected end of expression") !=
        std::string::npos);
}
