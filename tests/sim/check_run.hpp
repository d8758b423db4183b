#pragma once

#include "sim/run.hpp"
#include "tests/support/data.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

/// The machine computes the real integers itself (`check`): a difference from the reference network throws.
namespace deltasim::test {

inline const std::string example = DELTASIM_SOURCE_DIR "/configs/runs/objects.json";

inline sim::Result run(std::vector<std::string> overrides) {
  overrides.emplace_back("/check=true");
  const auto config = sim::read_run(example, overrides);
  const sim::Phases silent = [](const std::string&, std::optional<std::uint64_t>) { return sim::FrameProgress(); };
  return sim::run(config, silent);
}

inline std::vector<std::string> with_queues(std::vector<std::string> overrides, unsigned depth) {
  for (const char* queue : {"core/input_queue_flits", "core/output_queue_flits", "noc/router_queue_flits"})
    overrides.push_back(fmt::format("/hardware/{}={}", queue, depth));
  return overrides;
}

/// Values, counts and outputs must be the same whatever the queues and the stalls; only cycles may differ.
inline void check_under_pressure(const std::vector<std::string>& overrides) {
  std::optional<sim::Result> first;
  for (const unsigned depth : {1u, 4u, 64u})
    for (const char* stalls : {"0", "0.3"}) {
      auto all = with_queues(overrides, depth);
      all.push_back(std::string("/stalls/probability=") + stalls);
      const auto result = run(all);
      REQUIRE(!result.executions.empty());
      for (std::size_t i = 0; i < result.executions.size(); ++i) {
        const auto& e = result.executions[i];
        CHECK(e.checked_values > 0);
        for (const auto& core : e.cores) CHECK(core.causes.sum() == e.cycles);
        if (!first) continue;
        CHECK(e.macs == first->executions[i].macs);
        CHECK(e.events == first->executions[i].events);
        CHECK(e.outputs == first->executions[i].outputs);
      }
      if (!first) first = result;
    }
}

/// Overrides that put a shared network and its frames into the example's run; nothing where they are missing.
inline std::optional<std::vector<std::string>> shared(const std::string& network, const std::string& input,
                                                      const std::vector<std::string>& more) {
  const auto model = data_file(network);
  const auto frames = data_file(input);
  if (!model || !frames) {
    MESSAGE("skipped: the shared data is not here");
    return std::nullopt;
  }
  std::vector<std::string> overrides{"/network=" + *model, fmt::format("/input={{\"path\": \"{}\"}}", *frames)};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return overrides;
}

}  // namespace deltasim::test
