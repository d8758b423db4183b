#include "sim/validation/validate.hpp"
#include "tests/sim/cli_program.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace deltasim;
using namespace deltasim::sim;

namespace {

Comparison row(double expected, double got, double tolerance) {
  return {"a figure", "REF", "a table", "J", expected, got, tolerance};
}

std::string read_text(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("validate: a verdict is the deviation against the tolerance, at both sides of the limit") {
  CHECK(row(100, 100.999, 0.01).verdict() == Comparison::Verdict::pass);
  CHECK(row(100, 101.01, 0.01).verdict() == Comparison::Verdict::fail);
  CHECK(row(100, 98.9, 0.01).verdict() == Comparison::Verdict::fail);
  CHECK(row(7, 7, 0).verdict() == Comparison::Verdict::pass);
  CHECK(row(7, 7.000001, 0).verdict() == Comparison::Verdict::fail);
  CHECK(row(0, 0, 0).verdict() == Comparison::Verdict::pass);
  CHECK(row(0, 1, 0.5).verdict() == Comparison::Verdict::fail);
  Comparison without = row(1, 2, 0);
  without.expected.reset();
  CHECK(without.verdict() == Comparison::Verdict::skipped);
}

TEST_CASE("validate: JSON, table and document tell what failed and what was skipped") {
  Comparison skipped = row(1, 2, 0);
  skipped.expected.reset();
  const Suite suite{"Suite", "About.", [&] { return std::vector{row(2, 2, 0), row(2, 3, 0.1), skipped}; }};
  std::size_t done = 0;
  const auto results = validate({suite}, [&](std::size_t n) { done = n; });
  CHECK(done == 1);
  const auto json = validation_json(results);
  CHECK(json["verdicts"] == nlohmann::ordered_json{{"pass", 1}, {"fail", 1}, {"skipped", 1}});
  const auto& rows = json["suites"][0]["comparisons"];
  CHECK(rows[1]["verdict"] == "fail");
  CHECK(rows[1]["deviation"] == 0.5);
  CHECK(rows[2]["expected"].is_null());
  CHECK(validation_table(results).find("3 comparisons: 1 pass, 1 fail, 1 skipped") != std::string::npos);
  CHECK(validation_markdown(results).find("| a figure | REF | 2 J | 3 J | +50 % | 10 % | independent | fail |") !=
        std::string::npos);
}

TEST_CASE(
    "validate: every comparison of the program passes, its files say so, docs/validation.md is current "
    "(bench/validation.py)") {
  const test::TemporaryFolder folder;
  std::vector<std::string> arguments{"validate", "-o", folder / "out"};
  const auto golden = test::data_file("golden");
  if (golden)
    arguments.insert(arguments.end(), {"--data", *golden + "/.."});
  else
    MESSAGE("golden vectors skipped: no shared data");
  const auto outcome = test::program(arguments);
  CHECK_MESSAGE(outcome.code == 0, outcome.out, outcome.err);
  CHECK(outcome.out.find(" 0 fail") != std::string::npos);
  std::ifstream file(folder / "out/validation.json");
  const auto json = nlohmann::json::parse(file);
  CHECK(json["verdicts"]["fail"] == 0);
  CHECK(json["verdicts"]["pass"] > 10);
  CHECK(json["suites"].size() == suites("").size());
  // The document was made with the golden vectors at hand.
  if (golden) CHECK(folder.read("out/validation.md") == read_text(DELTASIM_SOURCE_DIR "/docs/validation.md"));
}

TEST_CASE("validate: a folder without golden vectors is refused") {
  const test::TemporaryFolder folder;
  const auto outcome = test::program({"validate", "--data", folder / "nothing"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("nothing: is not a folder with golden vectors; a folder that has golden/ in it") !=
        std::string::npos);
}
