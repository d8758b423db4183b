#include "sim/tune/trial_log.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace deltasim::sim;
using deltasim::test::TemporaryFolder;

TEST_CASE("a log gives back what was added, over several runs") {
  const TemporaryFolder folder;
  {
    TrialLog log(folder / "t.jsonl", "a");
    CHECK(log.found() == 0);
    log.add("x", 0.1);
    log.add("y", Json::array({1, 2}));
  }
  TrialLog log(folder / "t.jsonl", "a");
  CHECK(log.found() == 2);
  REQUIRE(log.find("x") != nullptr);
  CHECK(log.find("x")->get<double>() == 0.1);
  CHECK(log.find("z") == nullptr);
}

TEST_CASE("a torn last line is dropped at every byte, and the log goes on behind the whole ones") {
  const TemporaryFolder folder;
  {
    TrialLog log(folder / "t.jsonl", "a");
    log.add("x", 1);
    log.add("y", 2);
  }
  const std::string whole = folder.read("t.jsonl");
  const std::size_t last = whole.rfind("{\"key\"");
  for (std::size_t length = last; length < whole.size(); ++length) {
    folder.write("t.jsonl", whole.substr(0, length));
    {
      TrialLog log(folder / "t.jsonl", "a");
      CHECK(log.found() == 1);
      CHECK(log.find("y") == nullptr);
      log.add("y", 2);
    }
    CHECK(folder.read("t.jsonl") == whole);
  }
}

TEST_CASE("results of something else, or no log at all, are replaced") {
  const TemporaryFolder folder;
  {
    TrialLog log(folder / "t.jsonl", "a");
    log.add("x", 1);
  }
  CHECK(TrialLog(folder / "t.jsonl", "b").found() == 0);
  folder.write("t.jsonl", "nonsense");
  TrialLog log(folder / "t.jsonl", "b");
  CHECK(log.find("x") == nullptr);
}
