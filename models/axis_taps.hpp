#pragma once

#include <cstdint>
#include <vector>

namespace deltasim::models {

/// One axis of a window: an input position is seen by `output` through kernel position `kernel`.
struct Tap {
  std::uint32_t output = 0;
  std::uint32_t kernel = 0;
};

/// All taps along one axis, by input position; outputs outside the map do not appear, so padding costs nothing.
class AxisTaps {
 public:
  AxisTaps(std::uint32_t inputs, std::uint32_t outputs, std::uint32_t kernel, std::uint32_t stride,
           std::uint32_t dilation, std::int32_t pad);

  struct Range {
    const Tap* first;
    const Tap* last;
    const Tap* begin() const { return first; }
    const Tap* end() const { return last; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(last - first); }
  };
  /// Taps that input position `i` reaches, by kernel position.
  Range of(std::uint32_t i) const { return {taps_.data() + begin_[i], taps_.data() + begin_[i + 1]}; }

 private:
  std::vector<std::uint32_t> begin_;
  std::vector<Tap> taps_;
};

}  // namespace deltasim::models
