#pragma once

#include "models/event.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace deltasim::models {

/// What is known of a labelled clip before its frames are read.
struct ClipInfo {
  std::string name;          ///< for messages: a path, or how it was made
  std::uint32_t label = 0;   ///< index into ClipSource::classes()
  std::uint32_t frames = 0;  ///< its length
};

/// A set of labelled video clips, for training and evaluation. Implemented by the readers in traces/.
class ClipSource {
 public:
  virtual ~ClipSource() = default;
  virtual const std::vector<std::string>& classes() const = 0;
  virtual Shape shape() const = 0;  ///< of every frame: 3 channels (RGB), height, width
  virtual std::size_t size() const = 0;
  virtual const ClipInfo& info(std::size_t clip) const = 0;
  /// Frames first .. first + count - 1 of a clip, bytes 0..255, each row-major C, H, W: count * shape().size() bytes.
  /// Safe to call from several threads. Errors: InputError naming the clip.
  virtual void read(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint8_t* to) const = 0;
};

}  // namespace deltasim::models
