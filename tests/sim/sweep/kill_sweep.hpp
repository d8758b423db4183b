#pragma once

#include "tests/sim/sweep/sweep_process.hpp"

#include <filesystem>
#include <map>
#include <random>

namespace deltasim::test {

/// Reports of the points that are done, by id: equal bytes mean that a point was not run again, since they hold times.
inline std::map<std::string, std::string> reports(const TemporaryFolder& folder, const std::string& output) {
  std::map<std::string, std::string> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder / output + "/points", failed)) {
    const std::string id = entry.path().filename().string();
    const std::string text = folder.read(std::string(output).append("/points/").append(id).append("/report.json"));
    if (!text.empty()) found[id] = text;
  }
  return found;
}

/// Kills the process group of a sweep `kills` times with SIGKILL at random moments, lets it end, and compares with a
/// sweep that nobody disturbed.
/// Returns how many points were done before the last start.
inline std::size_t check_killed_sweep(const std::string& axes, int kills, std::uint32_t seed) {
  const TemporaryFolder folder, streams;
  const std::string sweep = small_sweep(folder, axes);
  const std::vector<std::string> command{"sweep", sweep, "-o", folder / "killed", "--jobs", "2"};
  const auto before = std::chrono::steady_clock::now();
  REQUIRE(program({"sweep", sweep, "-o", folder / "calm", "--jobs", "2"}).code == 0);
  const auto took = std::chrono::steady_clock::now() - before;
  std::mt19937 random(seed);
  std::map<std::string, std::string> done;
  for (int i = 0; i < kills; ++i) {
    const pid_t group = start_group(streams, command);
    std::this_thread::sleep_for(took * (random() % 1000) * 7 / (2000 * (kills + 1)));
    kill(-group, SIGKILL);
    finish(streams, group);
    const auto now = reports(folder, "killed");
    for (const auto& [id, text] : done) CHECK(now.at(id) == text);
    done = now;
  }
  const Outcome last = program(command);
  CAPTURE(last.err);
  CHECK(last.code == 0);
  const auto end = reports(folder, "killed");
  for (const auto& [id, text] : done) CHECK(end.at(id) == text);
  CHECK(results(folder, "killed") == results(folder, "calm"));
  CHECK(std::filesystem::is_empty(folder / "killed/unfinished"));
  return done.size();
}

}  // namespace deltasim::test
