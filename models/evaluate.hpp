#pragma once

#include "models/network.hpp"

#include <algorithm>

/// The arithmetic of one neuron's evaluation, shared by everything that computes real integers.
namespace deltasim::models {

constexpr std::int64_t unit_multiplier = std::int64_t{1} << 24;  ///< M of a branch whose step is the layer's own

/// The low `bits` of a sum as a two's complement number: sums wrap there.
inline std::int32_t wrap(std::int32_t sum, std::uint32_t bits) {
  if (bits >= 32) return sum;
  const std::uint32_t sign = 1u << (bits - 1);
  const std::uint32_t low = static_cast<std::uint32_t>(sum) & ((1u << bits) - 1);
  return static_cast<std::int32_t>(low ^ sign) - static_cast<std::int32_t>(sign);
}

/// A sum in two's complement at 32 bits, without the undefined behaviour of signed overflow.
inline std::int32_t add_wrapping(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

inline std::int64_t floor_divide(std::int64_t a, std::int64_t positive) {
  return a >= 0 ? a / positive : -((positive - 1 - a) / positive);
}

/// Entry of a per-channel list that may have a sole entry for all channels, or none at all.
template <typename T>
T per_channel(const std::vector<T>& values, std::size_t channel, T absent) {
  if (values.empty()) return absent;
  return values.size() == 1 ? values.front() : values[channel];
}

/// Real value of code 1 on a channel of the layer's output.
inline double channel_step(const Layer& layer, std::size_t channel) {
  return per_channel(layer.channel_steps, channel, layer.step);
}

/// The layer's clamp in units of a channel's q, half away from zero: low and high are codes of the layer's step.
inline std::int32_t code_limit(std::int32_t limit, std::int32_t multiple) {
  const std::int64_t magnitude = (2 * std::abs(std::int64_t{limit}) + multiple) / (2 * std::int64_t{multiple});
  return static_cast<std::int32_t>(limit < 0 ? -magnitude : magnitude);
}

/// What a channel sends for its sum of terms (in 2^-24 codes): clamped q, times the channel's multiple.
struct ChannelCode {
  std::int32_t low = 0, high = 0, multiple = 1;

  ChannelCode() = default;
  ChannelCode(const Layer& layer, std::size_t channel)
      : multiple(per_channel(layer.multiple, channel, std::int32_t{1})) {
    const CodeRange range = per_channel(layer.channel_ranges, channel, CodeRange{layer.low, layer.high});
    low = code_limit(range.low, multiple);
    high = code_limit(range.high, multiple);
  }
  std::int32_t clamp(std::int64_t q) const {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(q, low, high)) * multiple;
  }
  std::int32_t of_terms(std::int64_t terms) const { return clamp((terms + (unit_multiplier >> 1)) >> 24); }
};

inline std::vector<ChannelCode> channel_codes(const Layer& layer) {
  std::vector<ChannelCode> codes;
  for (std::uint32_t c = 0; c < layer.output.channels; ++c) codes.emplace_back(layer, c);
  return codes;
}

/// Elements by which an average pool divides at an output whose window holds `inside` elements of the input.
inline std::int64_t pool_elements(const Branch& branch, std::uint32_t inside) {
  return branch.pool_divisor != 0 ? branch.pool_divisor : std::max<std::uint32_t>(inside, 1);
}

/// Sole average pool in its input's step: round half up.
inline std::int64_t pool_average(std::int64_t sum, std::int64_t n) { return floor_divide(2 * sum + n, 2 * n); }

/// Any other average pool as a term of the layer's sum: sum * M / n, to the nearest 2^-24 code.
inline std::int64_t pool_term(std::int64_t sum, std::int64_t multiplier, std::int64_t n) {
  return floor_divide(sum * multiplier + n / 2, n);
}

}  // namespace deltasim::models
