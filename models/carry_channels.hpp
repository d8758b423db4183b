#pragma once

#include "models/network.hpp"

#include <vector>

namespace deltasim::models {

/// Brings `value(c)` of every channel of a producer to the channels of a consumer's input that its elements reach.
/// `to`: by input channel; 0 = nothing known yet. False where a channel gets two values.
template <typename Value>
bool carry_channels(const View& view, const Shape& producer, const Shape& input, const Value& value,
                    std::vector<double>& to) {
  const auto set = [&](std::size_t channel, double v) {
    double& known = to.at(channel);
    if (known != 0 && known != v) return false;
    known = v;
    return true;
  };
  if (!view.map) {
    for (std::uint32_t c = 0; c < producer.channels; ++c)
      if (!set(std::size_t{view.channel_offset} + c, value(c))) return false;
    return true;
  }
  for (std::size_t e = 0; e < view.map->size(); ++e) {
    const std::uint32_t at = (*view.map)[e];
    if (at != View::nowhere && !set(at / input.pixels(), value(e / producer.pixels()))) return false;
  }
  return true;
}

}  // namespace deltasim::models
