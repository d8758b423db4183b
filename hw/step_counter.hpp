#pragma once

#include "hw/params.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace deltasim::hw {

/// What one event, or a group of events of a pixel, costs on one branch of a slice.
struct EventCost {
  std::uint32_t cycles = 0;  ///< busy + weight_conflict + state_conflict
  std::uint32_t busy = 0;
  std::uint32_t weight_conflict = 0;
  std::uint32_t state_conflict = 0;
  std::uint32_t weight_words = 0;
  std::uint32_t state_words = 0;  ///< each is read and written
  std::uint32_t items = 0;        ///< multiply-accumulates, or additions where there are no weights
  std::uint32_t dummies = 0;      ///< multiply-accumulates of zeros that fill a group
  std::uint32_t taps = 0;         ///< kernel positions, of all events
};

/// Cycles that a step waits for its state words: read and written, with a turn between them where a port does both.
inline std::uint32_t turn_cycles(const MemoryParams& memory) {
  return memory.ports == 1 ? memory.turnaround_cycles : 0;
}

/// Collects the words of `lanes` items at a time, and what these steps cost for the events of a group.
class StepCounter {
 public:
  /// `events` of the group are real, `dummies` fill it and read the weights of the last real one.
  StepCounter(const CoreParams& core, std::uint32_t events, std::uint32_t dummies)
      : core_(core), events_(events), dummies_(dummies), weights_(events) {}

  void touch_weight(std::uint32_t event, std::uint64_t bit) {
    weights_[event].push_back(bit / core_.weight_memory.word_bits);
  }
  void touch_state(std::uint64_t bit, std::uint32_t bits) {
    const std::uint32_t word_bits = core_.state_memory.word_bits;
    for (std::uint64_t word = bit / word_bits; word <= (bit + bits - 1) / word_bits; ++word) states_.push_back(word);
  }
  void end_item() {
    cost_.items += events_;
    cost_.dummies += dummies_;
    if (++in_step_ == core_.lanes) end_step();
  }
  void end_step();
  const EventCost& cost() const { return cost_; }

 private:
  const CoreParams& core_;
  const std::uint32_t events_, dummies_;
  std::vector<std::vector<std::uint64_t>> weights_;  ///< by event
  std::vector<std::uint64_t> states_;
  std::uint32_t in_step_ = 0;
  EventCost cost_;
};

}  // namespace deltasim::hw
