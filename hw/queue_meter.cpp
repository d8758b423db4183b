#include "hw/queue_meter.hpp"

#include <algorithm>

namespace deltasim::hw {

std::uint64_t QueueMeter::take(Flits& flits, Cycle at) {
  std::uint64_t sum = 0;
  for (; first(flits) == at; flits.pop_front()) sum += flits.front().second;
  return sum;
}

void QueueMeter::settle(Cycle until) {
  for (Cycle at = std::min(first(entered_), first(left_)); at < until; at = std::min(first(entered_), first(left_))) {
    QueueChange change{core_, queue_, at, take(entered_, at), take(left_, at)};
    depth_ += change.entered - change.left;
    change.depth = depth_;
    observer_.queue(change);
  }
}

}  // namespace deltasim::hw
