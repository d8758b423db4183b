// Depth-first evaluation: same work and values as with the frame barrier, earlier.
#include "hw/integration.hpp"
#include "hw/row_flow.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/subject.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace deltasim;
using hw::Activity;
using models::Rule;
using test::mesh;
using test::Subject;

namespace {

hw::ChipParams depth_first(hw::ChipParams chip) {
  chip.core.schedule = hw::SliceSchedule::depth_first;
  return chip;
}

/// Everything but the flits of row tokens.
hw::Counts without_tokens(hw::Counts counts) {
  for (const Activity a : {Activity::queue_write, Activity::queue_read, Activity::flit_hop}) counts[a] = 0;
  return counts;
}

void check_same_work(const hw::MachineResult& barrier, const hw::MachineResult& depth) {
  REQUIRE(depth.frames.size() == barrier.frames.size());
  CHECK(depth.checked_values == barrier.checked_values);
  for (std::size_t i = 0; i < barrier.cores.size(); ++i) {
    CHECK(without_tokens(depth.cores[i].counts) == without_tokens(barrier.cores[i].counts));
    CHECK(depth.cores[i].causes.sum() == depth.cycles);
  }
  for (std::size_t f = 0; f < barrier.frames.size(); ++f)
    for (std::size_t r = 0; r < barrier.rows.size(); ++r)
      CHECK(without_tokens(depth.frames[f].rows[r].counts) == without_tokens(barrier.frames[f].rows[r].counts));
}

models::Window three_by_three(std::uint32_t stride = 1) {
  models::Window w;
  w.kernel_h = w.kernel_w = 3;
  w.stride_h = w.stride_w = stride;
  w.pad_top = w.pad_left = 1;
  return w;
}

/// Input -> 3x3 -> 3x3 -> out, one channel, each layer on its own core; every neuron changes in every frame.
struct TwoLayers {
  TwoLayers(std::uint32_t height, std::uint32_t width) : shape{1, height, width}, stream(3) {
    network.layers.push_back(test::input_layer(shape));
    for (models::LayerId l = 1; l <= 2; ++l)
      network.layers.push_back(test::convolution_layer("c", l - 1, shape, shape, three_by_three()));
    network.layers[2].raw_output = true;
    auto& frame = stream.add(test::all_of(shape));
    frame.of_layer[1] = frame.of_layer[0];
    chip = mesh(2, 1, 1024);
    chip.core.evaluate = hw::Evaluate::all;
    chip.core.evaluate_lanes = width;  // a row is a group
    chip.core.weight_memory = {1 << 20, 64, 64, 4};
    chip.core.state_memory = {1 << 20, 64, 64, 4};
  }
  std::uint64_t latency(const hw::ChipParams& c) {
    stream.rewind();
    const auto frame = test::simulate(network, test::layer_by_layer(network, 2), c, stream, {}).frames[0];
    return frame.finished - frame.started;
  }
  models::Shape shape;
  models::Network network;
  test::ScriptedStream stream;
  hw::ChipParams chip;
};

}  // namespace

TEST_CASE("two layers of 3x3: the second ends three rows behind the first, not a frame") {
  for (const std::uint32_t h : {3u, 4u, 7u, 12u})
    for (const std::uint32_t w : {3u, 4u, 8u}) {
      CAPTURE(h);
      CAPTURE(w);
      TwoLayers t(h, w);
      // Both times the first core takes h w events and sends as many, one a cycle; the second then sends what is left.
      const std::uint64_t ways = 3, ends = 6;  // port, core, core, port; tokens that end the frame
      const std::uint64_t turn =
          3 + 2;  // from integration to evaluation: the pipeline, and two stages of the delta unit
      CHECK(t.latency(t.chip) == 2 * h * w + h * w + ways + ends + 2 * turn);
      // A row token is taken and sent for every row but the first and the last, which need no token of their own.
      const std::uint64_t row_tokens = 2 * (h - 2);
      // The first core turns in every row; of the second's turns the last shows.
      CHECK(t.latency(depth_first(t.chip)) == 2 * h * w + row_tokens + 3 * w + ways + ends + (h + 1) * turn);
    }
}

TEST_CASE("rows are announced where they complete a row of a consumer: 3x3, both sides of every limit") {
  for (const std::uint32_t stride : {1u, 2u, 3u}) {
    const models::Shape in{2, 9, 9}, out{2, (9 - 1) / stride + 1, (9 - 1) / stride + 1};
    models::Network network;
    network.layers.push_back(test::input_layer(in));
    network.layers.push_back(test::convolution_layer("c", 0, in, out, three_by_three(stride)));
    network.layers[1].raw_output = true;
    hw::Plan plan(network, test::layer_by_layer(network, 1), mesh(1, 1));
    const hw::RowFlow rows(plan);
    std::vector<std::uint32_t> ends;
    for (std::uint32_t y = 0; y < out.height && y * stride + 2 < 9; ++y) ends.push_back(y * stride + 2);
    CHECK(rows.announced(plan.input_port()) == ends);
    for (std::size_t n = 0; n <= ends.size(); ++n) CHECK(rows.complete(0, 0, n) == n);
    CHECK(rows.announced(0).empty());
  }
}

TEST_CASE("nothing that is sent after a row token reaches a row that it completed") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    const auto network = test::random_network(seed);
    const auto mapping = test::random_mapping(network, 4, seed);
    const auto chip = mesh(2, 2);
    hw::Plan plan(network, mapping, chip);
    const hw::RowFlow rows(plan);
    std::uint64_t early = 0, late = 0;
    for (models::LayerId l = 0; l < network.layers.size(); ++l)
      for (const hw::Feed& feed : plan.feeds(l)) {
        const hw::Slice& slice = mapping.slices[feed.slice];
        const models::Layer& layer = network.layers[slice.layer];
        const models::Branch& branch = layer.branches[feed.branch];
        const models::Locator locate(branch.sources[feed.source].view, network.layers[l].output, branch.input);
        hw::Integration integration(branch, layer.output, hw::box_of(slice), chip.core);
        const auto& producers = plan.producers(feed.slice);
        const std::uint32_t channels = slice.channel_end - slice.channel_begin;
        for (const models::DeltaEvent& e : test::all_of(network.layers[l].output)) {
          models::Position at;
          if (!locate(e, at) || !integration.contains(at)) continue;
          hw::TouchedFlags touched(channels, hw::box_of(slice).pixels());
          integration.mark(at, touched);
          const std::size_t first = touched.next(0) / channels / (slice.x_end - slice.x_begin);
          if (first == slice.y_end - slice.y_begin) continue;  // between strides
          const std::uint32_t sender = plan.owner(l, e);
          const auto p =
              static_cast<std::size_t>(std::find(producers.begin(), producers.end(), sender) - producers.begin());
          const auto& ends = rows.announced(sender);
          const auto before = static_cast<std::size_t>(std::upper_bound(ends.begin(), ends.end(), e.y) - ends.begin());
          early += rows.complete(feed.slice, p, before) > 0 ? 1 : 0;
          late += rows.complete(feed.slice, p, before) > first ? 1 : 0;
        }
      }
    CHECK(late == 0);
    CHECK(early > 0);
  }
}

TEST_CASE("depth first with a step of delay for each layer is refused") {
  Subject subject(1, Rule::delta, true);
  CHECK_THROWS_WITH_AS(subject.run(test::layer_by_layer(subject.network, 4), depth_first(mesh(2, 2))),
                       "layer_delay and schedule depth_first exclude each other: with a delay, a slice works on what "
                       "its producers sent in the frame before",
                       std::invalid_argument);
}

TEST_CASE("depth first does the same work and computes the same values, under every rule and mapping") {
  for (std::uint32_t seed = 1; seed <= 6; ++seed)
    for (const Rule rule : test::all_rules) {
      CAPTURE(seed);
      CAPTURE(static_cast<int>(rule));
      Subject subject(seed, rule, false, seed % 2 == 0 ? 2 : 0);
      auto chip = mesh(3, 2);
      chip.core.evaluate_lanes = seed;
      chip.core.flag_word_bits = seed % 3 == 0 ? 7 : 64;
      const auto mapping = test::random_mapping(subject.network, seed == 5 ? 1 : 6, seed);
      const auto barrier = subject.run(mapping, chip);
      const auto depth = subject.run(mapping, depth_first(chip));
      CHECK(depth.checked_values == subject.values());
      check_same_work(barrier, depth);
    }
}

TEST_CASE("depth first: stalls, shallow queues, hosting and the order of construction change no work and no value") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    Subject subject(seed, seed % 2 == 0 ? Rule::spatial : Rule::delta);
    const auto mapping = test::random_mapping(subject.network, 6, seed);
    const auto deep = subject.run(mapping, depth_first(mesh(3, 2)));
    for (const std::uint32_t depth : {1u, 3u})
      for (const double probability : {0.0, 0.5}) {
        auto chip = depth_first(mesh(3, 2, depth));
        chip.noc.multicast = seed != 3;
        hw::MachineOptions options;
        options.output_stall_probability = probability;
        const auto built = subject.run(mapping, chip, options);
        if (chip.noc.multicast) CHECK(test::same_counts(deep, built));
        CHECK(built.checked_values == deep.checked_values);
        options.construction_seed = seed;
        options.hosting = hw::Hosting::processes;
        const auto permuted = subject.run(mapping, chip, options);
        CHECK(test::same_time(built, permuted));
        CHECK(test::same_counts(built, permuted));
      }
  }
}

TEST_CASE("depth first: many layers on few cores with queues of one flit do not deadlock") {
  for (std::uint32_t seed = 1; seed <= 8; ++seed)
    for (const std::uint32_t cores : {1u, 2u}) {
      Subject subject(seed, seed % 2 == 0 ? Rule::dense : Rule::delta);
      auto chip = depth_first(mesh(cores, 1, 1));
      chip.noc.multicast = seed % 2 == 0;
      const auto result = subject.run(test::random_mapping(subject.network, cores, seed), chip);
      CHECK(result.frames.size() == 4);
      CHECK(result.checked_values == subject.values());
    }
}
