#include "sim/output_folder.hpp"
#include "models/error.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
namespace fs = std::filesystem;

namespace {

void put(const std::string& file, const std::string& text) { std::ofstream(file) << text; }

std::string error_of(const std::string& path) {
  try {
    const sim::OutputFolder output(path);
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a new folder appears whole, with the folders above it") {
  const test::TemporaryFolder folder;
  sim::OutputFolder output(folder / "a/b");
  put(output.file("report.json"), "new");
  CHECK_FALSE(fs::exists(folder / "a"));
  output.commit();
  CHECK(folder.read("a/b/report.json") == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("without commit nothing remains") {
  const test::TemporaryFolder folder;
  {
    const sim::OutputFolder output(folder / "a/b/");
    put(output.file("report.json"), "new");
  }
  CHECK(folder.entries() == 0);
}

TEST_CASE("an earlier result is replaced file by file, other files stay") {
  const test::TemporaryFolder folder;
  folder.write("out/report.json", "old");
  folder.write("out/notes.txt", "mine");
  {
    const sim::OutputFolder abandoned(folder / "out");
    put(abandoned.file("report.json"), "half");
  }
  CHECK(folder.read("out/report.json") == "old");
  sim::OutputFolder output(folder / "out");
  put(output.file("report.json"), "new");
  put(output.file("frames.csv"), "rows");
  output.commit();
  CHECK(folder.read("out/report.json") == "new");
  CHECK(folder.read("out/frames.csv") == "rows");
  CHECK(folder.read("out/notes.txt") == "mine");
  CHECK(std::distance(fs::directory_iterator(folder / "out"), fs::directory_iterator()) == 3);
}

TEST_CASE("an empty folder is taken, one with other things is refused") {
  const test::TemporaryFolder folder;
  fs::create_directory(folder / "empty");
  CHECK(error_of(folder / "empty") == "no error");
  folder.write("full/thesis.tex", "");
  CHECK(error_of(folder / "full") ==
        (folder / "full") +
            ": the folder is not empty and holds no earlier result (report.json); a new folder, an empty "
            "one, or one with an earlier result");
}

TEST_CASE("what cannot be written is refused before any work starts") {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("file", "");
  CHECK(error_of(file) == file + ": '" + file + "' is not a folder; a folder for the results that can be written");
  CHECK(error_of(file + "/out") ==
        file + "/out: '" + file + "' is not a folder; a folder for the results that can be written");
  CHECK(error_of("/proc/deltasim/out").find("/proc/deltasim/out: cannot be written (") == 0);
}
