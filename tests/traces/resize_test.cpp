#include "traces/resize.hpp"

#include "traces/natural_order.hpp"
#include "traces/yuv.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace deltasim::traces;

namespace {

Raster bytes(std::uint32_t width, std::uint32_t height, std::uint32_t channels = 1) {
  Raster raster;
  raster.width = width;
  raster.height = height;
  raster.channels = channels;
  raster.bytes.resize(raster.size());
  return raster;
}

Raster whole(const Raster& raster, Size to, Filter filter) {
  return resize(raster, {0, 0, raster.width, raster.height}, to, filter);
}

}  // namespace

TEST_CASE("a constant picture stays constant at every size and filter") {
  for (const std::uint8_t value : {0, 1, 77, 254, 255}) {
    Raster raster = bytes(13, 7, 3);
    std::fill(raster.bytes.begin(), raster.bytes.end(), value);
    for (const Filter filter : {Filter::area, Filter::bilinear, Filter::nearest})
      for (const Size size : {Size{1, 1}, Size{5, 6}, Size{13, 7}, Size{40, 3}, Size{31, 22}}) {
        const Raster out = whole(raster, size, filter);
        REQUIRE(out.bytes.size() == std::size_t{3} * size.width * size.height);
        for (const std::uint8_t pixel : out.bytes) CHECK(pixel == value);
      }
  }
}

TEST_CASE("the same size gives the same picture") {
  Raster raster = bytes(9, 5, 3);
  for (std::size_t i = 0; i < raster.bytes.size(); ++i) raster.bytes[i] = static_cast<std::uint8_t>(i * 37);
  for (const Filter filter : {Filter::area, Filter::bilinear, Filter::nearest})
    CHECK(whole(raster, {9, 5}, filter).bytes == raster.bytes);
}

TEST_CASE("area at an integer factor is the mean of the box, rounded half up") {
  std::mt19937 random(1);
  Raster raster = bytes(12, 8);
  for (auto& pixel : raster.bytes) pixel = static_cast<std::uint8_t>(random());
  const Raster out = whole(raster, {4, 4}, Filter::area);  // boxes of 3 x 2
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 4; ++x) {
      int sum = 0;
      for (int i = 0; i < 6; ++i) sum += raster.bytes[(2 * y + i / 3) * 12 + 3 * x + i % 3];
      CHECK(out.bytes[y * 4 + x] == (sum + 3) / 6);
    }
}

TEST_CASE("area at any factor weighs by coverage and keeps the mean") {
  Raster raster;
  raster.width = 3;
  raster.height = raster.channels = 1;
  raster.reals = {6, 12, 30};
  const Raster out = whole(raster, {2, 1}, Filter::area);  // each covers 1.5 pixels
  CHECK(out.reals[0] == doctest::Approx((6 + 0.5 * 12) / 1.5));
  CHECK(out.reals[1] == doctest::Approx((0.5 * 12 + 30) / 1.5));
}

TEST_CASE("bilinear reproduces a ramp at the pixel centres, and clamps at the border") {
  for (const std::uint32_t to : {3u, 7u, 16u, 45u}) {
    Raster raster;
    raster.width = 16;
    raster.height = raster.channels = 1;
    for (int x = 0; x < 16; ++x) raster.reals.push_back(10.0 * x + 3);
    const Raster out = whole(raster, {to, 1}, Filter::bilinear);
    for (std::uint32_t o = 0; o < to; ++o) {
      const double centre = std::min(std::max((o + 0.5) * 16 / to - 0.5, 0.0), 15.0);
      CHECK(out.reals[o] == doctest::Approx(10 * centre + 3));
    }
  }
}

TEST_CASE("nearest takes the pixel that holds the centre") {
  Raster raster = bytes(10, 1);
  for (int x = 0; x < 10; ++x) raster.bytes[x] = static_cast<std::uint8_t>(x);
  CHECK(whole(raster, {4, 1}, Filter::nearest).bytes == std::vector<std::uint8_t>{1, 3, 6, 8});
}

TEST_CASE("a region is cut out before it is scaled") {
  Raster raster = bytes(6, 6);
  for (int i = 0; i < 36; ++i) raster.bytes[i] = static_cast<std::uint8_t>(i);
  CHECK(resize(raster, {2, 3, 2, 2}, {2, 2}, Filter::area).bytes == std::vector<std::uint8_t>{20, 21, 26, 27});
  CHECK(resize(raster, {2, 3, 2, 2}, {1, 1}, Filter::area).bytes == std::vector<std::uint8_t>{24});  // 23.5
}

TEST_CASE("colours of video agree with the real-valued matrix to one step") {
  for (const bool full : {false, true})
    for (const ColourMatrix matrix : {ColourMatrix{}, ColourMatrix{0.2126, 0.0722}}) {
      const YuvToRgb conversion(matrix, full);
      for (int y = 0; y < 256; y += 5)
        for (int cb = 0; cb < 256; cb += 15)
          for (int cr = 0; cr < 256; cr += 15) {
            const double luma = full ? y / 255.0 : (y - 16) / 219.0, scale = full ? 255.0 : 224.0;
            const double u = (cb - 128) / scale, v = (cr - 128) / scale, green = 1 - matrix.red - matrix.blue;
            const double r = luma + 2 * (1 - matrix.red) * v, b = luma + 2 * (1 - matrix.blue) * u;
            const double real[3] = {r, (luma - matrix.red * r - matrix.blue * b) / green, b};
            std::uint8_t rgb[3];
            conversion.convert(static_cast<std::uint8_t>(y), static_cast<std::uint8_t>(cb),
                               static_cast<std::uint8_t>(cr), rgb);
            for (int c = 0; c < 3; ++c)
              REQUIRE(std::abs(rgb[c] - std::min(std::max(255 * real[c], 0.0), 255.0)) < 0.51);
          }
    }
  const YuvToRgb television({}, false);
  std::uint8_t rgb[3];
  television.convert(16, 128, 128, rgb);
  CHECK(rgb[0] + rgb[1] + rgb[2] == 0);
  television.convert(235, 128, 128, rgb);
  CHECK(rgb[0] + rgb[1] + rgb[2] == 3 * 255);
}

TEST_CASE("images are sorted as people count") {
  CHECK(natural_less("frame_2.png", "frame_10.png"));
  CHECK_FALSE(natural_less("frame_10.png", "frame_2.png"));
  CHECK(natural_less("a007b3", "a7b12"));
  CHECK(natural_less("a9", "b1"));
  CHECK(natural_less("a", "a1"));
  CHECK(natural_less("1.png", "01.png") != natural_less("01.png", "1.png"));
  CHECK_FALSE(natural_less("x5", "x5"));
}
