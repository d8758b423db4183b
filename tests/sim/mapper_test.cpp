#include "sim/mapper.hpp"

#include "models/error.hpp"
#include "models/graph.hpp"
#include "sim/placement.hpp"
#include "sim/run_config.hpp"
#include "tests/sim/shapes.hpp"
#include "tests/support/data.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <regex>

using namespace deltasim;
using test::mobile_network;
using test::random_network;
using test::Shapes;

namespace {

hw::ChipParams chip_of(std::uint32_t columns, std::uint32_t rows, std::uint64_t weights, std::uint64_t state) {
  hw::ChipParams chip;
  chip.noc.columns = columns;
  chip.noc.rows = rows;
  chip.core.weight_memory.size_bytes = weights;
  chip.core.state_memory.size_bytes = state;
  return chip;
}

std::string refusal(const models::Network& network, const hw::ChipParams& chip) {
  try {
    sim::map_automatically(network, chip, "chip.json");
  } catch (const models::InputError& e) {
    return e.what();
  }
  return "";
}

std::string complaint(const models::Network& network, const hw::ChipParams& chip, const hw::Mapping& mapping) {
  try {
    sim::check_mapping(network, chip, mapping, "run.json");
  } catch (const models::InputError& e) {
    return e.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

double balance(const std::vector<sim::CoreLoad>& loads) {
  double sum = 0, most = 0;
  for (const auto& l : loads) {
    sum += static_cast<double>(l.cycles);
    most = std::max(most, static_cast<double>(l.cycles));
  }
  return most * static_cast<double>(loads.size()) / sum;
}

std::uint64_t number_before(const std::string& text, const std::string& words) {
  std::smatch match;
  return std::regex_search(text, match, std::regex("([0-9]+) " + words)) ? std::stoull(match[1]) : 0;
}

/// Applies what a refusal says would fit; at least one of both remedies stands in it.
void try_remedies(const models::Network& network, const hw::ChipParams& chip, const std::string& text) {
  CAPTURE(text);
  if (contains(text, "no number of cores of this size would fit")) return;
  const auto cores = number_before(text, "cores of this size");
  const auto weights =
      std::max(number_before(text, "KiB of weight memory per core"), number_before(text, "KiB of weight and"));
  const auto state = number_before(text, "KiB of state memory per core");
  REQUIRE(cores + weights + state > 0);
  if (cores > 0) {
    auto more = chip;
    more.noc.columns = static_cast<std::uint32_t>(cores);  // Params are plain values: no range here
    more.noc.rows = 1;
    CHECK(refusal(network, more) == "");
  }
  if (weights + state > 0) {
    auto larger = chip;
    if (weights > 0) larger.core.weight_memory.size_bytes = weights * 1024;
    if (state > 0) larger.core.state_memory.size_bytes = state * 1024;
    CHECK(refusal(network, larger) == "");
  }
}

}  // namespace

TEST_CASE("mappings of random networks keep every constraint, or are refused with a remedy that works") {
  std::mt19937 random(7);
  const auto pick = [&](std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
  };
  int mapped = 0, refused = 0;
  for (int i = 0; i < 300; ++i) {
    const auto network = random_network(random);
    auto chip = chip_of(pick(1, 5), pick(1, 4), std::uint64_t{256} << pick(0, 9), std::uint64_t{512} << pick(0, 9));
    chip.core.decode_overlap = pick(0, 1) == 1;
    CAPTURE(i);
    const std::string text = refusal(network, chip);
    if (text.empty()) {
      const auto mapping = sim::map_automatically(network, chip, "chip.json");
      CHECK(complaint(network, chip, mapping) == "");
      ++mapped;
    } else if (++refused <= 60) {
      CHECK(contains(text, "chip.json: /core: "));
      CHECK(contains(text, "does not fit"));
      try_remedies(network, chip, text);
    }
  }
  CHECK(mapped > 50);
  CHECK(refused > 50);
}

TEST_CASE("a layer fits to the byte and not a byte less") {
  Shapes s(4, 1, 1);
  s.dense(10);  // weights 40 + 10 x 4 of bias; state 10 x 4, reference 10 x 2
  CHECK(refusal(s.network, chip_of(1, 1, 80, 60)) == "");
  const auto weights = refusal(s.network, chip_of(1, 1, 79, 60));
  CHECK(contains(weights, "80 B of weight memory where 79 B are available, 1 B too much on 1 core "));
  CHECK(contains(weights, "the largest layer, 'layer1', takes 80 B"));
  const auto state = refusal(s.network, chip_of(1, 1, 80, 59));
  CHECK(contains(state, "60 B of state memory where 59 B are available, 1 B too much"));
}

TEST_CASE("channels over cores fit to the byte and not a byte less") {
  Shapes s(16, 1, 1);
  s.dense(12).dense(12);
  // Three channels of both layers on each of four cores: 3 x (16 + 4) + 3 x (12 + 4) bytes.
  CHECK(refusal(s.network, chip_of(2, 2, 108, 4096)) == "");
  CHECK(contains(refusal(s.network, chip_of(2, 2, 107, 4096)),
                 "432 B of weight memory where 428 B are available, 4 B too"));
}

TEST_CASE("a neuron larger than a core is named, with its layer") {
  Shapes s(100, 1, 1);
  s.dense(2);
  const auto text = refusal(s.network, chip_of(2, 1, 103, 4096));
  CHECK(contains(text,
                 "layer 'layer1' does not fit: a single neuron of it needs 104 B of weight memory where 103 B are "
                 "available, 1 B too much on a core"));
  CHECK(contains(text, "1 KiB of weight memory per core would fit"));
}

TEST_CASE("more layers than cores share them") {
  const auto network = mobile_network();
  for (const std::uint32_t cores : {1u, 2u, 3u, 5u}) {
    const auto chip = chip_of(cores, 1, 1 << 20, 2 << 20);
    const auto mapping = sim::map_automatically(network, chip, "chip.json");
    CHECK(complaint(network, chip, mapping) == "");
  }
}

TEST_CASE("work is balanced over the cores") {
  const auto network = mobile_network();
  for (const std::uint32_t side : {2u, 3u, 4u}) {
    const auto chip = chip_of(side, side, 131072, 1 << 20);
    const auto loads = sim::core_loads(network, chip, sim::map_automatically(network, chip, "chip.json"));
    CAPTURE(side);
    CHECK(balance(loads) < 1.25);
    std::uint64_t macs = 0, dense = 0;
    for (const auto& l : loads) macs += l.macs;
    for (const auto& layer : network.layers)
      for (const auto& b : layer.branches)
        if (b.kind == models::BranchKind::convolution) dense += models::dense_macs(b, layer.output);
    CHECK(macs == dense);
  }
}

TEST_CASE("what talks is near: less traffic than with any shuffled placement") {
  const auto network = mobile_network();
  const auto chip = chip_of(4, 4, 131072, 524288);
  const auto mapping = sim::map_automatically(network, chip, "chip.json");
  const double placed = sim::traffic(network, chip, mapping);
  std::mt19937 random(3);
  for (int i = 0; i < 50; ++i) {
    std::vector<std::uint32_t> shuffled(16);
    for (std::uint32_t c = 0; c < 16; ++c) shuffled[c] = c;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    auto other = mapping;
    for (auto& slice : other.slices) slice.core = shuffled[slice.core];
    CHECK(placed < sim::traffic(network, chip, other));
  }
}

TEST_CASE("the same network finds the same place twice") {
  const auto network = mobile_network();
  const auto chip = chip_of(4, 4, 65536, 131072);
  const auto a = sim::map_automatically(network, chip, "chip.json"),
             b = sim::map_automatically(network, chip, "chip.json");
  REQUIRE(a.slices.size() == b.slices.size());
  for (std::size_t i = 0; i < a.slices.size(); ++i) {
    CHECK(a.slices[i].core == b.slices[i].core);
    CHECK(a.slices[i].channel_begin == b.slices[i].channel_begin);
    CHECK(a.slices[i].y_begin == b.slices[i].y_begin);
  }
}

TEST_CASE("a given mapping is judged slice by slice") {
  Shapes s(2, 4, 4);
  s.convolution(4, 3, 1);
  const auto chip = chip_of(2, 2, 1024, 1024);
  const hw::Slice upper{1, 0, 0, 4, 0, 2, 0, 4}, lower{1, 1, 0, 4, 2, 4, 0, 4};
  const auto with = [&](auto change) {
    hw::Mapping m{{upper, lower}};
    change(m.slices);
    return complaint(s.network, chip, m);
  };
  CHECK(with([](auto&) {}) == "");
  CHECK(contains(with([](auto& m) { m[1].core = 4; }),
                 "run.json: /mapping/1/core: core 4 lies outside the mesh; the mesh of 2 x 2 has cores 0 to 3"));
  CHECK(contains(with([](auto& m) { m[1].layer = 2; }), "/mapping/1/layer: layer 2 does not exist"));
  CHECK(contains(with([](auto& m) { m[0].layer = 0; }), "layer 0 is the network's input"));
  CHECK(
      contains(with([](auto& m) { m[0].x_end = 5; }),
               "/mapping/0/columns: columns 0 to 5 (exclusive) are not a part of layer 'layer1'; columns are 0 to 4"));
  CHECK(contains(with([](auto& m) { m[1].y_begin = 1; }), "/mapping/1: overlaps slice 0 of layer 'layer1'"));
  CHECK(contains(with([](auto& m) { m[1].y_begin = 3; }),
                 "/mapping: 16 of the 64 neurons of layer 1 ('layer1') are on no core"));
}

TEST_CASE("a given mapping over capacity is refused, at capacity it is not") {
  Shapes s(2, 4, 4);
  s.convolution(4, 3, 1);  // 4 x (9 x 2 + 4) = 88 bytes of weights; 64 neurons x (4 + 2) bytes of state
  const hw::Mapping all{{{1, 0, 0, 4, 0, 4, 0, 4}}};
  CHECK(complaint(s.network, chip_of(1, 1, 88, 384), all) == "");
  CHECK(contains(complaint(s.network, chip_of(1, 1, 87, 384), all),
                 "core 0 needs 88 bytes of weight memory and has 87, 1 too few"));
  CHECK(contains(complaint(s.network, chip_of(1, 1, 88, 383), all),
                 "core 0 needs 384 bytes of state memory and has 383, 1 too few"));
}

namespace {

models::Network imported(const std::string& path) {
  const auto graph = models::import_onnx(path);
  models::Calibration any;
  any.low.assign(graph.layers.size(), -1);
  any.high.assign(graph.layers.size(), 1);
  return models::quantise(graph, any);
}

hw::ChipParams edge16() { return sim::read_hardware(std::string(DELTASIM_SOURCE_DIR) + "/configs/hw/edge16.json"); }

}  // namespace

TEST_CASE("real networks fit on edge16, balanced") {
  for (const auto* name :
       {"vww96_int8_qdq", "resnet8_int8_qdq", "SqueezeNet_fp16", "ultraface_version-RFB-320_simplified"}) {
    const auto file = test::data_file(fmt::format("networks/{}.onnx", name));
    if (!file) {
      MESSAGE("skipped: no " << name);
      continue;
    }
    CAPTURE(name);
    const auto network = imported(*file);
    const auto chip = edge16();
    const auto mapping = sim::map_automatically(network, chip, "edge16.json");
    CHECK(complaint(network, chip, mapping) == "");
    CHECK(balance(sim::core_loads(network, chip, mapping)) < 1.3);
  }
}

TEST_CASE("a real network is refused with a remedy that works") {
  const auto file = test::data_file("networks/SqueezeNet_fp16.onnx");
  if (!file) {
    MESSAGE("skipped: no SqueezeNet");
    return;
  }
  const auto network = imported(*file);
  auto chip = edge16();
  chip.core.state_memory.size_bytes = 786432;
  const auto state = refusal(network, chip);
  CHECK(contains(state, "of state memory where 12288 KiB are available"));
  try_remedies(network, chip, state);
  chip = edge16();
  chip.core.weight_memory.size_bytes = 65536;
  const auto weights = refusal(network, chip);
  CHECK(contains(weights, "of weight memory where 1024 KiB are available"));
  try_remedies(network, chip, weights);
}
