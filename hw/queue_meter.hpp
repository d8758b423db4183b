#pragma once

#include "hw/observer.hpp"

#include <deque>
#include <utility>

namespace deltasim::hw {

/// How full a queue is, cycle by cycle, for an observer.
///
/// Writers push ahead of time and readers say late what they took ahead: both come in order, and are merged as far as
/// both are complete. A packet counts from the cycle in which it is in the queue to the one in which it starts to
/// leave.
class QueueMeter {
 public:
  QueueMeter(Observer& observer, std::uint32_t core, QueueEnd queue)
      : observer_(observer), core_(core), queue_(queue) {}

  void enter(Cycle at, std::uint64_t flits) { entered_.emplace_back(at, flits); }
  void leave(Cycle at, std::uint64_t flits) { left_.emplace_back(at, flits); }
  /// Everything before `until` has been said.
  void settle(Cycle until);

 private:
  using Flits = std::deque<std::pair<Cycle, std::uint64_t>>;
  static Cycle first(const Flits& flits) { return flits.empty() ? never : flits.front().first; }
  static std::uint64_t take(Flits& flits, Cycle at);

  Observer& observer_;
  const std::uint32_t core_;
  const QueueEnd queue_;
  Flits entered_, left_;
  std::uint64_t depth_ = 0;
};

}  // namespace deltasim::hw
