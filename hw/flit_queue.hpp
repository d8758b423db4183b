#pragma once

#include "hw/packet.hpp"
#include "hw/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <random>
#include <vector>

namespace deltasim::hw {

/// Stalls of a queue's head, drawn in the order of its packets: the same whoever is woken first.
class RandomStalls {
 public:
  RandomStalls() = default;
  RandomStalls(double probability, std::uint64_t seed) : probability_(probability), random_(seed) {}
  std::uint32_t draw() {
    if (probability_ <= 0) return 0;
    std::uint32_t cycles = 0;
    while (cycles < 1000 && static_cast<double>(random_() >> 11) * 0x1p-53 < probability_) ++cycles;
    return cycles;
  }

 private:
  double probability_ = 0;
  std::mt19937_64 random_;
};

/// Bounded queue of packets between two units.
///
/// Timing: an entry can leave from its `available` cycle on, `flits` cycles after the one before it. Credits are
/// registered: room that is freed in a cycle is seen by the writer in the next one, so it never matters who is woken
/// first. Limits: a packet needs room for all its flits, and returns it when its last copy starts to leave.
class FlitQueue {
 public:
  struct Entry {
    Cycle available = 0;
    PacketPool::Id packet = 0;
    std::uint32_t stall = 0;
    std::uint16_t flits = 1;
    std::uint8_t outputs = 0;  ///< routers: ports that the head has not been sent to
  };

  static constexpr std::uint64_t unbounded = std::uint64_t{1} << 62;

  FlitQueue(Schedule& schedule, std::uint64_t capacity_flits) : schedule_(schedule), credits_(capacity_flits) {}
  void connect(Unit& writer, Unit& reader) {
    writer_ = &writer;
    reader_ = &reader;
  }
  void stall_at_random(double probability, std::uint64_t seed) { stalls_ = RandomStalls(probability, seed); }

  // The writer's side.
  bool has_room(std::uint32_t flits, Cycle now) {
    settle(now);
    return credits_ >= flits;
  }
  /// Whether there is room in the next cycle, as far as is known; if not, the writer is woken when there is.
  bool room_or_wait(std::uint32_t flits) {
    if (credits_ + returning_ >= flits) return true;
    awaited_ = awaited_ == 0 ? flits : std::min(awaited_, flits);
    return false;
  }
  void push(Entry entry) {
    assert(credits_ >= entry.flits);
    credits_ -= entry.flits;
    awaited_ = 0;
    entry.stall = stalls_.draw();
    if (size_ == 0) {
      entry.available = std::max(entry.available, next_from_) + entry.stall;
      schedule_.at(*reader_, entry.available);
    }
    if (size_ == ring_.size()) grow();
    ring_[(head_ + size_++) & mask_] = entry;
  }

  // The reader's side.
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  Entry& front() { return ring_[head_]; }
  void pop(Cycle now) {
    measure(now);
    const std::uint16_t flits = ring_[head_].flits;
    head_ = (head_ + 1) & mask_;
    --size_;
    --counted_;
    held_ -= flits;
    next_from_ = now + flits;
    if (size_ > 0) {
      Entry& next = ring_[head_];
      next.available = std::max(next.available, next_from_) + next.stall;
    }
    settle(now);
    returning_ += flits;
    returned_at_ = now;
    if (awaited_ != 0 && credits_ + returning_ >= awaited_) schedule_.at(*writer_, now + 1);
  }

  /// Most flits that were in the queue at a time.
  std::uint64_t high_water() const { return high_water_; }

 private:
  void settle(Cycle now) {
    if (returned_at_ >= now) return;
    credits_ += returning_;
    returning_ = 0;
  }
  /// Writers may push ahead of time: an entry counts from its `available` cycle on. The most is held just before a pop.
  void measure(Cycle now) {
    while (counted_ < size_) {
      const Entry& e = ring_[(head_ + counted_) & mask_];
      if (counted_ > 0 && e.available > now) break;
      held_ += e.flits;
      ++counted_;
    }
    high_water_ = std::max(high_water_, held_);
  }
  void grow() {
    std::vector<Entry> larger(std::max<std::size_t>(8, ring_.size() * 2));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = ring_[(head_ + i) & mask_];
    ring_ = std::move(larger);
    head_ = 0;
    mask_ = ring_.size() - 1;
  }

  Schedule& schedule_;
  Unit* writer_ = nullptr;
  Unit* reader_ = nullptr;
  std::vector<Entry> ring_;
  std::size_t head_ = 0, size_ = 0, mask_ = 0;
  std::uint64_t credits_;        ///< flits that the writer may send
  std::uint64_t returning_ = 0;  ///< freed at `returned_at_`, seen from the next cycle on
  Cycle returned_at_ = 0;
  Cycle next_from_ = 0;        ///< when the packet that left last has left altogether
  std::uint32_t awaited_ = 0;  ///< flits that a blocked writer waits for
  std::size_t counted_ = 0;
  std::uint64_t held_ = 0, high_water_ = 0;
  RandomStalls stalls_;
};

}  // namespace deltasim::hw
