#pragma once

#include "tests/sim/cli_program.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

/// Runs of the example that are traced, and what their reports say.
namespace deltasim::test {

using CausesByCore = std::vector<std::map<std::string, std::uint64_t>>;

inline const std::string example_run = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

/// Two frames; the report is in out/report.json.
inline Outcome traced_run(const TemporaryFolder& folder, const std::vector<std::string>& options,
                          const std::string& executions = R"(["spatial","delta"])") {
  std::vector<std::string> arguments{"run",   example_run, "-o",    folder / "out",
                                     "--set", "/frames=2", "--set", "/executions=" + executions};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return program(arguments);
}

/// Causes that a report gives, without those that took no cycle.
inline CausesByCore reported_causes(const TemporaryFolder& folder, const std::string& execution) {
  CausesByCore all;
  const auto report = nlohmann::json::parse(folder.read("out/report.json"));
  for (const auto& core : report.at("executions").at(execution).at("cores")) {
    all.emplace_back();
    for (const auto& [cause, cycles] : core.at("cycles_by_cause").items())
      if (cycles != 0) all.back()[cause] = cycles;
  }
  return all;
}

}  // namespace deltasim::test
