#include "sim/quality.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim;

static models::Output output(std::vector<std::uint32_t> dims) { return {"o", std::move(dims), {}}; }

TEST_CASE("equal outputs are bit-exact: no distance, no SQNR, full agreement") {
  sim::DistanceMeter meter({output({3})});
  meter.add({1, 5, 2}, {1, 5, 2});
  const auto d = meter.result();
  CHECK(*d.relative_l2 == 0.0);
  CHECK(!d.sqnr_db);
  CHECK(d.top1_agreement == 1.0);
  CHECK(d.decisions == 1);
}

TEST_CASE("relative L2 and SQNR are over all frames, by their definitions") {
  sim::DistanceMeter meter({output({2})});
  meter.add({3, 0}, {4, 0});
  meter.add({0, 3}, {0, 3});
  const auto d = meter.result();
  CHECK(*d.relative_l2 == doctest::Approx(1.0 / 5.0));
  CHECK(*d.sqnr_db == doctest::Approx(10 * std::log10(25.0)));
}

TEST_CASE("against a truth that is all zero there is no relative distance") {
  sim::DistanceMeter meter({output({2})});
  meter.add({1, 0}, {0, 0});
  CHECK(!meter.result().relative_l2);
  CHECK(!meter.result().sqnr_db);
}

TEST_CASE("the class axis is the channel of maps and the last axis of everything else") {
  const double map[] = {1, 9, 2, 3};  // 2 channels, 1 x 2
  CHECK(sim::decisions(output({2, 1, 2}), map) == std::vector<std::uint32_t>{1, 0});
  const double rows[] = {1, 9, 3, 2};  // 2 rows of 2 classes
  CHECK(sim::decisions(output({2, 2}), rows) == std::vector<std::uint32_t>{1, 0});
  CHECK(sim::decisions(output({1}), rows).empty());
}

TEST_CASE("of several outputs each one with classes decides") {
  sim::DistanceMeter meter({output({2}), output({2})});
  meter.add({1, 0, 0, 1}, {1, 0, 1, 0});
  CHECK(meter.result().top1_agreement == 0.5);
}

TEST_CASE("real values are accumulators times the scale of their channel, re-indexed as the output is") {
  models::Network network;
  models::Layer layer;
  layer.output = {2, 1, 2};
  layer.raw_output = true;
  layer.output_scale = {0.5, 2.0};
  network.layers = {models::Layer{}, layer};
  auto transposed = std::make_shared<std::vector<std::uint32_t>>(std::vector<std::uint32_t>{0, 2, 1, 3});
  network.outputs = {{"o", {2, 2}, {{1, {0, transposed}}}}};
  CHECK(sim::OutputScaler(network).real({10, 10, 20, 20}) == std::vector<double>{5, 20, 10, 40});
}
