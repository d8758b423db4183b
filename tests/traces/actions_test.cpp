#include "traces/actions.hpp"

#include "models/error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <set>
#include <thread>

using namespace deltasim;
using traces::ActionClasses;
using traces::ActionInput;
using traces::ActionOptions;
using traces::RenderedActions;
using traces::Split;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// FNV-1a.
std::uint64_t digest(const Bytes& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const auto byte : bytes) hash = (hash ^ byte) * 0x100000001b3u;
  return hash;
}

ActionOptions small() {
  ActionOptions options;
  options.width = 40;
  options.height = 32;
  options.frames = 6;
  return options;
}

Bytes frames(const RenderedActions& clips, std::size_t clip, std::uint32_t first, std::uint32_t count) {
  Bytes bytes(count * clips.shape().size());
  clips.read(clip, first, count, bytes.data());
  return bytes;
}

Bytes whole(const RenderedActions& clips, std::size_t clip) { return frames(clips, clip, 0, clips.info(clip).frames); }

/// Share of the values of a clip that differ from the frame before.
double changed(const RenderedActions& clips, std::size_t clip) {
  const Bytes all = whole(clips, clip);
  const std::size_t frame = clips.shape().size();
  std::size_t count = 0;
  for (std::size_t i = frame; i < all.size(); ++i) count += all[i] != all[i - frame];
  return static_cast<double>(count) / static_cast<double>(all.size() - frame);
}

}  // namespace

TEST_CASE("actions: the same clip has the same bytes everywhere") {
  const RenderedActions train(small(), Split::train, 32), test(small(), Split::test, 32);
  Bytes all;
  for (std::size_t clip = 0; clip < 32; ++clip) {
    const Bytes one = whole(train, clip);
    all.insert(all.end(), one.begin(), one.end());
  }
  CHECK(digest(all) == 4355407281230347277u);
  CHECK(digest(whole(test, 3)) == 8502841485175396508u);
}

TEST_CASE("actions: a frame does not depend on how it is read, on the memory or on the number of clips") {
  const RenderedActions kept(small(), Split::train, 20), fresh(small(), Split::train, 40, 0);
  for (const std::size_t clip : {0u, 5u, 19u}) {
    const Bytes all = whole(kept, clip);
    const std::size_t frame = kept.shape().size();
    CHECK(whole(fresh, clip) == all);
    CHECK(frames(fresh, clip, 4, 2) == Bytes(all.begin() + 4 * frame, all.end()));
    CHECK(frames(kept, clip, 4, 2) == Bytes(all.begin() + 4 * frame, all.end()));
  }
}

TEST_CASE("actions: several threads read the same bytes as one") {
  const RenderedActions one(small(), Split::train, 16), many(small(), Split::train, 16);
  std::vector<std::vector<Bytes>> read(4, std::vector<Bytes>(16));
  std::vector<std::thread> threads;
  for (auto& own : read)
    threads.emplace_back([&many, &own] {
      for (std::size_t clip = 0; clip < 16; ++clip) own[clip] = whole(many, clip);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& own : read)
    for (std::size_t clip = 0; clip < 16; ++clip) CHECK(own[clip] == whole(one, clip));
}

TEST_CASE("actions: the classes take turns, and their number is the option's") {
  CHECK(traces::action_classes(ActionClasses::all).size() == 16);
  CHECK(traces::action_classes(ActionClasses::appearance).size() == 12);
  CHECK(traces::action_classes(ActionClasses::motion) == std::vector<std::string>{"sway", "bounce", "spin", "pulse"});
  for (const auto classes : {ActionClasses::all, ActionClasses::appearance, ActionClasses::motion}) {
    ActionOptions options = small();
    options.classes = classes;
    const RenderedActions clips(options, Split::test, 48);
    std::map<std::uint32_t, int> counts;
    for (std::size_t i = 0; i < clips.size(); ++i) {
      CHECK(clips.info(i).label == clips.attributes(i).label);
      ++counts[clips.info(i).label];
    }
    CHECK(counts.size() == clips.classes().size());
    for (const auto& [label, count] : counts) CHECK(count == static_cast<int>(48 / clips.classes().size()));
  }
}

TEST_CASE("actions: no clip of one split is in the other, and other seeds give other clips") {
  ActionOptions other = small();
  other.seed = 2;
  std::set<std::uint64_t> seen;
  for (const auto& options : {small(), other})
    for (const auto split : {Split::train, Split::test}) {
      const RenderedActions clips(options, split, 32);
      for (std::size_t i = 0; i < 32; ++i) seen.insert(digest(whole(clips, i)));
    }
  CHECK(seen.size() == 4 * 32);
}

TEST_CASE("actions: attributes say what is seen: camera and noise") {
  ActionOptions options = small();
  options.least_noise = options.most_noise = 0.0;
  options.moving_cameras = 0.5;
  const RenderedActions clips(options, Split::train, 64);
  std::size_t moving = 0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    CHECK(clips.attributes(i).noise == 0.0);
    moving += clips.attributes(i).moving_camera;
    if (!clips.attributes(i).moving_camera) CHECK(changed(clips, i) < 0.75);
  }
  CHECK(moving > 20);
  CHECK(moving < 44);
  options.moving_cameras = 0.0;
  const RenderedActions still(options, Split::train, 64);
  options.moving_cameras = 1.0;
  const RenderedActions panned(options, Split::train, 64);
  double at_rest = 0.0, in_motion = 0.0;
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK_FALSE(still.attributes(i).moving_camera);
    CHECK(panned.attributes(i).moving_camera);
    at_rest += changed(still, i) / 64;
    in_motion += changed(panned, i) / 64;
  }
  CHECK(at_rest < 0.25);
  CHECK(in_motion > 0.5);
}

TEST_CASE("actions: noise lies in its range and is spread over it") {
  ActionOptions options = small();
  options.least_noise = 1.0;
  options.most_noise = 2.0;
  const RenderedActions clips(options, Split::train, 200);
  double sum = 0.0;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    CHECK(clips.attributes(i).noise >= 1.0);
    CHECK(clips.attributes(i).noise <= 2.0);
    sum += clips.attributes(i).noise;
  }
  CHECK(sum / 200 == doctest::Approx(1.5).epsilon(0.05));  // 3 sigma of the mean: 0.06
}

TEST_CASE("actions: the classes that motion tells show the same objects") {
  ActionOptions options = small();
  options.classes = ActionClasses::motion;
  const RenderedActions clips(options, Split::train, 4000);
  std::map<std::string, std::array<double, 4>> outlines, surfaces;
  std::array<double, 4> radius{};
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto& known = clips.attributes(i);
    outlines[known.outline][known.label] += 0.001;
    surfaces[known.surface][known.label] += 0.001;
    radius[known.label] += known.radius / 1000;
  }
  CHECK(outlines.size() == 7);
  CHECK(surfaces.size() == 5);
  for (std::size_t label = 0; label < 4; ++label) {
    // 4 sigma of 1000 draws at 1/7 and 1/5: 0.04, 0.05
    for (const auto& [name, share] : outlines) CHECK(share[label] == doctest::Approx(1.0 / 7).epsilon(0.045).scale(1));
    for (const auto& [name, share] : surfaces) CHECK(share[label] == doctest::Approx(1.0 / 5).epsilon(0.05).scale(1));
    CHECK(radius[label] == doctest::Approx(0.265).epsilon(0.02));
  }
}

TEST_CASE("actions: another frame rate shows the same motion in other steps") {
  ActionOptions slow = small();
  slow.least_noise = slow.most_noise = 0.0;
  slow.exposure = 0.0;
  slow.frame_rate = 15.0;
  ActionOptions fast = slow;
  fast.frame_rate = 30.0;
  fast.frames = 12;
  const RenderedActions half(slow, Split::test, 32), full(fast, Split::test, 32);
  for (std::size_t clip = 0; clip < 32; ++clip)
    for (std::uint32_t i = 0; i < 6; ++i) CHECK(frames(half, clip, i, 1) == frames(full, clip, 2 * i, 1));
}

TEST_CASE("actions: an open shutter blurs what moves and nothing else") {
  ActionOptions sharp = small();
  sharp.classes = ActionClasses::motion;
  sharp.least_noise = sharp.most_noise = sharp.moving_cameras = sharp.exposure = 0.0;
  ActionOptions blurred = sharp;
  blurred.exposure = 1.0;
  const RenderedActions a(sharp, Split::train, 16), b(blurred, Split::train, 16);
  for (std::size_t clip = 0; clip < 16; ++clip) {
    const Bytes x = frames(a, clip, 2, 1), y = frames(b, clip, 2, 1);
    std::size_t differ = 0;
    for (std::size_t i = 0; i < x.size(); ++i) differ += x[i] != y[i];
    CHECK(differ > x.size() / 500);
    CHECK(differ < x.size() / 2);
  }
}

TEST_CASE("actions: as the input of a run they are the same bytes, clip after clip, with their labels") {
  ActionInput input;
  static_cast<ActionOptions&>(input) = small();
  input.first_clip = 14;
  input.clips = 3;
  const RenderedActions clips(small(), Split::test, 20);
  traces::ActionFrames source(input);
  CHECK(source.shape() == clips.shape());
  CHECK(source.frame_rate() == 30.0);
  for (int round = 0; round < 2; ++round) {
    models::Frame frame;
    for (std::size_t clip = 14; clip < 17; ++clip)
      for (std::uint32_t i = 0; i < 6; ++i) {
        REQUIRE(source.next(frame));
        const Bytes bytes = frames(clips, clip, i, 1);
        CHECK(frame.values == std::vector<float>(bytes.begin(), bytes.end()));
        CHECK(frame.label == clips.info(clip).label);
      }
    CHECK_FALSE(source.next(frame));
    source.rewind();
  }
}

TEST_CASE("actions: frames that are not there and ranges that are empty are the user's fault") {
  const RenderedActions clips(small(), Split::test, 2);
  std::uint8_t byte = 0;
  CHECK_THROWS_WITH_AS(clips.read(1, 3, 4, &byte),
                       "rendered test clip 1 (ring): frames 3 to 7: are not all there; the clip has 6 frames",
                       models::InputError);
  ActionOptions wrong = small();
  wrong.least_noise = 4.0;
  CHECK_THROWS_WITH_AS(RenderedActions(wrong, Split::test, 2),
                       "rendered actions: least_noise: is 4; at most 1.3 (most_noise)", models::InputError);
}
