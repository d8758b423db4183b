// Published vectors, and counts of an independent program, on real networks.
#include "models/graph.hpp"
#include "models/reference.hpp"
#include "tests/models/network_oracle.hpp"
#include "tests/support/data.hpp"
#include "tests/support/npy.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using namespace deltasim::models;
using deltasim::test::data_file;

namespace {

/// Element (c, y, x) of step `t` in Lava's order W, H, C, T.
double lava(const test::Npy& a, std::uint32_t c, std::uint32_t y, std::uint32_t x, std::size_t t) {
  return a.values[((x * a.extents[1] + y) * a.extents[2] + c) * a.extents[3] + t];
}

std::vector<float> lava_frame(const test::Npy& a, Shape shape) {
  std::vector<float> frame;
  for (std::uint32_t c = 0; c < shape.channels; ++c)
    for (std::uint32_t y = 0; y < shape.height; ++y)
      for (std::uint32_t x = 0; x < shape.width; ++x) frame.push_back(static_cast<float>(lava(a, c, y, x, 0)));
  return frame;
}

void check_messages(const FrameEvents& events, const Shape& shape, const test::Npy& expected, std::size_t t) {
  std::vector<double> dense(shape.size());
  for (const DeltaEvent& e : events.of_layer[0]) dense[(e.channel * shape.height + e.y) * shape.width + e.x] = e.value;
  std::size_t different = 0, i = 0;
  for (std::uint32_t c = 0; c < shape.channels; ++c)
    for (std::uint32_t y = 0; y < shape.height; ++y)
      for (std::uint32_t x = 0; x < shape.width; ++x) different += dense[i++] != lava(expected, c, y, x, t);
  CHECK(different == 0);
}

void check_sums(const ReferenceNetwork& reference, const Layer& layer, const test::Npy& expected, std::size_t t) {
  const std::vector<std::int32_t> sums = reference.accumulators(1, 0);
  const Shape& shape = layer.output;
  std::size_t different = 0, i = 0;
  for (std::uint32_t c = 0; c < shape.channels; ++c)
    for (std::uint32_t y = 0; y < shape.height; ++y)
      for (std::uint32_t x = 0; x < shape.width; ++x, ++i)
        different += sums[i] - layer.branches[0].bias[c] != lava(expected, c, y, x, t);
  CHECK(different == 0);
}

}  // namespace

TEST_CASE("PilotNet's messages, sums and outputs are Lava's, bit for bit, with one step of delay per layer") {
  const auto file = data_file("golden/pilotnet_sdnn/network.net");
  if (!file) {
    MESSAGE("skipped: no shared data");
    return;
  }
  const auto array = [](const std::string& name) { return test::read_npy(*data_file("golden/pilotnet_sdnn/" + name)); };
  const Network network = import_netx(*file);
  const Shape& input = network.layers[0].output;
  test::StoredFrames frames(input, std::vector<std::vector<float>>(9, lava_frame(array("input.npy"), input)));
  const test::Npy messages = array("act0.npy"), sums = array("sigma1.npy"), outputs = array("output.npy");
  RuleSet rules;
  rules.rule = Rule::sigma_delta;
  rules.layer_delay = true;
  ReferenceNetwork reference(network, rules, frames);
  FrameEvents events;
  for (std::size_t t = 0; t < 9; ++t) {
    CAPTURE(t);
    REQUIRE(reference.next(events));
    check_messages(events, input, messages, t);
    check_sums(reference, network.layers[1], sums, t);
    CHECK(events.outputs == std::vector<std::int64_t>{static_cast<std::int64_t>(outputs.values[t])});
  }
}
