#include "models/training/clip_batches.hpp"

#include "models/error.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace deltasim::models;
using namespace deltasim::models::training;

namespace {

/// A pixel's value says where it is: channel + 3 x + 30 y + 60 frame, every clip with a length of its own.
class Grid final : public ClipSource {
 public:
  Grid(std::vector<std::uint32_t> frames, Shape shape) : shape_(shape) {
    for (const auto length : frames)
      infos_.push_back({"grid " + std::to_string(infos_.size()), static_cast<std::uint32_t>(infos_.size()), length});
  }
  const std::vector<std::string>& classes() const override { return classes_; }
  Shape shape() const override { return shape_; }
  std::size_t size() const override { return infos_.size(); }
  const ClipInfo& info(std::size_t clip) const override { return infos_[clip]; }
  void read(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint8_t* to) const override {
    REQUIRE(first + count <= infos_[clip].frames);
    for (std::uint32_t f = first; f < first + count; ++f)
      for (std::uint32_t c = 0; c < shape_.channels; ++c)
        for (std::uint32_t y = 0; y < shape_.height; ++y)
          for (std::uint32_t x = 0; x < shape_.width; ++x)
            *to++ = static_cast<std::uint8_t>(c + 3 * x + 30 * y + 60 * f);
  }

 private:
  std::vector<std::string> classes_{"all"};
  std::vector<ClipInfo> infos_;
  Shape shape_;
};

/// Byte of a frame's pixel in a batch of 2 x 2 pixels.
int byte_of(const ClipBatch& batch, std::size_t frame, std::size_t y, std::size_t x, std::size_t channel) {
  return static_cast<int>(std::lround(batch.pixels.at(((frame * 2 + y) * 2 + x) * 3 + channel) * 255));
}

TrainingOptions options_of(std::uint64_t crop, bool flip = false) {
  TrainingOptions options;
  options.batch = 2;
  options.clip_frames = 2;
  options.crop = crop;
  options.flip = flip;
  return options;
}

}  // namespace

TEST_CASE("clip batches: every clip once an epoch, in an order of seed and epoch alone") {
  const Grid grid({4, 4, 4, 4, 4}, {3, 2, 2});
  const ClipBatches batches(grid, {3, 2, 2}, "clips");
  auto options = options_of(1, true);
  CHECK(batches.batches(2) == 3);
  const auto order = [&](std::uint64_t epoch) {
    std::vector<std::uint32_t> labels;
    for (std::size_t b = 0; b < 3; ++b)
      for (const auto label : batches.training(options, epoch, b).label) labels.push_back(label);
    return labels;
  };
  const auto first = order(1);
  CHECK(std::set<std::uint32_t>(first.begin(), first.end()).size() == 5);
  CHECK(order(1) == first);
  CHECK((order(2) != first || order(3) != first));
  CHECK(batches.training(options, 1, 0).pixels == batches.training(options, 1, 0).pixels);
  options.seed = 2;
  CHECK((order(1) != first || order(2) != first));
}

TEST_CASE("clip batches: evaluation takes the first frames and the centre, clips of one length together") {
  const Grid grid({4, 4, 2}, {3, 4, 6});
  const ClipBatches batches(grid, {3, 2, 2}, "clips");
  const auto batch = batches.evaluation(0, 8, 3);
  CHECK(batch.label == std::vector<std::uint32_t>{0, 1});
  CHECK(batch.frames == 3);
  CHECK(byte_of(batch, 0, 0, 0, 0) == 3 * 2 + 30);
  CHECK(byte_of(batch, 2, 1, 1, 2) == 2 + 3 * 3 + 30 * 2 + 60 * 2);
  CHECK(batches.evaluation(2, 8, 3).frames == 2);
  CHECK(batches.evaluation(0, 1, 3).label.size() == 1);
}

TEST_CASE("clip batches: random starts and cuts stay in the clip, borders are repeated, a short clip stands still") {
  const Grid grid({3, 1}, {3, 2, 2});
  const ClipBatches batches(grid, {3, 2, 2}, "clips");
  std::set<int> starts, shifts;
  bool mirrored = false;
  for (std::uint64_t epoch = 1; epoch <= 60; ++epoch) {
    const auto batch = batches.training(options_of(1, true), epoch, 0);
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t frame = 2 * i;
      const int now = byte_of(batch, frame, 0, 0, 0), next = byte_of(batch, frame + 1, 0, 0, 0);
      CHECK(next - now == (batch.label[i] == 0 ? 60 : 0));
      if (batch.label[i] == 0) starts.insert(now / 60);
      shifts.insert(byte_of(batch, frame, 1, 1, 1) - byte_of(batch, frame, 0, 0, 1));
      mirrored = mirrored || byte_of(batch, frame, 0, 0, 0) > byte_of(batch, frame, 0, 1, 0);
    }
  }
  CHECK(starts == std::set<int>{0, 1});
  // right, down or both; a row or column that is repeated gives 0; mirrored: left
  CHECK(shifts == std::set<int>{-3, 0, 3, 27, 30, 33});
  CHECK(mirrored);
  const auto still = batches.training(options_of(0), 1, 0);
  CHECK(byte_of(still, 0, 1, 1, 2) - byte_of(still, 0, 0, 0, 0) == 35);
  auto spread = options_of(0);
  spread.frame_step = 2;
  for (std::uint64_t epoch = 1; epoch < 5; ++epoch) {
    const auto batch = batches.training(spread, epoch, 0);
    const std::size_t i = batch.label[0] == 0 ? 0 : 2;
    CHECK(byte_of(batch, i + 1, 0, 0, 0) - byte_of(batch, i, 0, 0, 0) == 120);
  }
}

TEST_CASE("learning rates: warm-up, steps, cosine") {
  TrainingOptions options;
  options.learning_rate = 1;
  options.epochs = 10;
  options.warm_up = 2;
  options.schedule = Schedule::constant;
  CHECK(scheduled_rate(options, 1, 0) == doctest::Approx(0.01));
  CHECK(scheduled_rate(options, 2, 0) == doctest::Approx(0.51));
  CHECK(scheduled_rate(options, 3, 0) == 1);
  options.warm_up = 0;
  options.schedule = Schedule::step;
  options.step_every = 3;
  CHECK(scheduled_rate(options, 3, 0.9) == 1);
  CHECK(scheduled_rate(options, 4, 0) == doctest::Approx(0.1));
  CHECK(scheduled_rate(options, 7, 0) == doctest::Approx(0.01));
  options.schedule = Schedule::cosine;
  CHECK(scheduled_rate(options, 1, 0) == 1);
  CHECK(scheduled_rate(options, 6, 0) == doctest::Approx(0.5));
  CHECK(scheduled_rate(options, 10, 1) == doctest::Approx(0).epsilon(1e-9));
}
