#include "tests/hw/mappings.hpp"

#include <algorithm>
#include <random>

namespace deltasim::test {

void cut(hw::Mapping& mapping, const models::Network& network, models::LayerId layer, std::uint32_t channels,
         std::uint32_t rows, std::uint32_t columns, std::uint32_t core, std::uint32_t cores) {
  const models::Shape& shape = network.layers[layer].output;
  const auto part = [](std::uint32_t size, std::uint32_t i, std::uint32_t n) { return size * i / n; };
  channels = std::min(channels, shape.channels);
  rows = std::min(rows, shape.height);
  columns = std::min(columns, shape.width);
  std::uint32_t n = core;
  for (std::uint32_t y = 0; y < rows; ++y)
    for (std::uint32_t x = 0; x < columns; ++x)
      for (std::uint32_t c = 0; c < channels; ++c)
        mapping.slices.push_back({layer, n++ % cores, part(shape.channels, c, channels),
                                  part(shape.channels, c + 1, channels), part(shape.height, y, rows),
                                  part(shape.height, y + 1, rows), part(shape.width, x, columns),
                                  part(shape.width, x + 1, columns)});
}

hw::Mapping layer_by_layer(const models::Network& network, std::uint32_t cores) {
  hw::Mapping mapping;
  for (models::LayerId l = 1; l < network.layers.size(); ++l) cut(mapping, network, l, 1, 1, 1, l - 1, cores);
  return mapping;
}

hw::Mapping random_mapping(const models::Network& network, std::uint32_t cores, std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto pick = [&](std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
  };
  hw::Mapping mapping;
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    const std::size_t first = mapping.slices.size();
    cut(mapping, network, l, pick(1, 3), pick(1, 3), pick(1, 3), 0, cores);
    for (std::size_t i = first; i < mapping.slices.size(); ++i) mapping.slices[i].core = pick(0, cores - 1);
  }
  return mapping;
}

}  // namespace deltasim::test
