#include "traces/resize.hpp"

#include <algorithm>
#include <cassert>

namespace deltasim::traces {

namespace {

AxisTaps nearest_taps(std::uint64_t from, std::uint64_t to) {
  AxisTaps taps;
  for (std::uint64_t o = 0; o < to; ++o) {
    taps.first.push_back(static_cast<std::uint32_t>((2 * o + 1) * from / (2 * to)));
    taps.weight.push_back({1});
  }
  return taps;
}

/// The centre of output o lies at ((2 o + 1) from - to) / (2 to) of the input's centres.
AxisTaps bilinear_taps(std::uint64_t from, std::uint64_t to) {
  AxisTaps taps;
  taps.total = 2 * to;
  for (std::uint64_t o = 0; o < to; ++o) {
    const std::uint64_t numerator = std::max((2 * o + 1) * from, to) - to;  // clamped at the first centre
    const std::uint64_t left = std::min(numerator / (2 * to), from - 1);
    const std::uint64_t right_weight = left + 1 < from ? numerator % (2 * to) : 0;
    taps.first.push_back(static_cast<std::uint32_t>(left));
    taps.weight.push_back({static_cast<std::uint32_t>(2 * to - right_weight)});
    if (right_weight > 0) taps.weight.back().push_back(static_cast<std::uint32_t>(right_weight));
  }
  return taps;
}

/// Lengths in units of 1 / to of an input pixel: output o covers [o from, (o + 1) from), input i [i to, (i + 1) to).
AxisTaps area_taps(std::uint64_t from, std::uint64_t to) {
  AxisTaps taps;
  taps.total = from;
  for (std::uint64_t o = 0; o < to; ++o) {
    const std::uint64_t begin = o * from, end = begin + from;
    taps.first.push_back(static_cast<std::uint32_t>(begin / to));
    taps.weight.emplace_back();
    for (std::uint64_t i = begin / to; i * to < end; ++i) {
      const std::uint64_t covered = std::min(end, (i + 1) * to) - std::max(begin, i * to);
      taps.weight.back().push_back(static_cast<std::uint32_t>(covered));
    }
  }
  return taps;
}

std::uint8_t quotient(std::uint64_t sum, std::uint64_t total, std::uint8_t) {
  return static_cast<std::uint8_t>((2 * sum + total) / (2 * total));
}
double quotient(double sum, std::uint64_t total, double) { return sum / static_cast<double>(total); }

/// Pixel: stored type; Sum: exact for it.
template <class Pixel, class Sum>
class Resampler {
 public:
  Resampler(const Raster& picture, const std::vector<Pixel>& pixels, const Region& region, Size to, Filter filter)
      : picture_(picture),
        pixels_(pixels),
        region_(region),
        to_(to),
        across_(axis_taps(region.width, to.width, filter)),
        down_(axis_taps(region.height, to.height, filter)) {}

  void run(std::vector<Pixel>& out) {
    const std::size_t row_size = std::size_t{to_.width} * picture_.channels;
    out.resize(row_size * to_.height);
    std::vector<Sum> sums(row_size);
    for (std::uint32_t y = 0; y < to_.height; ++y) {
      std::fill(sums.begin(), sums.end(), Sum{});
      for (std::size_t k = 0; k < down_.weight[y].size(); ++k) {
        const std::vector<Sum>& row = input_row(down_.first[y] + static_cast<std::uint32_t>(k));
        const Sum weight = static_cast<Sum>(down_.weight[y][k]);
        for (std::size_t i = 0; i < row_size; ++i) sums[i] += weight * row[i];
      }
      const std::uint64_t total = across_.total * down_.total;
      for (std::size_t i = 0; i < row_size; ++i) out[y * row_size + i] = quotient(sums[i], total, Pixel{});
    }
  }

 private:
  /// An input row scaled across. Successive output rows share at most their border rows: two slots are enough.
  const std::vector<Sum>& input_row(std::uint32_t y) {
    Slot& slot = slots_[y % 2];
    if (slot.filled && slot.y == y) return slot.sums;
    slot.filled = true;
    slot.y = y;
    const std::uint32_t channels = picture_.channels;
    slot.sums.assign(std::size_t{to_.width} * channels, Sum{});
    const Pixel* line = pixels_.data() + (std::size_t{region_.y + y} * picture_.width + region_.x) * channels;
    for (std::uint32_t x = 0; x < to_.width; ++x) {
      const Pixel* pixel = line + std::size_t{across_.first[x]} * channels;
      Sum* sum = slot.sums.data() + std::size_t{x} * channels;
      for (const std::uint32_t weight : across_.weight[x])
        for (std::uint32_t c = 0; c < channels; ++c) sum[c] += static_cast<Sum>(weight) * static_cast<Sum>(*pixel++);
    }
    return slot.sums;
  }

  struct Slot {
    bool filled = false;
    std::uint32_t y = 0;
    std::vector<Sum> sums;
  };

  const Raster& picture_;
  const std::vector<Pixel>& pixels_;
  const Region region_;
  const Size to_;
  const AxisTaps across_, down_;
  Slot slots_[2];
};

}  // namespace

AxisTaps axis_taps(std::uint32_t from, std::uint32_t to, Filter filter) {
  assert(from > 0 && to > 0);
  if (filter == Filter::nearest) return nearest_taps(from, to);
  if (filter == Filter::area && to <= from) return area_taps(from, to);
  return bilinear_taps(from, to);
}

Raster resize(const Raster& picture, const Region& region, Size to, Filter filter) {
  assert(region.x + region.width <= picture.width && region.y + region.height <= picture.height);
  Raster out;
  out.width = to.width;
  out.height = to.height;
  out.channels = picture.channels;
  if (picture.reals.empty())
    Resampler<std::uint8_t, std::uint64_t>(picture, picture.bytes, region, to, filter).run(out.bytes);
  else
    Resampler<double, double>(picture, picture.reals, region, to, filter).run(out.reals);
  return out;
}

}  // namespace deltasim::traces
