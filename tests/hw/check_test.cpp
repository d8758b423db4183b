// With `check` the machine computes the real integers: what it must catch.
#include "hw/machine.hpp"

#include "models/reference.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/mappings.hpp"
#include "tests/hw/scripted_stream.hpp"
#include "tests/models/channel_network.hpp"
#include "tests/models/graph_builder.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

using namespace deltasim;

namespace {

struct Recorded {
  Recorded() : stream(0) {
    rules.rule = models::Rule::delta;
    network = test::random_network(4);
    auto frames = test::random_frames(network.layers[0].output, 3, 0.3, 4);
    models::ReferenceNetwork reference(network, rules, frames);
    stream.record(reference);
  }
  hw::MachineResult run() {
    hw::MachineOptions options;
    options.check = true;
    options.rules = &rules;
    hw::ChipParams chip;
    chip.noc.columns = chip.noc.rows = 2;
    stream.rewind();
    return test::simulate(network, test::random_mapping(network, 4, 1), chip, stream, options);
  }
  std::string error() {
    try {
      run();
    } catch (const hw::CheckError& e) {
      return e.what();
    }
    return "";
  }
  std::string place(std::size_t frame, models::LayerId layer, const models::DeltaEvent& e) const {
    return "frame " + std::to_string(frame) + ", layer '" + network.layers[layer].name + "', channel " +
           std::to_string(e.channel) + ", y " + std::to_string(e.y) + ", x " + std::to_string(e.x) + ": ";
  }
  models::RuleSet rules;
  models::Network network;
  test::ScriptedStream stream;
};

}  // namespace

TEST_CASE("a correct stream passes") { CHECK(Recorded().run().checked_values > 1000); }

TEST_CASE("steps per channel: the machine computes the same integers") {
  for (const models::Rule rule : {models::Rule::dense, models::Rule::delta, models::Rule::send_on_delta})
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(seed);
      Recorded r;
      r.rules.rule = rule;
      r.rules.every.threshold = {rule == models::Rule::delta ? 2.0 : 1.0};
      r.network = models::with_rule_steps(models::quantise(test::channel_network(seed).graph, {}), r.rules);
      test::FixedFrames frames({3, 9, 8}, test::channel_frames(3, seed));
      models::ReferenceNetwork reference(r.network, r.rules, frames);
      r.stream = test::ScriptedStream(0);
      r.stream.record(reference);
      CHECK(r.run().checked_values > 500);
    }
}

TEST_CASE("a wrong value, a missing and an additional event are named with their neuron") {
  for (const models::LayerId layer : {1u, 3u, 5u})
    for (const std::size_t frame : {0u, 2u}) {
      CAPTURE(layer);
      CAPTURE(frame);
      {
        Recorded r;
        auto& e = r.stream.frames()[frame].of_layer[layer].at(3);
        const auto value = e.value++;
        CHECK(r.error() == r.place(frame, layer, e) + "the machine computes " + std::to_string(value) +
                               ", the stream has " + std::to_string(value + 1));
      }
      {
        Recorded r;
        auto& events = r.stream.frames()[frame].of_layer[layer];
        const auto e = events.at(3);
        events.erase(events.begin() + 3);
        CHECK(r.error() == r.place(frame, layer, e) + "the machine computes " + std::to_string(e.value) +
                               ", the stream has no event");
      }
      {
        Recorded r;
        auto& events = r.stream.frames()[frame].of_layer[layer];
        const auto e = events.back();
        events.push_back(e);
        CHECK(r.error() ==
              r.place(frame, layer, e) + "the machine computes no event, the stream has " + std::to_string(e.value));
      }
    }
}

TEST_CASE("a wrong network output is caught") {
  Recorded r;
  r.stream.frames()[1].outputs.at(2) += 1;
  CHECK(r.error().find("frame 1, layer '") == 0);
  CHECK(r.error().find("the machine computes output") != std::string::npos);
}

TEST_CASE("a wrong input is caught where it first changes a code") {
  Recorded r;
  for (auto& e : r.stream.frames()[0].of_layer[0]) e.value /= 2;
  CHECK(r.error().find("frame 0, layer '") == 0);
}

TEST_CASE("check without the rule set is refused") {
  Recorded r;
  hw::MachineOptions options;
  options.check = true;
  CHECK_THROWS_AS(test::simulate(r.network, test::layer_by_layer(r.network, 1), {}, r.stream, options),
                  std::invalid_argument);
}
