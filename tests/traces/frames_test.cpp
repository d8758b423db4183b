#include "traces/frames.hpp"

#include "models/error.hpp"
#include "tests/support/temporary_folder.hpp"
#include "traces/atomic_file.hpp"
#include "traces/npy.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>

using namespace deltasim;
using models::Shape;
using traces::Colour;
using traces::FrameOptions;
using traces::open_frames;

namespace {

FrameOptions from(const std::string& path) {
  FrameOptions options;
  options.path = path;
  return options;
}

std::vector<models::Frame> all(traces::Frames& source) {
  std::vector<models::Frame> frames;
  for (models::Frame frame; source.next(frame);) frames.push_back(frame);
  return frames;
}

std::vector<models::Frame> all(const FrameOptions& options, Shape shape) { return all(*open_frames(options, shape)); }

/// n frames of C x H x W with values 0, 1, 2, ...
template <class T>
std::vector<T> counted(std::size_t size) {
  std::vector<T> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<T>(i);
  return values;
}

void write_ppm(const std::string& path, int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  std::string text = "P6\n" + std::to_string(width) + " " + std::to_string(height) + "\n255\n";
  for (int i = 0; i < width * height; ++i) text += {static_cast<char>(r), static_cast<char>(g), static_cast<char>(b)};
  traces::write_file(path, text);
}

std::string message(const FrameOptions& options, Shape shape) {
  try {
    all(options, shape);
  } catch (const models::InputError& error) {
    return std::string(error.what()).substr(options.path.size());
  }
  return "no error";
}

}  // namespace

TEST_CASE("arrays of channels first and last give the same frames, bit for bit, in every type") {
  const test::TemporaryFolder folder;
  const Shape shape{3, 2, 4};
  const std::string first = folder / "first.npy", last = folder / "last.npy";
  const auto check = [&](auto zero) {
    using T = decltype(zero);
    const auto values = counted<T>(2 * shape.size());
    std::vector<T> channels_last(values.size());
    for (std::size_t n = 0; n < 2; ++n)
      for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t p = 0; p < 8; ++p) channels_last[n * 24 + p * 3 + c] = values[n * 24 + c * 8 + p];
    traces::write_npy(first, values, {2, 3, 2, 4});
    traces::write_npy(last, channels_last, {2, 2, 4, 3});
    const auto a = all(from(first), shape), b = all(from(last), shape);
    REQUIRE(a.size() == 2);
    REQUIRE(b.size() == 2);
    for (std::size_t n = 0; n < 2; ++n)
      for (std::size_t i = 0; i < shape.size(); ++i) {
        CHECK(a[n].values[i] == static_cast<float>(values[n * 24 + i]));
        CHECK(b[n].values[i] == a[n].values[i]);
      }
  };
  check(std::uint8_t{});
  check(std::int32_t{});
  check(std::int64_t{});
  check(float{});
  check(double{});
}

TEST_CASE("an array whose layout cannot be known asks for it") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "a.npy");
  traces::write_npy(options.path, counted<std::uint8_t>(27), {1, 3, 3, 3});
  CHECK(message(options, {3, 3, 3}) ==
        ": header: frames of 3 x 3 x 3 can be C x H x W or H x W x C; set layout to nchw or nhwc");
  options.layout = traces::Layout::nchw;
  CHECK(all(options, {3, 3, 3})[0].values[1] == 1);
  options.layout = traces::Layout::nhwc;
  CHECK(all(options, {3, 3, 3})[0].values[1] == 3);
}

TEST_CASE("arrays without channels and of vectors") {
  const test::TemporaryFolder folder;
  const FrameOptions options = from(folder / "a.npy");
  traces::write_npy(options.path, counted<float>(12), {2, 2, 3});
  CHECK(all(options, {1, 2, 3})[1].values == std::vector<float>{6, 7, 8, 9, 10, 11});
  traces::write_npy(options.path, counted<float>(12), {2, 6});
  CHECK(all(options, {6, 1, 1})[1].values == std::vector<float>{6, 7, 8, 9, 10, 11});
  CHECK(all(options, {1, 2, 3})[1].values == std::vector<float>{6, 7, 8, 9, 10, 11});
}

TEST_CASE("a pixel becomes (pixel - mean) * scale / denominator, in double") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "a.npy");
  traces::write_npy(options.path, counted<std::uint8_t>(256 * 3), {256, 3, 1, 1});
  options.mean = {127.5};
  options.scale = {128};
  options.denominator = 255;
  const auto frames = all(options, {3, 1, 1});
  for (std::size_t i = 0; i < 256; ++i) {
    const double pixel = (3 * i + 1) % 256;
    CHECK(frames[i].values[1] == static_cast<float>((pixel - 127.5) * 128 / 255));
  }
  options.mean = {1, 2, 3};
  options.scale = {10, 100, 1000};
  options.denominator = 1;
  CHECK(all(options, {3, 1, 1})[1].values == std::vector<float>{20, 200, 2000});
  options.colour = Colour::bgr;  // mean and scale follow the network's order
  CHECK(all(options, {3, 1, 1})[1].values == std::vector<float>{40, 200, 0});
  options.mean = {1, 2};
  CHECK(message(options, {3, 1, 1}) == ": mean: 2 values for 3 channels; give one value or 3");
}

TEST_CASE("frames are selected, counted and labelled by their place in the source") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "a.npy");
  traces::write_npy(options.path, counted<std::uint8_t>(10), {10, 1, 1, 1});
  options.labels = folder / "labels.csv";
  std::string text = "frame,class\n";
  for (int i = 0; i < 10; ++i) text += std::to_string(i) + "," + std::to_string(100 + i) + "\n";
  traces::write_file(options.labels, text);
  options.first_frame = 1;
  options.frame_step = 3;
  const auto source = open_frames(options, {1, 1, 1});
  CHECK(source->frame_count() == 3u);
  CHECK(source->frame_rate() == 10.0);
  CHECK(source->frame_rate_assumed());
  for (const char* round : {"first", "after rewinding"}) {
    CAPTURE(round);
    const auto frames = all(*source);
    REQUIRE(frames.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(frames[i].values[0] == 1 + 3 * i);
      CHECK(frames[i].label == 101 + 3 * i);
    }
    source->rewind();
  }
  options.frames = 2;
  options.frame_rate = 24;
  CHECK(open_frames(options, {1, 1, 1})->frame_count() == 2u);
  CHECK(open_frames(options, {1, 1, 1})->frame_rate() == 8.0);
  CHECK_FALSE(open_frames(options, {1, 1, 1})->frame_rate_assumed());
  CHECK(all(options, {1, 1, 1}).size() == 2);
  options.labels.clear();
  options.label = 7;
  CHECK(all(options, {1, 1, 1})[1].label == 7u);
}

TEST_CASE("labels in other forms, and bad ones") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "a.npy");
  traces::write_npy(options.path, counted<std::uint8_t>(2), {2, 1, 1, 1});
  options.labels = folder / "l.npy";
  traces::write_npy(options.labels, std::vector<std::int64_t>{4, 5}, {2});
  CHECK(all(options, {1, 1, 1})[1].label == 5u);
  const auto refused = [&](const std::string& text) {
    try {
      all(options, {1, 1, 1});
    } catch (const models::InputError& error) {
      CHECK(std::string(error.what()) == options.labels + text);
      return;
    }
    FAIL("no error");
  };
  traces::write_npy(options.labels, std::vector<std::int64_t>{4, -5}, {2});
  refused(": element 1: -5 is not a class index; whole numbers from 0");
  options.labels = folder / "l.txt";
  traces::write_file(options.labels, "3\n");
  refused(": has 1 labels, frame 1 has none; a label for every frame of the source");
  traces::write_file(options.labels, "3\ncat\n");
  refused(": line 2: 'cat' does not end in a class index; a whole number from 0 as the last field");
}

TEST_CASE("folders of images are read in natural order and fitted to the network") {
  const test::TemporaryFolder folder;
  const FrameOptions options = from(folder / "");
  for (int i = 1; i <= 11; ++i)
    write_ppm(folder / ("f" + std::to_string(i) + ".ppm"), 8, 6, static_cast<std::uint8_t>(10 * i), 5, 250);
  traces::write_file(folder / "notes.txt", "not an image");
  const auto source = open_frames(options, {3, 3, 4});
  CHECK(source->frame_count() == 11u);
  CHECK(source->frame_rate_assumed());
  CHECK(source->source().find("folder of 11 images") != std::string::npos);
  const auto frames = all(*source);
  for (int i = 0; i < 11; ++i) {
    CHECK(frames[i].values.front() == 10 * (i + 1));
    CHECK(frames[i].values[12] == 5);
    CHECK(frames[i].values.back() == 250);
  }
  const auto gray = all(options, {1, 3, 4});
  CHECK(gray[0].values[0] == 34);  // 0.299 * 10 + 0.587 * 5 + 0.114 * 250 = 34.4
  FrameOptions bgr = options;
  bgr.colour = Colour::bgr;
  CHECK(all(bgr, {3, 3, 4})[0].values.front() == 250);
}

TEST_CASE("images of several sizes need a resize that says so") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "");
  write_ppm(folder / "1.ppm", 8, 6, 1, 2, 3);
  write_ppm(folder / "2.ppm", 4, 6, 1, 2, 3);
  CHECK(message(options, {3, 3, 4}) ==
        ": frame 1: is 4 x 6 pixels (width x height), frames before it were 8 x 6; frames of one size, or set resize");
  options.resize = traces::Size{4, 3};
  CHECK(all(options, {3, 3, 4}).size() == 2);
}

TEST_CASE("crops: centred to the target's proportions, or a rectangle") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "a.npy");
  traces::write_npy(options.path, counted<std::uint8_t>(4 * 8), {1, 1, 4, 8});  // pixel = 8 y + x
  options.crop.kind = traces::CropKind::center;
  CHECK(all(options, {1, 4, 4})[0].values[0] == 2);
  CHECK(all(options, {1, 4, 4})[0].values[15] == 29);
  options.crop = {traces::CropKind::rectangle, 5, 1, 2, 3};
  CHECK(all(options, {1, 3, 2})[0].values == std::vector<float>{13, 14, 21, 22, 29, 30});
  options.crop = {traces::CropKind::rectangle, 7, 1, 2, 3};
  CHECK(message(options, {1, 3, 2}) ==
        ": crop: 2 x 3 at (7, 1) does not lie in the picture; choose a part of 8 x 4 pixels (width x height)");
}

TEST_CASE("arrays are resized only where it is asked for") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "a.npy");
  traces::write_npy(options.path, counted<float>(16), {1, 1, 4, 4});
  CHECK(
      message(options, {1, 2, 2}) ==
      ": header: shape (1 x 1 x 4 x 4) does not fit the network's input; expected frames x 1 x 2 x 2, or frames x 2 x "
      "2 x 1 (set resize for another height and width)");
  options.resize = traces::Size{2, 2};
  CHECK(all(options, {1, 2, 2})[0].values == std::vector<float>{2.5, 4.5, 10.5, 12.5});
  options.resize = traces::Size{2, 3};
  CHECK(message(options, {1, 2, 2}) ==
        ": resize: 2 x 3 pixels (width x height) is not the network's input of 2 x 2; leave resize out: pictures are "
        "fitted to the network");
}

TEST_CASE("an open network input takes the source's size") {
  const test::TemporaryFolder folder;
  write_ppm(folder / "1.ppm", 8, 6, 1, 2, 3);
  CHECK(open_frames(from(folder / ""), {})->shape() == Shape{3, 6, 8});
  CHECK(open_frames(from(folder / ""), {1, 0, 0})->shape() == Shape{1, 6, 8});
}

TEST_CASE("bad frame sources are refused with file, place, fault and remedy") {
  const test::TemporaryFolder folder;
  FrameOptions options = from(folder / "missing.avi");
  CHECK(message(options, {3, 8, 8}) == ": no such file; a video, a folder of images or an .npy file");
  options.path = folder / "";
  CHECK(message(options, {3, 8, 8}) ==
        ": is a folder without images; files named *.png, *.jpg, *.bmp, *.ppm, *.tif or *.webp");
  options.path = folder / "a.npy";
  traces::write_npy(options.path, std::vector<float>{1, NAN}, {2, 1, 1, 1});
  CHECK(message(options, {1, 1, 1}) == ": frame 1: has a value that is NaN or infinite; finite values in every frame");
  options.first_frame = 2;
  CHECK(message(options, {1, 1, 1}) == ": first_frame: 2 is beyond the end: there are 2 frames; a number below 2");
  options.first_frame = 0;
  options.frame_step = 0;
  CHECK(message(options, {1, 1, 1}) == ": frame_step: is 0; 1 for every frame, 2 for every second one");
  options.frame_step = 1;
  traces::write_npy(options.path, std::vector<float>{}, {0, 1, 1, 1});
  CHECK(message(options, {1, 1, 1}) == ": has no frames; a source with at least one frame");
  options.path = folder / "1.ppm";
  write_ppm(options.path, 8, 8, 1, 2, 3);
  CHECK(message(options, {2, 8, 8}) ==
        ": pictures cannot feed an input of 2 channels; an input of 3 channels (rgb, bgr) or 1 (gray)");
  options.colour = Colour::gray;
  CHECK(message(options, {3, 8, 8}) ==
        ": colour: gives 1 channel, the network's input has 3; frames with as many channels as the network's input");
}
