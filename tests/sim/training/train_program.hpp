#pragma once

#include "sim/document.hpp"
#include "tests/sim/cli_program.hpp"

#include <string>
#include <vector>

/// deltasim-train as its users start it, on trainings of a second or two.
namespace deltasim::test {

/// A network of two convolutions on 32 clips of 16 x 16 pixels.
inline sim::Json tiny_training() {
  return sim::Json::parse(R"({
    "network": {"name": "tiny", "layers": [
      {"name": "conv", "outputs": 6, "terms": [{"stride": 2}]},
      {"name": "pool", "terms": [{"kind": "average_pool", "kernel": 0}], "activation": "none"},
      {"name": "logits", "terms": [{"kind": "dense", "batch_norm": false}], "activation": "none", "delta": false}]},
    "data": {"rendered": {"width": 16, "height": 16, "frames": 8, "train_clips": 32, "test_clips": 16}},
    "training": {"epochs": 2, "quantise_weights": 1, "clip_frames": 2, "test_frames": 8, "crop": 1, "warm_up": 0}
  })");
}

/// Exit code 2, this message, nothing on stdout.
inline void check_training_refused(const std::vector<std::string>& arguments, const std::string& message) {
  const Outcome outcome = program(arguments);
  CAPTURE(outcome.out);
  CHECK(outcome.code == 2);
  CHECK(outcome.err == "deltasim-train: error: " + message + "\n");
}

}  // namespace deltasim::test
