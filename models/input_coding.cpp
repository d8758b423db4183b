#include "models/input_coding.hpp"

#include "models/error.hpp"
#include "models/evaluate.hpp"

#include <fmt/format.h>

#include <cmath>

namespace deltasim::models {
namespace {

double rounded(double value, InputCoding::Rounding rounding) {
  switch (rounding) {
    case InputCoding::Rounding::half_away:
      return std::round(value);
    case InputCoding::Rounding::truncate:
      return std::trunc(value);
    case InputCoding::Rounding::half_even:
      break;
  }
  const double below = std::floor(value), fraction = value - below;  // independent of the processor's rounding mode
  if (fraction != 0.5) return fraction < 0.5 ? below : below + 1;
  return std::fmod(below, 2.0) == 0.0 ? below : below + 1;
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
  const double unit = coding.frames_are_codes || coding.shift != 0 ? coding.value_step : layer.step;
  const double zero = coding.frames_are_codes ? coding.zero_point : 0;
  const double scale = static_cast<double>(std::int64_t{1} << coding.shift);
  constexpr double most = 1e15;  // exact as double and as int64; every clamp lies inside
  codes.resize(shape.size());
  for (std::uint32_t c = 0; c < shape.channels; ++c) {
    const ChannelCode code(layer, c);
    for (std::size_t p = 0; p < shape.pixels(); ++p) {
      const double value = values[c * shape.pixels() + p];
      if (std::isnan(value))
        throw InputError("", fmt::format("frame {}, element {}", frame, c * shape.pixels() + p), "not a number",
                         "finite values");
      const double q = rounded((value - zero) / (unit * code.multiple), coding.rounding) * scale;
      codes[p * shape.channels + c] = code.clamp(static_cast<std::int64_t>(std::fmax(-most, std::fmin(most, q))));
    }
  }
}

}  // namespace deltasim::models
