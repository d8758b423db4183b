// Published vectors, and counts of an independent program, on real networks.
#include "models/graph.hpp"
#include "models/reference.hpp"
#include "tests/models/network_oracle.hpp"
#include "tests/support/data.hpp"
#include "tests/support/npy.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/crc.hpp>

#include <fstream>
#include <set>
#include <sstream>

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

std::string crc32_of_bytes(const std::vector<std::int32_t>& values) {
  boost::crc_32_type crc;
  for (const std::int32_t v : values) crc.process_byte(static_cast<unsigned char>(v));
  return fmt::format("{:08x}", crc.checksum());
}

std::string joined(const std::vector<std::int64_t>& values) { return fmt::format("{}", fmt::join(values, " ")); }

/// The rows of one theta and frame as the independent program writes them: a set, since its order is by consumer.
std::multiset<std::string> rows(const Network& network, const ReferenceNetwork& reference, WorkCounter& counter,
                                const FrameEvents& events) {
  std::multiset<std::string> result;
  const auto& work = counter.count(events);
  for (LayerId l = 1; l < network.layers.size(); ++l)
    for (std::size_t b = 0; b < network.layers[l].branches.size(); ++b) {
      const Branch& branch = network.layers[l].branches[b];
      if (branch.kind != BranchKind::convolution) continue;
      const BranchWork& w = work[l][b];
      const std::string crc = crc32_of_bytes(reference.reconstructed(branch.sources[0].producer));
      result.insert(fmt::format("{},{},{},{}", w.events, w.macs, w.macs_nonzero_weight, crc));
    }
  result.insert(joined(events.outputs) + ",,,");
  return result;
}

std::string text(const std::multiset<std::string>& rows) { return fmt::format("{}", fmt::join(rows, "\n")); }

/// What the golden file says, by "theta,frame"; without the layers' names, which are the other program's own.
std::map<std::string, std::multiset<std::string>> golden_rows(const std::string& path) {
  std::map<std::string, std::multiset<std::string>> result;
  std::ifstream file(path);
  std::string line, field[5];
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream in(line);
    for (std::string& f : field) std::getline(in, f, ',');
    std::getline(in, line);
    line.erase(line.find_last_not_of('\r') + 1);
    result[field[2] + "," + field[3]].insert(line);
  }
  return result;
}

std::vector<std::vector<float>> frames_of(const test::Npy& a, std::size_t count) {
  const std::size_t size = a.extents[1] * a.extents[2] * a.extents[3];
  std::vector<std::vector<float>> frames;
  for (std::size_t t = 0; t < count; ++t)
    frames.emplace_back(a.values.begin() + static_cast<long>(t * size),
                        a.values.begin() + static_cast<long>((t + 1) * size));
  return frames;
}

}  // namespace

TEST_CASE("resnet8: events, MACs, non-zero-weight MACs, reconstructed inputs and logits of an independent program") {
  const auto model = data_file("networks/resnet8_int8_qdq.onnx");
  const auto counts = data_file("golden/int8/resnet8_counts.csv");
  const auto clip = data_file("golden/int8/resnet8_frames.npy");
  if (!model || !counts || !clip) {
    MESSAGE("skipped: no shared data");
    return;
  }
  const Network network = quantise(import_onnx(*model), {});
  const auto golden = golden_rows(*counts);
  REQUIRE(golden.size() == 3 * 8);
  for (const std::string theta : {"dense", "0", "2"}) {
    RuleSet rules;
    rules.rule = theta == "dense" ? Rule::dense : Rule::send_on_delta;
    if (theta != "dense") rules.every.threshold = {std::stod(theta)};
    test::StoredFrames frames(network.layers[0].output, frames_of(test::read_npy(*clip), 8));
    ReferenceNetwork reference(network, rules, frames);
    WorkCounter counter(network);
    FrameEvents events;
    while (reference.next(events)) {
      const std::string key = fmt::format("{},{}", theta, events.frame);
      CAPTURE(key);
      CHECK(text(rows(network, reference, counter, events)) == text(golden.at(key)));
    }
    CHECK(events.frame == 7);
  }
}

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
