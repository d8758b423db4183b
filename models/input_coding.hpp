#pragma once

#include "models/network.hpp"

namespace deltasim::models {

/// Codes of layer 0 for a frame's values (row-major C, H, W), in order y, x, channel.
/// Errors: InputError for a frame of another size, and for values that are not numbers.
void encode_frame(const Network& network, const std::vector<float>& values, std::uint64_t frame,
                  std::vector<std::int32_t>& codes);

}  // namespace deltasim::models
