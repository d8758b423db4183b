#pragma once

#include "hw/mapping.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <functional>

namespace deltasim::test {

/// A layer cut into `channels` x `rows` x `columns` boxes, the first on `core`, the others on the cores after it,
/// modulo `cores`.
void cut(hw::Mapping& mapping, const models::Network& network, models::LayerId layer, std::uint32_t channels,
         std::uint32_t rows, std::uint32_t columns, std::uint32_t core, std::uint32_t cores);

/// Every layer whole, one after another on the cores, modulo `cores`.
hw::Mapping layer_by_layer(const models::Network& network, std::uint32_t cores);

/// Every layer cut at random and laid on random cores.
hw::Mapping random_mapping(const models::Network& network, std::uint32_t cores, std::uint32_t seed);

}  // namespace deltasim::test
