#include "hw/integration.hpp"

#include <algorithm>

namespace deltasim::hw {

std::size_t TouchedFlags::next(std::size_t neuron) const {
  const std::size_t total = pixels_.size() * channels_;
  while (neuron < total) {
    const std::size_t pixel = neuron / channels_, end = (pixel + 1) * channels_;
    if ((pixels_[pixel] & 1) != 0) return neuron;
    if (pixels_[pixel] != 0)
      for (; neuron < end; ++neuron)
        if (neurons_[neuron] != 0) return neuron;
    const auto found = std::find_if(pixels_.begin() + static_cast<std::ptrdiff_t>(pixel) + 1, pixels_.end(),
                                    [](std::uint8_t p) { return p != 0; });
    neuron = static_cast<std::size_t>(found - pixels_.begin()) * channels_;
  }
  return total;
}

std::uint32_t TouchedFlags::count(std::size_t begin, std::size_t end) const {
  std::uint32_t n = 0;
  while (begin < end) {
    const std::size_t pixel = begin / channels_, stop = std::min(end, (pixel + 1) * channels_);
    if ((pixels_[pixel] & 1) != 0)
      n += static_cast<std::uint32_t>(stop - begin);
    else if (pixels_[pixel] != 0)
      for (std::size_t i = begin; i < stop; ++i) n += neurons_[i];
    begin = stop;
  }
  return n;
}

void TouchedFlags::clear() {
  for (std::size_t p = 0; p < pixels_.size(); ++p) {
    if ((pixels_[p] & 2) != 0)
      std::fill_n(neurons_.begin() + static_cast<std::ptrdiff_t>(p * channels_), channels_, std::uint8_t{0});
    pixels_[p] = 0;
  }
}

}  // namespace deltasim::hw
