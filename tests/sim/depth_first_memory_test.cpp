#include "sim/depth_first_memory.hpp"
#include "tests/sim/shapes.hpp"

#include <doctest/doctest.h>

using namespace deltasim;

TEST_CASE("depth first, a K x K window of stride s holds ceil(K / s) rows of sums") {
  const hw::CoreParams core;  // sums of 4 bytes
  for (const std::uint32_t kernel : {1u, 3u, 5u, 7u})
    for (const std::uint32_t stride : {1u, 2u}) {
      CAPTURE(kernel);
      CAPTURE(stride);
      test::Shapes shapes(3, 32, 32);
      shapes.convolution(8, kernel, stride).convolution(16, kernel, 1);
      const auto bytes = sim::depth_first_state_bytes(shapes.network, core);
      const std::uint64_t width = 32 / stride;
      CHECK(bytes[1][0] == (kernel + stride - 1) / stride * width * 8 * 4);
      CHECK(bytes[2][0] == std::uint64_t{kernel} * width * 16 * 4);
    }
}

TEST_CASE(
    "depth first: a residual branch holds the rows by which it runs ahead, a pool its window, a dense layer its sums") {
  const hw::CoreParams core;  // references of 2 bytes
  test::Shapes shapes(4, 16, 16);
  shapes.residual().pool(models::BranchKind::max_pool).dense(10);
  const auto bytes = sim::depth_first_state_bytes(shapes.network, core);
  CHECK(bytes[1][0] == 3 * 16 * 4 * 4);
  CHECK(bytes[1][1] == 2 * 16 * 4 * 2);  // its own row and the one that the window below still waits for
  CHECK(bytes[2][0] == 2 * 16 * 4 * 2);
  CHECK(bytes[3][0] == 10 * 4);
}

TEST_CASE("depth first never holds more than the map") {
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    const auto network = test::random_network(random);
    const auto bytes = sim::depth_first_state_bytes(network, {});
    for (models::LayerId l = 1; l < network.layers.size(); ++l)
      for (std::size_t b = 0; b < bytes[l].size(); ++b) {
        const auto& branch = network.layers[l].branches[b];
        const bool pool = branch.kind == models::BranchKind::max_pool;
        const std::uint64_t map = (pool ? branch.input : network.layers[l].output).size() * (pool ? 2 : 4);
        CHECK(bytes[l][b] > 0);
        CHECK(bytes[l][b] <= map);
      }
  }
}
