#include "sim/sparsity.hpp"

#include <doctest/doctest.h>

using namespace deltasim;

/// 4x4 input, one channel; 3x3 convolution with stride 2 and padding 1 to 2 channels.
static models::Network strided() {
  models::Network network;
  models::Layer input;
  input.output = {1, 4, 4};
  models::Layer layer;
  layer.output = {2, 2, 2};
  models::Branch branch;
  branch.input = input.output;
  branch.window = {3, 3, 2, 2, 1, 1, 1, 1};
  branch.weights.assign(18, 1);
  layer.branches = {branch};
  network.layers = {input, layer};
  return network;
}

static std::vector<std::vector<models::BranchWork>> work(std::uint64_t events, std::uint64_t macs) {
  models::BranchWork w;
  w.events = events;
  w.macs = macs;
  return {{}, {w}};
}

TEST_CASE("a dense frame has sparsity 0 by MACs, the paper's metric ignores strides and borders") {
  const auto network = strided();
  // rows 0..3 are reached by 1, 2, 1, 1 output rows (stride 2, padding 1): (1+2+1+1)^2 positions x 2 channels
  const std::uint64_t dense = dense_macs(network.layers[1].branches[0], network.layers[1].output);
  CHECK(dense == 50);
  sim::SparsityMeter meter(network);
  meter.add(work(16, dense));
  CHECK(meter.all_frames().mac == doctest::Approx(0.0));
  CHECK(meter.all_frames().fan_out == doctest::Approx(0.0));
  meter.add(work(4, 10));
  CHECK(meter.all_frames().mac == doctest::Approx(1.0 - 60.0 / 100.0));
  CHECK(meter.all_frames().fan_out == doctest::Approx(1.0 - 20.0 / 32.0));
  CHECK(meter.without_first_frame().mac == doctest::Approx(1.0 - 10.0 / 50.0));
  CHECK(meter.without_first_frame().fan_out == doctest::Approx(1.0 - 4.0 / 16.0));
}

TEST_CASE("a single frame leaves nothing without the first") {
  sim::SparsityMeter meter(strided());
  meter.add(work(16, 50));
  CHECK(meter.without_first_frame().mac == 0.0);
}
