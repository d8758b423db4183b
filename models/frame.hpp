#pragma once

#include "models/event.hpp"

#include <optional>
#include <vector>

namespace deltasim::models {

/// One input of the network, after resizing and normalisation.
struct Frame {
  std::vector<float> values;           ///< row-major C, H, W
  std::optional<std::uint32_t> label;  ///< class index where the input has labels
};

/// Frames in order. Implemented by the readers in traces/.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual bool next(Frame& out) = 0;  ///< false after the last frame
  virtual void rewind() = 0;          ///< the next frame is the first again
  virtual Shape shape() const = 0;
  virtual double frame_rate() const = 0;  ///< frames per second after the frame step
};

}  // namespace deltasim::models
