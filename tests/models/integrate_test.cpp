#include "models/integrate.hpp"
#include "models/evaluate.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace deltasim;
using namespace deltasim::models;

TEST_CASE("both kernels add the same rows at every width, and wrap") {
  const AddRows fast = fastest_add_rows(), portable = add_rows_portable();
  std::mt19937 random(1);
  std::vector<std::int8_t> weights(100 * 130);
  for (auto& w : weights) w = static_cast<std::int8_t>(random());
  for (std::uint32_t outputs = 1; outputs <= 130; ++outputs) {
    const std::vector<std::uint32_t> channels = {7, 3, 99, 50};
    std::vector<std::int32_t> values(4), row(outputs), expected(outputs), start(outputs);
    for (auto& v : values) v = static_cast<std::int32_t>(random());
    for (auto& v : start) v = static_cast<std::int32_t>(random());
    for (std::uint32_t o = 0; o < outputs; ++o) {
      std::uint64_t sum = static_cast<std::uint64_t>(std::int64_t{start[o]});
      for (std::size_t i = 0; i < 4; ++i)
        sum += static_cast<std::uint64_t>(std::int64_t{weights[(channels[i] - 3) * 130 + o]} * values[i]);
      expected[o] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum));
    }
    for (const AddRows kernel : {fast, portable}) {
      row = start;
      kernel(row.data(), outputs, weights.data(), 130, 3, channels.data(), values.data(), 4);
      REQUIRE(row == expected);
    }
  }
}

TEST_CASE("boxes of a layer hold what the whole layer holds, and are touched where it is") {
  for (const std::uint32_t groups : {1u, 2u, 8u}) {
    Window window{3, 3, 2, 1, 1, 2, 1, 2};
    const Shape in{8, 7, 6}, out{groups == 8 ? 8u : 16u, 4, 6};
    Layer layer = test::convolution_layer("conv", 0, in, out, window, groups);
    std::mt19937 random(groups);
    for (auto& w : layer.branches[0].weights) w = static_cast<std::int8_t>(random());
    const OutputBox boxes[] = {{0, 3, 0, 2, 0, 6},
                               {3, out.channels, 0, 2, 0, 6},
                               {0, out.channels, 2, 4, 0, 5},
                               {0, out.channels, 2, 4, 5, 6}};
    const Convolver all(layer.branches[0], out, whole(out));
    std::vector<std::int32_t> sums(out.size());
    std::vector<std::uint8_t> touched(out.pixels());
    std::vector<Convolver> parts;
    std::vector<std::vector<std::int32_t>> part_sums;
    std::vector<std::vector<std::uint8_t>> part_touched;
    for (const OutputBox& box : boxes) {
      parts.emplace_back(layer.branches[0], out, box);
      part_sums.emplace_back(box.pixels() * box.channels());
      part_touched.emplace_back(box.pixels());
    }
    const std::vector<std::uint32_t> channels = {0, 1, 3, 4, 7};
    const std::vector<std::int32_t> values = {5, -3, 100, 7, -1};
    for (const auto& [y, x] : {std::pair{0u, 0u}, {3u, 2u}, {6u, 5u}}) {
      all.add(y, x, channels.data(), values.data(), 5, sums.data(), touched.data());
      for (std::size_t i = 0; i < parts.size(); ++i)
        parts[i].add(y, x, channels.data(), values.data(), 5, part_sums[i].data(), part_touched[i].data());
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const OutputBox& b = boxes[i];
      for (std::uint32_t y = b.y_begin; y < b.y_end; ++y)
        for (std::uint32_t x = b.x_begin; x < b.x_end; ++x) {
          const std::size_t pixel = (y - b.y_begin) * (b.x_end - b.x_begin) + (x - b.x_begin);
          REQUIRE(part_touched[i][pixel] == touched[y * out.width + x]);
          for (std::uint32_t c = b.channel_begin; c < b.channel_end; ++c)
            REQUIRE(part_sums[i][pixel * b.channels() + c - b.channel_begin] ==
                    sums[(y * out.width + x) * out.channels + c]);
        }
    }
  }
}

TEST_CASE("the arithmetic of an evaluation, at both sides of each limit") {
  CHECK(wrap((1 << 23) - 1, 24) == (1 << 23) - 1);
  CHECK(wrap(1 << 23, 24) == -(1 << 23));
  CHECK(wrap(-(1 << 23) - 1, 24) == (1 << 23) - 1);
  CHECK(wrap(std::numeric_limits<std::int32_t>::min(), 32) == std::numeric_limits<std::int32_t>::min());
  CHECK(add_wrapping(std::numeric_limits<std::int32_t>::max(), 1) == std::numeric_limits<std::int32_t>::min());
  Layer layer;
  layer.output = {1, 1, 1};
  layer.low = -128;
  layer.high = 127;
  const ChannelCode code(layer, 0);
  CHECK(code.of_terms((1 << 23) - 1) == 0);  // just under one half
  CHECK(code.of_terms(1 << 23) == 1);        // one half goes up
  CHECK(code.of_terms(-(1 << 23)) == 0);     // minus one half as well
  CHECK(code.of_terms(-(1 << 23) - 1) == -1);
  CHECK(code.of_terms(std::int64_t{127} << 24) == 127);
  CHECK(code.of_terms(std::int64_t{128} << 24) == 127);
  CHECK(code.of_terms(-(std::int64_t{200} << 24)) == -128);
  CHECK(pool_average(7, 2) == 4);    // 3.5
  CHECK(pool_average(-7, 2) == -3);  // -3.5 up, too
  CHECK(pool_average(4, 3) == 1);
  CHECK(pool_average(5, 3) == 2);
  CHECK(pool_term(7, 3, 2) == 11);  // 10.5
  CHECK(pool_term(-7, 3, 2) == -10);
}
