#include "models/input_coding.hpp"

#include "models/error.hpp"
#include "models/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models {
namespace {

/// The value is so small that truncating it to an integer is exact; so this needs no library call.
std::int64_t rounded(double value, InputCoding::Rounding rounding) {
  const auto whole = static_cast<std::int64_t>(value);  // towards zero
  if (rounding == InputCoding::Rounding::truncate) return whole;
  const double fraction = std::fabs(value - static_cast<double>(whole));
  const std::int64_t away = value < 0 ? whole - 1 : whole + 1;
  if (fraction != 0.5) return fraction < 0.5 ? whole : away;
  return rounding == InputCoding::Rounding::half_even && whole % 2 == 0 ? whole : away;
}

[[noreturn]] void fail_not_a_number(std::uint64_t frame, std::size_t element) {
  throw InputError("", fmt::format("frame {}, element {}", frame, element), "not a number", "finite values");
}

}  // namespace

void encode_frame(const Network& network, const std::vector<float>& values, std::uint64_t frame,
                  std::vector<std::int32_t>& codes) {
  const Layer& layer = network.layers.front();
  const InputCoding& coding = network.input;
  const Shape& shape = layer.output;
  if (values.size() != shape.size())
    throw InputError("", fmt::format("frame {}", frame), fmt::format("{} values", values.size()),
                     fmt::format("the network's input has {} x {} x {} (channels x height x width)", shape.channels,
                                 shape.height, shape.width));
  const bool values_count = coding.frames_are_codes || coding.shift != 0;
  const double zero = coding.frames_are_codes ? coding.zero_point : 0;
  constexpr double most = 4e9;       // beyond every code, and shifted it still fits 64 bits
  constexpr std::size_t block = 64;  // pixels whose codes, of all channels, stay in the cache
  codes.resize(shape.size());
  const std::vector<ChannelCode> code = channel_codes(layer);
  for (std::size_t first = 0; first < shape.pixels(); first += block)
    for (std::uint32_t c = 0; c < shape.channels; ++c) {
      const double step = (values_count ? coding.value_step : channel_step(layer, c)) * code[c].multiple;
      for (std::size_t p = first; p < std::min(first + block, shape.pixels()); ++p) {
        const double value = values[c * shape.pixels() + p];
        if (std::isnan(value)) fail_not_a_number(frame, c * shape.pixels() + p);
        const double q = std::min(most, std::max(-most, (value - zero) / step));
        const std::int64_t shifted = rounded(q, coding.rounding) * (std::int64_t{1} << coding.shift);
        codes[p * shape.channels + c] = code[c].clamp(shifted);
      }
    }
}

}  // namespace deltasim::models
