#pragma once

#include <cstdint>
#include <vector>

namespace deltasim::models {

/// Height, width and channels of an activation map. A vector of n features is n x 1 x 1.
struct Shape {
  std::uint32_t channels = 0;
  std::uint32_t height = 0;
  std::uint32_t width = 0;

  std::size_t size() const { return std::size_t{channels} * height * width; }
  std::size_t pixels() const { return std::size_t{height} * width; }
  friend bool operator==(const Shape& a, const Shape& b) {
    return a.channels == b.channels && a.height == b.height && a.width == b.width;
  }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }
};

/// One activation that a layer sends: its change since it was last sent (delta rules) or its value (dense, spatial).
struct DeltaEvent {
  std::uint32_t channel = 0;
  std::uint16_t y = 0;
  std::uint16_t x = 0;
  std::int32_t value = 0;  ///< in steps (codes) of the producing layer

  friend bool operator==(const DeltaEvent& a, const DeltaEvent& b) {
    return a.channel == b.channel && a.y == b.y && a.x == b.x && a.value == b.value;
  }
};

/// What every layer sends in one frame, in scan order (y, x, channel).
struct FrameEvents {
  std::uint64_t frame = 0;
  bool key = false;  ///< a key frame: every consumer's state starts anew from its bias before these events
  std::vector<std::vector<DeltaEvent>> of_layer;  ///< indexed by LayerId (models/network.hpp)
  /// The network's integer outputs of this frame, Network::outputs one after another.
  std::vector<std::int64_t> outputs;
};

/// What holds for a whole stream.
struct StreamTraits {
  std::vector<std::uint8_t> absolute;  ///< by LayerId: 1 = events carry values, consumers start every frame from bias
  bool layer_delay = false;            ///< a layer integrates in frame t what its producers sent in frame t - 1
};

/// Frames of events, in order: computed by the reference network or read from a recorded stream.
class EventSource {
 public:
  virtual ~EventSource() = default;
  /// Fills `out` with the next frame; false after the last one. Buffers of `out` are reused.
  virtual bool next(FrameEvents& out) = 0;
  virtual const StreamTraits& traits() const = 0;
};

}  // namespace deltasim::models
