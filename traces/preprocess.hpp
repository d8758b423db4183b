#pragma once

#include "models/frame.hpp"
#include "traces/frames.hpp"
#include "traces/raster.hpp"
#include "traces/resize.hpp"

#include <array>
#include <string>
#include <vector>

namespace deltasim::traces {

/// Where the pictures come from decides what is natural: arrays are taken as stored, pictures fitted to the network.
enum class SourceKind : std::uint8_t { pictures, array };

/// From a stored picture to the network's input: crop, resize, colour, normalise.
class Preprocess {
 public:
  /// `first` is the source's first picture: it settles what `network_input` leaves open.
  Preprocess(const FrameOptions& options, models::Shape network_input, SourceKind kind, const Raster& first);

  models::Shape shape() const { return shape_; }
  /// `frame`: index in the source, for messages.
  void run(const Raster& picture, std::uint64_t frame, std::vector<float>& values) const;

 private:
  Region region(const Raster& first, Size target) const;
  void settle_channels(const Raster& first, std::uint32_t wanted, SourceKind kind);
  void settle_normalisation();
  double normalised(double pixel, std::uint32_t channel) const;
  template <class Pixel>
  void convert(const Raster& picture, const std::vector<Pixel>& pixels, std::vector<float>& values) const;
  void require_same_size(const Raster& picture, std::uint64_t frame) const;

  FrameOptions options_;
  models::Shape shape_;
  std::uint32_t source_width_ = 0, source_height_ = 0, source_channels_ = 0;
  bool gray_ = false, reversed_ = false;
  std::vector<double> mean_, scale_;
  std::vector<std::array<float, 256>> of_byte_;  ///< per channel: the value of every 8-bit pixel
};

}  // namespace deltasim::traces
