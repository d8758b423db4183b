#pragma once

#include "models/network.hpp"

namespace deltasim::models {

/// A place where a layer's events go: one source of one branch.
struct Consumer {
  LayerId layer = 0;
  std::uint32_t branch = 0;
  std::uint32_t source = 0;
};

/// Who integrates a layer's events, by LayerId of the sender; in order of layer, branch, source.
std::vector<std::vector<Consumer>> consumers(const Network& network);

struct Position {
  std::uint32_t channel = 0, y = 0, x = 0;
};

/// Finds an event's position in a consumer's input. A map decides alone: it already contains any channel offset.
class Locator {
 public:
  Locator(const View& view, const Shape& producer, const Shape& consumer)
      : offset_(view.channel_offset), map_(view.map.get()), producer_(producer), consumer_(consumer) {}

  /// False: the element does not reach this consumer.
  bool operator()(const DeltaEvent& event, Position& at) const {
    if (map_ == nullptr) {
      at = {event.channel + offset_, event.y, event.x};
      return true;
    }
    const std::size_t from = (std::size_t{event.channel} * producer_.height + event.y) * producer_.width + event.x;
    const std::uint32_t to = (*map_)[from];
    if (to == View::nowhere) return false;
    if (consumer_.height == 1 && consumer_.width == 1) {
      at = {to, 0, 0};
      return true;
    }
    const std::uint32_t row = to / consumer_.width;
    at = {row / consumer_.height, row % consumer_.height, to % consumer_.width};
    return true;
  }

 private:
  std::uint32_t offset_;
  const std::vector<std::uint32_t>* map_;
  Shape producer_, consumer_;
};

}  // namespace deltasim::models
