#pragma once

#include "models/event.hpp"
#include "models/network.hpp"

#include <utility>
#include <vector>

namespace deltasim::test {

/// Frames as given.
class ScriptedStream final : public models::EventSource {
 public:
  explicit ScriptedStream(std::size_t layers) { traits_.absolute.assign(layers, 0); }
  /// The frames of another source, to be replayed.
  explicit ScriptedStream(models::EventSource& source) { record(source); }

  /// A frame in which only layer 0 sends; more can be added to what is returned.
  models::FrameEvents& add(std::vector<models::DeltaEvent> input, bool key = false) {
    models::FrameEvents& frame = frames_.emplace_back();
    frame.frame = frames_.size() - 1;
    frame.key = key;
    frame.of_layer.resize(traits_.absolute.size());
    frame.of_layer[0] = std::move(input);
    return frame;
  }
  /// Frames of another source, to be changed or replayed.
  void record(models::EventSource& source) {
    models::FrameEvents frame;
    traits_ = source.traits();
    while (source.next(frame)) frames_.push_back(frame);
  }
  std::vector<models::FrameEvents>& frames() { return frames_; }
  models::StreamTraits& change_traits() { return traits_; }
  void rewind() { next_ = 0; }

  bool next(models::FrameEvents& out) override {
    if (next_ == frames_.size()) return false;
    out = frames_[next_++];
    return true;
  }
  const models::StreamTraits& traits() const override { return traits_; }

 private:
  models::StreamTraits traits_;
  std::vector<models::FrameEvents> frames_;
  std::size_t next_ = 0;
};

/// Every element of a map, with value 1.
inline std::vector<models::DeltaEvent> all_of(const models::Shape& shape) {
  std::vector<models::DeltaEvent> events;
  for (std::uint32_t y = 0; y < shape.height; ++y)
    for (std::uint32_t x = 0; x < shape.width; ++x)
      for (std::uint32_t c = 0; c < shape.channels; ++c)
        events.push_back({c, static_cast<std::uint16_t>(y), static_cast<std::uint16_t>(x), 1});
  return events;
}

}  // namespace deltasim::test
