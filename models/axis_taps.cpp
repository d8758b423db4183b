#include "models/axis_taps.hpp"

namespace deltasim::models {

AxisTaps::AxisTaps(std::uint32_t inputs, std::uint32_t outputs, std::uint32_t kernel, std::uint32_t stride,
                   std::uint32_t dilation, std::int32_t pad) {
  begin_.reserve(inputs + 1);
  begin_.push_back(0);
  for (std::uint32_t i = 0; i < inputs; ++i) {
    for (std::uint32_t k = 0; k < kernel; ++k) {
      const std::int64_t at = std::int64_t{i} + pad - std::int64_t{k} * dilation;
      if (at < 0 || at % stride != 0 || at / stride >= outputs) continue;
      taps_.push_back({static_cast<std::uint32_t>(at / stride), k});
    }
    begin_.push_back(static_cast<std::uint32_t>(taps_.size()));
  }
}

}  // namespace deltasim::models
