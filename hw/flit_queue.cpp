#include "hw/flit_queue.hpp"

namespace deltasim::hw {

std::uint16_t RandomStalls::draw() {
  std::uint16_t cycles = 0;
  while (cycles < 1000 && static_cast<double>(random_() >> 11) * 0x1p-53 < probability_) ++cycles;
  return cycles;
}

void FlitQueue::wake_writer() {
  std::uint64_t room = free_;
  for (std::uint32_t i = 0; i < taken_; ++i) {
    const Entry& e = ring_[(head_ + i) & (places_ - 1)];
    room += e.flits;
    if (room < awaited_) continue;
    awaited_ = 0;
    return schedule_.at(*writer_, e.popped + 1);
  }
}

void FlitQueue::settle(Cycle now) {
  for (; taken_ != 0 && ring_[head_].popped <= now; --taken_) remove(ring_[head_].popped);
}

std::uint16_t FlitQueue::note_push(Cycle available, std::uint16_t flits) {
  if (meter_ != nullptr) meter_->enter(available, flits);
  return stalls_ ? stalls_->draw() : std::uint16_t{0};
}

void FlitQueue::measure(Cycle now) {
  for (; counted_ < size_; ++counted_) {
    const Entry& e = ring_[(head_ + counted_) & (places_ - 1)];
    if (counted_ > 0 && e.available > now) break;
    available_ += e.flits;
  }
  least_free_ = std::min(least_free_, capacity_ - available_);
  if (meter_ != nullptr) measure_for_meter(now);
}

void FlitQueue::measure_for_meter(Cycle now) {
  meter_->leave(now, ring_[head_].flits);
  metered_least_free_ = std::min(metered_least_free_, least_free_);
  least_free_ = always_measured;
}

void FlitQueue::grow() {
  const std::uint32_t places = std::max(8u, places_ * 2);
  auto larger = std::make_unique<Entry[]>(places);
  for (std::uint32_t i = 0; i < size_; ++i) larger[i] = ring_[(head_ + i) & (places_ - 1)];
  ring_ = std::move(larger);
  places_ = places;
  head_ = 0;
}

}  // namespace deltasim::hw
