#include "sim/tune/metric.hpp"
#include "models/error.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim;
using namespace deltasim::sim;

namespace {

/// Frames without pixels, labelled 0, 1, 0, 1, ...
class Labels final : public models::FrameSource {
 public:
  explicit Labels(std::uint32_t count, bool labelled) : count_(count), labelled_(labelled) {}
  bool next(models::Frame& out) override {
    if (at_ == count_) return false;
    out.label = labelled_ ? std::optional<std::uint32_t>(at_ % 2) : std::nullopt;
    ++at_;
    return true;
  }
  void rewind() override { at_ = 0; }
  models::Shape shape() const override { return {1, 1, 1}; }
  double frame_rate() const override { return 10.0; }

 private:
  std::uint32_t count_, at_ = 0;
  bool labelled_;
};

HeldFrames frames(std::uint32_t count, bool labelled = false) {
  Labels source(count, labelled);
  return {source, count};
}

/// Two classes, integer outputs as they are.
models::Network two_classes() {
  models::Network network;
  network.layers.resize(2);
  network.layers[1].output = {2, 1, 1};
  network.layers[1].raw_output = true;
  network.outputs = {{"scores", {2}, {{1, {}}}}};
  return network;
}

FrameOutputs constant(std::size_t count) { return FrameOutputs(count, {10, 0}); }

}  // namespace

TEST_CASE("losses of the metrics follow from their definitions") {
  const models::Network network = two_classes();
  FrameOutputs changed = constant(16);
  changed[3] = {10, 6};   // error 36 of 1600
  changed[5] = {10, 20};  // 400, and another decision
  const Loss l2 = Truth(network, constant(16), frames(16), Metric::relative_l2, 1).loss(network, changed);
  CHECK(l2.whole == doctest::Approx(std::sqrt(436.0 / 1600)));
  CHECK(l2.power == doctest::Approx(436.0 / 1600));
  CHECK(l2.worst == l2.whole);
  CHECK(Truth(network, constant(16), frames(16), Metric::top1, 1).loss(network, changed).whole ==
        doctest::Approx(1.0 / 16));
  // labels 0, 1, 0, ...: the dense network is right in every second frame, and frame 5 turns a wrong answer right
  const Truth labelled(network, constant(16), frames(16, true), Metric::accuracy, 1);
  CHECK(labelled.has_labels());
  CHECK(labelled.loss(network, changed).whole == 0.0);
  changed[6] = {0, 20}, changed[8] = {0, 20};
  CHECK(labelled.loss(network, changed).whole == doctest::Approx(1.0 / 16));
  CHECK_FALSE(Truth(network, constant(16), frames(16), Metric::accuracy, 1).has_labels());
}

TEST_CASE("an error that sits in one part of the frames makes that part's loss the worst") {
  const models::Network network = two_classes();
  FrameOutputs changed = constant(32);
  for (std::size_t f = 8; f < 16; ++f) changed[f] = {10, 5};
  const Loss loss = Truth(network, constant(32), frames(32), Metric::relative_l2, 4).loss(network, changed);
  CHECK(loss.whole == doctest::Approx(0.25));
  CHECK(loss.worst == doctest::Approx(0.5));
  // parts have at least 8 frames: 15 frames are one part
  FrameOutputs few = constant(15);
  few[0] = {10, 5};
  const Loss one = Truth(network, constant(15), frames(15), Metric::relative_l2, 4).loss(network, few);
  CHECK(one.worst == one.whole);
}

TEST_CASE("frames that only lead up to the others do not count") {
  const models::Network network = two_classes();
  FrameOutputs changed = constant(20);
  changed[11] = {0, 99};
  const Truth late(network, constant(20), frames(20, true), Metric::relative_l2, 1, 12);
  CHECK(late.loss(network, changed).whole == 0.0);
  changed[12] = {10, 10};
  CHECK(late.loss(network, changed).whole == doctest::Approx(std::sqrt(1.0 / 8)));
}

TEST_CASE("limits are in the metric's own unit") {
  CHECK(allowed_loss(Metric::relative_l2, 0.05) == 0.05);
  CHECK(allowed_loss(Metric::sqnr, 20) == doctest::Approx(0.1));
  CHECK(*in_unit(Metric::sqnr, 0.1) == doctest::Approx(20));
  CHECK_FALSE(in_unit(Metric::sqnr, 0.0).has_value());
  CHECK(*in_unit(Metric::top1, 0.25) == 0.25);
  CHECK_THROWS_WITH_AS(allowed_loss(Metric::relative_l2, 0),
                       "--max-loss: is 0; above 0: without loss the rule's neutral "
                       "thresholds are all there is",
                       models::InputError);
  CHECK_THROWS_WITH_AS(allowed_loss(Metric::top1, 1),
                       "--max-loss: is 1; below 1: a share of the outputs' length, of the "
                       "decisions, or of the right answers",
                       models::InputError);
  CHECK_THROWS_WITH_AS(allowed_loss(Metric::sqnr, -3),
                       "--max-loss: is -3; for sqnr: the dB that must remain, above 0 "
                       "(20 is a relative L2 error of 0.1)",
                       models::InputError);
}
