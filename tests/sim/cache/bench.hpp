#pragma once

#include "sim/cache/archive.hpp"
#include "sim/cache/store.hpp"
#include "sim/input.hpp"
#include "sim/stage.hpp"
#include "tests/support/temporary_folder.hpp"

#include <string>
#include <vector>

namespace deltasim::test {

/// A store in a folder of its own, with the warnings that it gave.
struct TestStore {
  explicit TestStore(const TemporaryFolder& folder, std::uint64_t limit_bytes = std::uint64_t{1} << 30)
      : store(folder / "cache", limit_bytes, [this](const std::string& text) { warnings.push_back(text); }) {}
  TestStore(const TestStore&) = delete;
  std::vector<std::string> warnings;
  sim::Store store;

  void put(const std::string& key, const std::string& content) { store.keep(*store.claim(key), content); }
};

/// A run of the example, ready to execute.
struct TestRun {
  explicit TestRun(const std::vector<std::string>& overrides)
      : config(sim::read_run(DELTASIM_SOURCE_DIR "/configs/runs/objects.json", overrides)),
        subject(sim::load_subject(config, [](const auto&, auto) { return sim::FrameProgress(); })),
        stage(config, subject),
        input(sim::open_input(config.input, &subject.network, subject.network.layers[0].output, config.file,
                              config.frames)) {}
  TestRun(const TestRun&) = delete;
  sim::RunConfig config;
  sim::Subject subject;
  sim::Stage stage;
  sim::OpenInput input;

  sim::Simulation simulation(const std::string& execution) {
    return stage.simulate(execution, *input.frames, sim::FrameProgress());
  }
};

}  // namespace deltasim::test
