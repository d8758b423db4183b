// deltasim run --cache: through the real program, with what can go wrong with a folder.
#include "tests/sim/cli_program.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <thread>

#include <sys/resource.h>

using namespace deltasim::test;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string example = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

std::vector<std::string> arguments(const std::string& output, const std::string& cache, const char* frames) {
  std::vector<std::string> all{"run", example, "-o", output, "--set", std::string("/frames=") + frames};
  if (!cache.empty()) all.insert(all.end(), {"--cache", cache});
  return all;
}

Json report(const TemporaryFolder& folder, const std::string& output) {
  return Json::parse(folder.read(output + "/report.json"));
}

/// Everything but what depends on the host, as text.
std::string results(const TemporaryFolder& folder, const std::string& output) {
  Json json = report(folder, output);
  json.erase("host");
  return json.dump() + folder.read(output + "/frames.csv") + folder.read(output + "/outputs.npy");
}

std::vector<fs::path> entries(const TemporaryFolder& folder, const std::string& kind) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder / "cache/entries"))
    if (entry.path().filename().string().rfind(kind, 0) == 0) found.push_back(entry.path());
  return found;
}

}  // namespace

TEST_CASE("--cache: reports are the same, and count what was computed and what was found") {
  const TemporaryFolder folder;
  REQUIRE(program(arguments(folder / "plain", "", "2")).code == 0);
  CHECK(!report(folder, "plain")["host"].contains("cache"));
  for (const std::uint64_t found : {0, 1}) {
    const Outcome outcome = program(arguments(folder / "cached", folder / "cache", "2"));
    CHECK(outcome.code == 0);
    CHECK(outcome.err == "");
    CHECK(results(folder, "cached") == results(folder, "plain"));
    const Json use = report(folder, "cached")["host"]["cache"];
    CHECK(use["reference_runs"] == 3 - 3 * found);
    CHECK(use["simulations_run"] == 3 - 3 * found);
    CHECK(use["simulations_reused"] == 3 * found);
    CHECK(use["float_runs"] == 1 - found);
    CHECK(use["float_reused"] == found);
    CHECK(use["calibrations_run"] == 1 - found);
    CHECK(use["calibrations_reused"] == found);
    CHECK(use["damaged"] == 0);
  }
  CHECK(fs::is_empty(folder / "cache/drafts"));
  CHECK(fs::is_empty(folder / "cache/locks"));
}

TEST_CASE("--cache: damaged entries are reported and computed again") {
  const TemporaryFolder folder;
  REQUIRE(program(arguments(folder / "plain", folder / "cache", "1")).code == 0);
  fs::resize_file(entries(folder, "simulation-").at(0), 1000);
  for (const auto& stream : entries(folder, "stream-")) {
    std::string bytes = folder.read("cache/entries/" + stream.filename().string());
    bytes[bytes.size() / 2] ^= 1;
    folder.write("cache/entries/" + stream.filename().string(), bytes);
  }
  const Outcome outcome = program(arguments(folder / "again", folder / "cache", "1"));
  CHECK(outcome.code == 0);
  CHECK(results(folder, "again") == results(folder, "plain"));
  CHECK(contains(outcome.err, "deltasim: warning: cache entry '" + (folder / "cache/entries/simulation-")));
  CHECK(contains(outcome.err, "is damaged; computed again\n"));
  CHECK(report(folder, "again")["host"]["cache"]["damaged"] == 2);  // the simulation, and the one stream that it needs
  CHECK(report(folder, "again")["host"]["cache"]["reference_runs"] == 1);
  CHECK(report(folder, "again")["host"]["cache"]["simulations_reused"] == 2);
}

TEST_CASE("--cache: two runs at once compute everything once") {
  const TemporaryFolder folder, first, second;
  REQUIRE(program(arguments(folder / "plain", "", "3")).code == 0);
  const pid_t one = start(first, arguments(folder / "one", folder / "cache", "3"));
  const pid_t two = start(second, arguments(folder / "two", folder / "cache", "3"));
  CHECK(finish(first, one).code == 0);
  CHECK(finish(second, two).code == 0);
  const Json a = report(folder, "one")["host"]["cache"], b = report(folder, "two")["host"]["cache"];
  const auto sum = [&](const char* key) { return a[key].get<std::uint64_t>() + b[key].get<std::uint64_t>(); };
  CHECK(sum("reference_runs") == 3);
  CHECK(sum("simulations_run") == 3);
  CHECK(sum("simulations_reused") == 3);
  CHECK(sum("float_runs") == 1);
  CHECK(sum("calibrations_run") == 1);
  CHECK(results(folder, "one") == results(folder, "plain"));
  CHECK(results(folder, "two") == results(folder, "plain"));
}

TEST_CASE("--cache: a run that is killed leaves nothing that the next one would take") {
  const TemporaryFolder folder, output;
  REQUIRE(program(arguments(folder / "plain", "", "2")).code == 0);
  const pid_t child = start(output, arguments(folder / "killed", folder / "cache", "30"));
  for (int tries = 0; tries < 1000; ++tries) {  // until it has begun to write a stream
    std::error_code absent;
    if (fs::exists(folder / "cache/drafts", absent) && !fs::is_empty(folder / "cache/drafts", absent)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(child, SIGKILL);
  CHECK(finish(output, child).code == -SIGKILL);
  CHECK(!fs::is_empty(folder / "cache/drafts"));
  CHECK(entries(folder, "stream-").empty());
  const Outcome outcome = program(arguments(folder / "next", folder / "cache", "2"));
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "");
  CHECK(results(folder, "next") == results(folder, "plain"));
  CHECK(fs::is_empty(folder / "cache/drafts"));
}

TEST_CASE("--cache: a full disk costs the cache, not the run") {
  const TemporaryFolder folder;
  const Outcome plain = program({"run", example, "--set", "/frames=2"});
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{8192, before.rlim_max};  // inherited by the program: its writes fail beyond that
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Outcome outcome = program({"run", example, "--set", "/frames=2", "--cache", folder / "cache"});
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(outcome.code == 0);
  CHECK(outcome.out == plain.out);
  const std::string warning = "deltasim: warning: cache '" + (folder / "cache") + "' cannot be written (";
  CHECK(outcome.err.rfind(warning, 0) == 0);
  CHECK(outcome.err.find('\n') == outcome.err.size() - 1);  // once
  CHECK(fs::is_empty(folder / "cache/drafts"));
  CHECK(program({"run", example, "--set", "/frames=2", "--cache", folder / "cache"}).err == "");
}

TEST_CASE("--cache-limit: holds, and what is refused says so") {
  const TemporaryFolder folder;
  const auto size = [&] {
    std::uintmax_t total = 0;
    for (const auto& entry : entries(folder, "")) total += fs::file_size(entry);
    return total;
  };
  REQUIRE(program(arguments(folder / "out", folder / "cache", "2")).code == 0);
  const std::uintmax_t limit = size() / 2;
  auto limited = arguments(folder / "out", folder / "cache", "3");
  limited.insert(limited.end(), {"--cache-limit", std::to_string(limit)});
  const Outcome outcome = program(limited);
  CHECK(outcome.code == 0);
  CHECK(outcome.err == "");
  CHECK(size() > limit / 4);
  CHECK(size() <= limit);
  limited.back() = "much";
  CHECK(program(limited).code == 2);
  check_refused({"run", example, "--cache-limit", "1G"},
                "command line: --cache-limit requires --cache; 'deltasim --help' shows the commands");
  const std::string file = folder.write("file", "");
  check_refused({"run", example, "--cache", file}, "--cache " + file + ": is not a folder; a folder, which may be new");
}
