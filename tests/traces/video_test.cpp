#include "models/error.hpp"
#include "tests/support/data.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/traces/film.hpp"
#include "traces/atomic_file.hpp"
#include "traces/frames.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

using namespace deltasim;
using models::Shape;
using traces::FrameOptions;
using traces::open_frames;

namespace {

FrameOptions from(const std::string& path) {
  FrameOptions options;
  options.path = path;
  return options;
}

std::vector<std::vector<float>> all(traces::Frames& source) {
  std::vector<std::vector<float>> frames;
  for (models::Frame frame; source.next(frame);) frames.push_back(frame.values);
  return frames;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string message(const FrameOptions& options, Shape shape = {3, 32, 48}) {
  try {
    all(*open_frames(options, shape));
  } catch (const models::InputError& error) {
    return error.what();
  }
  return "no error";
}

/// Television range: what a luma sample becomes as a gray pixel.
float gray(std::uint8_t luma) { return std::round((luma - 16) * 255.0f / 219.0f); }

}  // namespace

TEST_CASE("a lossless film comes back pixel by pixel") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "film.avi";
  test::write_film(path, "ffv1", 48, 32, 20, 25, 1);
  const auto source = open_frames(from(path), {3, 32, 48});
  CHECK(source->frame_rate() == 25.0);
  CHECK_FALSE(source->frame_rate_assumed());
  CHECK(source->frame_count() == 20u);
  CHECK(source->source().find("film.avi (ffv1, 48 x 32, ") == 0);
  const auto frames = all(*source);
  REQUIRE(frames.size() == 20);
  for (int t = 0; t < 20; ++t)
    for (int c = 0; c < 3; ++c)
      for (int i = 0; i < 48 * 32; ++i) REQUIRE(frames[t][c * 48 * 32 + i] == gray(test::film_luma(t, i % 48, i / 48)));
}

TEST_CASE("rewind gives exactly the same frames, in every codec and at every point") {
  const test::TemporaryFolder folder;
  for (const char* codec : {"ffv1", "mjpeg", "mpeg4"}) {
    const std::string path = folder / "film.avi";
    test::write_film(path, codec, 48, 32, 15, 30000, 1001);
    FrameOptions options = from(path);
    options.first_frame = 2;
    const auto source = open_frames(options, {3, 16, 16});
    CHECK(source->frame_rate() == doctest::Approx(30000.0 / 1001));
    const auto frames = all(*source);
    CHECK(frames.size() == 13);
    source->rewind();
    CHECK(all(*source) == frames);
    source->rewind();
    models::Frame frame;
    for (int i = 0; i < 5; ++i) source->next(frame);
    source->rewind();
    source->rewind();
    CHECK(all(*source) == frames);
  }
}

TEST_CASE("frame step, first frame and limit choose among the film's frames") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "film.mp4";
  test::write_film(path, "mpeg4", 48, 32, 20, 20, 1);
  const auto every = all(*open_frames(from(path), {3, 32, 48}));
  FrameOptions options = from(path);
  options.first_frame = 3;
  options.frame_step = 4;
  const auto source = open_frames(options, {3, 32, 48});
  CHECK(source->frame_rate() == 5.0);
  CHECK(source->frame_count() == 5u);
  const auto some = all(*source);
  REQUIRE(some.size() == 5);
  for (int i = 0; i < 5; ++i) CHECK(some[i] == every[3 + 4 * i]);
  options.frames = 2;
  CHECK(all(*open_frames(options, {3, 32, 48})).size() == 2);
}

TEST_CASE("crop and resize of a film agree with the same on its full frames") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "film.avi";
  test::write_film(path, "ffv1", 48, 32, 3, 10, 1);
  FrameOptions options = from(path);
  options.crop = {traces::CropKind::rectangle, 6, 4, 24, 16};
  const auto frames = all(*open_frames(options, {1, 8, 12}));  // boxes of 2 x 2
  for (int t = 0; t < 3; ++t)
    for (int i = 0; i < 96; ++i) {
      const int x = 6 + 2 * (i % 12), y = 4 + 2 * (i / 12);
      float sum = 0;
      for (int k = 0; k < 4; ++k) sum += gray(test::film_luma(t, x + k % 2, y + k / 2));
      CHECK(frames[t][i] == std::floor(sum / 4 + 0.5f));
    }
}

TEST_CASE("damaged, truncated and empty films are refused, not guessed") {
  const test::TemporaryFolder folder;
  const std::string whole = folder / "whole.avi", path = folder / "cut.avi";
  test::write_film(whole, "ffv1", 48, 32, 40, 25, 1);
  const std::string bytes = bytes_of(whole);
  traces::write_file(path, bytes.substr(0, bytes.size() / 2));
  const std::string cut = message(from(path));
  CHECK_MESSAGE(cut.find(path + ": frame ") == 0, cut);
  CHECK_MESSAGE(cut.find("truncated") != std::string::npos, cut);
  traces::write_file(path, "this is no film, it is a text");
  CHECK(message(from(path)).find(path + ": is not a video or image, or is truncated (Invalid data found") == 0);
  traces::write_file(path, "");
  CHECK(message(from(path)).find(path + ": is not a video or image, or is truncated (") == 0);
  test::write_film(path, "mpeg4", 48, 32, 0, 25, 1);
  CHECK(message(from(path)) == path + ": has no frames; a source with at least one frame");
  FrameOptions late = from(whole);
  late.first_frame = 40;
  CHECK(message(late) == whole + ": first_frame: 40 is beyond the end: there are 40 frames; a number below 40");
}

TEST_CASE("an MP4 that lost its end says so") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "cut.mp4";
  test::write_film(path, "mpeg4", 48, 32, 40, 25, 1);
  const std::string bytes = bytes_of(path);
  traces::write_file(path, bytes.substr(0, bytes.size() / 2));  // the index stands at the end
  CHECK(message(from(path)) ==
        path +
            ": is not a video or image, or is truncated (Invalid data found when processing input: moov atom not "
            "found); a complete file in a format that FFmpeg reads");
}

TEST_CASE("real clips have the frames and rates that are known of them") {
  struct Clip {
    const char* name;
    std::size_t frames;
    double rate;
  };
  for (const Clip& clip : {Clip{"v_SoccerJuggling_g23_c01.avi", 240, 29.97},
                           {"v_SoccerJuggling_g24_c01.avi", 251, 29.97},
                           {"v_ApplyEyeMakeup_test.avi", 164, 25},
                           {"intel_one-by-one-person-detection.mp4", 1394, 10},
                           {"intel_car-detection.mp4", 377, 12.5},
                           {"vtest_480x360.avi", 795, 10},
                           {"udacity_solidWhiteRight.mp4", 221, 25}}) {
    const auto path = test::data_file(std::string("videos/") + clip.name);
    if (!path) {
      MESSAGE("skipped: ", clip.name, " is not there");
      continue;
    }
    FrameOptions options = from(*path);
    options.frame_step = 20;  // all are decoded, few are converted
    const auto source = open_frames(options, {3, 24, 32});
    CHECK(source->frame_rate() * 20 == doctest::Approx(clip.rate).epsilon(1e-4));
    options.frame_step = 1;
    CHECK(open_frames(options, {3, 24, 32})->frame_count() == clip.frames);
    CHECK_MESSAGE(all(*source).size() == (clip.frames + 19) / 20, clip.name);
  }
}
