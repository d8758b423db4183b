#pragma once

#include "models/network.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace deltasim::test {

/// Networks by shape: the mapper never looks at a weight.
class Shapes {
 public:
  Shapes(std::uint32_t channels, std::uint32_t height, std::uint32_t width);

  models::LayerId last() const { return static_cast<models::LayerId>(network.layers.size() - 1); }
  const models::Shape& shape() const { return network.layers.back().output; }

  models::Branch window(models::BranchKind kind, std::uint32_t kernel, std::uint32_t stride) const;

  Shapes& convolution(std::uint32_t channels, std::uint32_t kernel, std::uint32_t stride, std::uint32_t groups = 1) {
    auto b = window(models::BranchKind::convolution, kernel, stride);
    b.groups = groups;
    return add({b}, channels, stride);
  }
  Shapes& depthwise(std::uint32_t stride) { return convolution(shape().channels, 3, stride, shape().channels); }
  Shapes& pool(models::BranchKind kind) { return add({window(kind, 2, 2)}, shape().channels, 2); }
  Shapes& residual() {  // a convolution and the identity of its input
    return add({window(models::BranchKind::convolution, 3, 1), window(models::BranchKind::identity, 1, 1)},
               shape().channels, 1);
  }
  Shapes& dense(std::uint32_t features);

  models::Network network;

 private:
  Shapes& add(std::vector<models::Branch> branches, std::uint32_t channels, std::uint32_t stride);
};

models::Network random_network(std::mt19937& random);

/// MobileNet-like: 28 layers, weights at the end, maps at the beginning.
models::Network mobile_network();

}  // namespace deltasim::test
