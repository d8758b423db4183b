// Trained networks on recorded frames: with `check`, hardware equals reference.
#include "hw/machine.hpp"
#include "models/graph.hpp"
#include "models/reference.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/mappings.hpp"
#include "tests/models/network_oracle.hpp"
#include "tests/support/data.hpp"
#include "tests/support/npy.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using deltasim::test::data_file;

namespace {

std::vector<std::vector<float>> first_frames(const test::Npy& a, std::size_t count) {
  std::size_t size = 1;
  for (std::size_t i = 1; i < a.extents.size(); ++i) size *= a.extents[i];
  std::vector<std::vector<float>> frames;
  for (std::size_t t = 0; t < std::min(count, a.extents[0]); ++t)
    frames.emplace_back(a.values.begin() + static_cast<long>(t * size),
                        a.values.begin() + static_cast<long>((t + 1) * size));
  return frames;
}

struct Setting {
  std::uint32_t depth;
  double stalls;
};
const std::vector<Setting> settings{{64, 0.0}, {4, 0.0}, {1, 0.0}, {4, 0.3}};

/// Runs it on 3 x 3 cores, cut at random, with queues of several depths and with stalls.
void check_on_machine(const models::Network& given, const models::RuleSet& rules,
                      const std::vector<std::vector<float>>& frames, const std::vector<Setting>& tried = settings) {
  const models::Network network = models::with_rule_steps(given, rules);
  hw::ChipParams chip;
  chip.noc.columns = chip.noc.rows = 3;
  std::uint64_t values = 0;
  hw::Counts counts;
  for (const Setting& setting : tried) {
    CAPTURE(setting.depth);
    CAPTURE(setting.stalls);
    test::StoredFrames source(network.layers[0].output, frames);
    models::ReferenceNetwork reference(network, rules, source);
    chip.core.input_queue_flits = chip.core.output_queue_flits = chip.noc.router_queue_flits = setting.depth;
    hw::MachineOptions options;
    options.check = true;
    options.rules = &rules;
    options.output_stall_probability = setting.stalls;
    const auto result = test::simulate(network, test::random_mapping(network, 9, 1), chip, reference, options);
    CHECK(result.frames.size() == frames.size());
    hw::Counts sum = result.ports;
    for (const auto& core : result.cores) {
      sum += core.counts;
      CHECK(core.causes.sum() == result.cycles);
    }
    if (values == 0) {
      values = result.checked_values;
      counts = sum;
      CHECK(values > 0);
    }
    CHECK(result.checked_values == values);
    CHECK(sum == counts);
  }
}

}  // namespace

TEST_CASE("resnet8 (residuals): hardware equals reference under every rule") {
  const auto model = data_file("networks/resnet8_int8_qdq.onnx");
  const auto clip = data_file("golden/int8/resnet8_frames.npy");
  if (!model || !clip) {
    MESSAGE("skipped: no shared data");
    return;
  }
  const models::Network network = models::quantise(models::import_onnx(*model), {});
  const auto frames = first_frames(test::read_npy(*clip), 3);
  for (const models::Rule rule : {models::Rule::dense, models::Rule::spatial, models::Rule::send_on_delta}) {
    models::RuleSet rules;
    rules.rule = rule;
    const bool delta = rule == models::Rule::send_on_delta;
    if (delta) rules.every.threshold = {2};
    check_on_machine(network, rules, frames, delta ? settings : std::vector<Setting>{{4, 0.0}});
  }
}

TEST_CASE("vww96 (depthwise): hardware equals reference") {
  const auto model = data_file("networks/vww96_int8_qdq.onnx");
  const auto clip = data_file("golden/int8/vww96_frames.npy");
  if (!model || !clip) {
    MESSAGE("skipped: no shared data");
    return;
  }
  models::RuleSet rules;
  rules.rule = models::Rule::send_on_delta;
  check_on_machine(models::quantise(models::import_onnx(*model), {}), rules, first_frames(test::read_npy(*clip), 3));
}

TEST_CASE("PilotNet (Loihi's sigma-delta): hardware equals reference, with and without a step of delay per layer") {
  const auto file = data_file("golden/pilotnet_sdnn/network.net");
  if (!file) {
    MESSAGE("skipped: no shared data");
    return;
  }
  const models::Network network = models::import_netx(*file);
  const std::vector<std::vector<float>> frames = test::random_frames(network.layers[0].output, 4, 0.1, 1).all();
  for (const bool delay : {false, true}) {
    models::RuleSet rules;
    rules.rule = models::Rule::sigma_delta;
    rules.layer_delay = delay;
    check_on_machine(network, rules, frames);
  }
}
