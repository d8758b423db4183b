#include "traces/rendered.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim;
using traces::ObjectClass;
using traces::RenderOptions;

namespace {

/// FNV-1a over the frames' bytes.
std::uint64_t digest(const std::vector<models::Frame>& frames) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const auto& frame : frames) {
    for (const float value : frame.values) {
      hash = (hash ^ static_cast<std::uint8_t>(value)) * 0x100000001b3u;
    }
  }
  return hash;
}

std::vector<models::Frame> clip(const RenderOptions& options) {
  traces::RenderedClip source(options);
  std::vector<models::Frame> frames;
  for (models::Frame frame; source.next(frame);) frames.push_back(frame);
  return frames;
}

RenderOptions small(double noise, double camera_motion = 0.0) {
  RenderOptions options;
  options.width = 48;
  options.height = 40;
  options.frames = 6;
  options.noise = noise;
  options.camera_motion = camera_motion;
  return options;
}

/// Share of the values that differ between two frames.
double changed(const models::Frame& a, const models::Frame& b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) count += a.values[i] != b.values[i];
  return static_cast<double>(count) / static_cast<double>(a.values.size());
}

}  // namespace

TEST_CASE("a rendered clip has the same bytes everywhere") {
  CHECK(digest(clip(small(0.0))) == 17245550363548887042u);
  CHECK(digest(clip(small(1.5))) == 901297960602761006u);
  CHECK(digest(clip(small(1.5, 2.0))) == 9270803796608186987u);
}

TEST_CASE("a rendered clip has the promised shape, length and bytes") {
  traces::RenderedClip source(small(2.0));
  CHECK(source.shape() == models::Shape{3, 40, 48});
  CHECK(source.frame_rate() == 30.0);
  const auto frames = clip(small(2.0));
  REQUIRE(frames.size() == 6);
  for (const auto& frame : frames) {
    REQUIRE(frame.values.size() == 3 * 40 * 48);
    bool bytes = true;
    for (const float value : frame.values) bytes = bytes && value >= 0 && value <= 255 && value == std::floor(value);
    CHECK(bytes);
  }
}

TEST_CASE("rewinding a rendered clip gives the same frames again") {
  traces::RenderedClip source(small(1.0, 1.0));
  models::Frame first, second, again;
  REQUIRE(source.next(first));
  REQUIRE(source.next(second));
  source.rewind();
  REQUIRE(source.next(again));
  CHECK(again.values == first.values);
  CHECK(second.values != first.values);
}

TEST_CASE("frame n does not depend on the clip's length") {
  RenderOptions longer = small(1.0, 1.0);
  longer.frames = 9;
  CHECK(clip(longer)[5].values == clip(small(1.0, 1.0))[5].values);
}

TEST_CASE("labels are the class of the main object, and can be left out") {
  for (std::uint32_t i = 0; i < traces::object_classes; ++i) {
    for (const auto& frame : traces::render_clip(small(1.0), 5, static_cast<ObjectClass>(i))) CHECK(frame.label == i);
  }
  RenderOptions unlabelled = small(1.0);
  unlabelled.labels = false;
  for (const auto& frame : clip(unlabelled)) CHECK_FALSE(frame.label.has_value());
}

TEST_CASE("class `any` is chosen by the seed, and every class comes up") {
  std::vector<bool> seen(traces::object_classes, false);
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RenderOptions options = small(0.0);
    options.seed = seed;
    seen[static_cast<std::size_t>(traces::RenderedClip(options).object())] = true;
  }
  CHECK(seen == std::vector<bool>(traces::object_classes, true));
}

TEST_CASE("a cut shows another scene, rewinding goes back to the first") {
  RenderOptions options = small(0.0);
  options.scene_frames = 2;
  const auto cut = clip(options);
  REQUIRE(cut.size() == 6);
  const auto whole = clip(small(0.0));
  CHECK(cut[0].values == whole[0].values);
  CHECK(cut[1].values == whole[1].values);
  CHECK(changed(cut[1], cut[2]) > 0.9);
  CHECK(changed(cut[2], cut[3]) < 0.4);
  traces::RenderedClip source(options);
  models::Frame frame;
  for (int i = 0; i < 5; ++i) REQUIRE(source.next(frame));
  source.rewind();
  REQUIRE(source.next(frame));
  CHECK(frame.values == cut[0].values);
}

TEST_CASE("with a still camera and no noise only the objects change, resting objects change nothing") {
  const auto moving = clip(small(0.0));
  const double share = changed(moving[0], moving[1]);
  CHECK(share > 0.01);
  CHECK(share < 0.4);
  RenderOptions resting = small(0.0);
  resting.speed = 0.0;
  const auto frames = clip(resting);
  CHECK(changed(frames[0], frames[5]) == 0.0);
}

TEST_CASE("a moving camera changes most of the picture") {
  const auto frames = clip(small(0.0, 2.0));
  CHECK(changed(frames[0], frames[1]) > 0.7);
}

TEST_CASE("objects move by fractions of a pixel: no change from frame to frame is abrupt everywhere") {
  RenderOptions slow = small(0.0);
  slow.speed = 0.1;
  const auto frames = clip(slow);
  double largest = 0.0;
  for (std::size_t i = 0; i < frames[0].values.size(); ++i) {
    largest = std::max(largest, std::abs(double{frames[1].values[i]} - frames[0].values[i]));
  }
  CHECK(largest > 0.0);
  CHECK(largest < 60.0);  // an aliased edge would jump by the whole contrast
}

TEST_CASE("sensor noise has the standard deviation asked for, no mean, and is fresh in every frame") {
  RenderOptions quiet = small(0.0);
  quiet.speed = 0.0;
  quiet.frames = 2;
  RenderOptions noisy = quiet;
  noisy.noise = 4.0;
  const auto clean = clip(quiet);
  const auto frames = clip(noisy);
  double sum = 0.0, squares = 0.0, between = 0.0;
  const std::size_t n = clean[0].values.size();
  for (std::size_t i = 0; i < n; ++i) {
    const double d = frames[0].values[i] - clean[0].values[i];
    const double e = frames[1].values[i] - clean[1].values[i];
    sum += d;
    squares += d * d;
    between += d * e;
  }
  const auto count = static_cast<double>(n);
  CHECK(std::abs(sum / count) < 0.2);  // 4 sigma of the mean of 5760 values is 0.21
  CHECK(std::sqrt(squares / count) == doctest::Approx(4.0).epsilon(0.04));
  CHECK(std::abs(between / count) < 1.0);  // independent frames: 16 / sqrt(5760) = 0.21
}

TEST_CASE("the integer sine is a sine") {
  for (std::uint32_t angle = 0; angle < 65536; angle += 97) {
    const double exact = std::sin(angle * 6.283185307179586 / 65536.0);
    CHECK(static_cast<double>(traces::sine_q14(static_cast<std::uint16_t>(angle))) / 16384.0 ==
          doctest::Approx(exact).epsilon(0.002).scale(1.0));
  }
}

TEST_CASE("objects fit into 1.25 radii, and cover what their formulas say") {
  const double expected[] = {3.1416, 2.191, 2.823, 1.87, 2.15, 0.0};  // the star has no short formula
  for (std::uint32_t i = 0; i < traces::object_classes; ++i) {
    const auto object = static_cast<ObjectClass>(i);
    std::size_t covered = 0, outside = 0;
    for (std::int64_t v = -8192; v < 8192; v += 32) {
      for (std::int64_t u = -8192; u < 8192; u += 32) {
        const bool in = traces::inside(object, u, v);
        covered += in;
        outside += in && u * u + v * v > 5120 * 5120;
      }
    }
    CHECK(outside == 0);
    const double area = static_cast<double>(covered) * 32.0 * 32.0 / (4096.0 * 4096.0);
    if (expected[i] > 0) CHECK(area == doctest::Approx(expected[i]).epsilon(0.02));
    CHECK(area > 0.9);
  }
}
