#include "sim/timeline/interval_counter.hpp"

#include <algorithm>

namespace deltasim::sim {

void IntervalCounter::set(std::uint64_t at, double value) {
  pass(at / interval_);
  if (at % interval_ == 0) most_ = 0.0;  // what was before has not reached into this interval
  now_ = value;
  most_ = std::max(most_, value);
}

/// Ends the intervals before this one.
void IntervalCounter::pass(std::uint64_t interval) {
  if (interval == at_) return;
  tell(at_, most_);
  if (interval > at_ + 1) tell(at_ + 1, now_);
  at_ = interval;
  most_ = now_;
}

void IntervalCounter::tell(std::uint64_t interval, double value) {
  if (value == told_) return;
  told_ = value;
  writer_->counter(process_, name_, unit_, interval * interval_, value);
}

void IntervalCounter::finish(std::uint64_t end) {
  end = std::max(end, at_ * interval_);
  set(end, now_);
  pass(end / interval_ + 1);
}

}  // namespace deltasim::sim
