#pragma once

#include "hw/packet.hpp"
#include "hw/queue_meter.hpp"
#include "hw/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <random>
#include <vector>

namespace deltasim::hw {

/// Stalls of a queue's head, drawn in the order of its packets: the same whoever is woken first.
class RandomStalls {
 public:
  RandomStalls(double probability, std::uint64_t seed) : probability_(probability), random_(seed) {}
  std::uint16_t draw();

 private:
  double probability_;
  std::mt19937_64 random_;
};

/// Bounded queue of packets between two units.
///
/// Timing: an entry can leave from its `available` cycle on, `flits` cycles after the one before it. Credits are
/// registered: room that is freed in a cycle is seen by the writer in the next one, so it never matters who is woken
/// first. A reader that knows when it will pop says so ahead of time: whatever asks at a cycle finds the queue as it is
/// then. Limits: a packet needs room for all its flits, and returns it when its last copy starts to leave.
class FlitQueue {
 public:
  struct Entry {
    Cycle available = 0;
    PacketPool::Id packet = 0;
    std::uint32_t route = 0;  ///< the packet's, so that routers need not look into the pool
    std::uint16_t stall = 0;
    std::uint16_t flits = 1;
    std::uint8_t outputs = 0;  ///< routers: ports that the head has not been sent to
    Cycle popped = 0;          ///< if taken ahead of time
  };

  static constexpr std::uint64_t unbounded = std::uint64_t{1} << 62;

  FlitQueue(Schedule& schedule, std::uint64_t capacity_flits)
      : free_(capacity_flits), least_free_(capacity_flits), schedule_(schedule), capacity_(capacity_flits) {}
  FlitQueue(const FlitQueue&) = delete;
  FlitQueue& operator=(const FlitQueue&) = delete;

  void connect(Unit& writer, Unit& reader) {
    writer_ = &writer;
    reader_ = &reader;
  }
  /// From now on `bit` of `waiting` is set while the queue is not empty.
  void show_in(std::uint32_t& waiting, std::uint32_t bit) {
    waiting_ = &waiting;
    bit_ = bit;
  }
  void stall_at_random(double probability, std::uint64_t seed) {
    if (probability > 0) stalls_ = std::make_unique<RandomStalls>(probability, seed);
    is_special_ |= stalls_ != nullptr;
  }
  /// From now on the meter is told of every packet. It outlives the queue's last packet.
  void observe(QueueMeter& meter) {
    meter_ = &meter;
    is_special_ = true;
    metered_least_free_ = least_free_;
    least_free_ = always_measured;
  }

  // The writer's side.
  bool has_room(std::uint32_t flits, Cycle now) {
    if (lags(now)) settle(now);
    return free_ - (returned_at_ >= now ? returning_ : 0) >= flits;
  }
  /// Whether there is room in the next cycle, as far as is known; if not, the writer is woken when there is.
  bool room_or_wait(std::uint32_t flits, Cycle now) {
    if (lags(now)) settle(now);
    if (free_ >= flits) return true;
    awaited_ = awaited_ == 0 ? flits : std::min(awaited_, flits);
    if (taken_ != 0) wake_writer();
    return false;
  }
  [[gnu::always_inline]] void push(Cycle available, PacketPool::Id packet, std::uint32_t route, std::uint16_t flits) {
    assert(free_ >= flits);
    free_ -= flits;
    awaited_ = 0;
    const std::uint16_t stall = is_special_ ? note_push(available, flits) : std::uint16_t{0};
    if (size_ == 0) {
      available = std::max(available, next_from_) + stall;
      *waiting_ |= bit_;
      schedule_.at(*reader_, available);
    }
    if (size_ == places_) grow();
    Entry& entry = ring_[(head_ + size_++) & (places_ - 1)];
    entry.available = available;
    entry.packet = packet;
    entry.route = route;
    entry.flits = flits;
    entry.stall = stall;
    entry.outputs = 0;
  }

  // The reader's side.
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  Entry& front() { return ring_[head_]; }
  [[gnu::always_inline]] void pop(Cycle now) {
    remove(now);
    if (awaited_ != 0 && free_ >= awaited_) schedule_.at(*writer_, now + 1);
  }

  // The reader's side, ahead of time.
  /// The first packet that is not taken; null: none. Its `available` does not know of the packets before it.
  const Entry* next() const { return taken_ < size_ ? &ring_[(head_ + taken_) & (places_ - 1)] : nullptr; }
  /// Pops `next` at `cycle`, which lies ahead and behind the pops before it.
  void take(Cycle cycle) {
    ring_[(head_ + taken_++) & (places_ - 1)].popped = cycle;
    if (awaited_ != 0) wake_writer();
  }
  /// Pops that were said ahead of time and have come.
  void settle(Cycle now);

  /// Most flits that were in the queue at a time.
  std::uint64_t high_water() const { return capacity_ - (meter_ != nullptr ? metered_least_free_ : least_free_); }

 private:
  bool lags(Cycle now) const { return taken_ != 0 && ring_[head_].popped <= now; }
  [[gnu::always_inline]] void remove(Cycle now) {
    if (free_ < least_free_) measure(now);
    const std::uint16_t flits = ring_[head_].flits;
    if (counted_ > 0) {
      --counted_;
      available_ -= flits;
    }
    head_ = (head_ + 1) & (places_ - 1);
    next_from_ = now + flits;
    if (--size_ > 0) {
      Entry& next = ring_[head_];
      next.available = std::max(next.available, next_from_) + next.stall;
    } else {
      *waiting_ &= ~bit_;
    }
    free_ += flits;
    returning_ = flits + (returned_at_ == now ? returning_ : 0);
    returned_at_ = now;
  }
  /// As soon as enough of what is taken ahead has left; until then the writer need not wait for anything else.
  void wake_writer();
  /// Random stalls and the meter: neither costs anything where it is not wanted. Returns the packet's stall.
  std::uint16_t note_push(Cycle available, std::uint16_t flits);
  /// Before a pop, when the most is there. Writers may push ahead of time: an entry counts from its `available` cycle
  /// on.
  void measure(Cycle now);
  [[gnu::cold]] void measure_for_meter(Cycle now);
  void grow();

  std::unique_ptr<Entry[]> ring_;
  std::uint32_t head_ = 0, size_ = 0, places_ = 0;  ///< places: a power of two, or 0
  std::uint32_t taken_ = 0;                         ///< entries from the head that are taken ahead of time
  std::uint32_t awaited_ = 0;                       ///< flits that a blocked writer waits for
  std::uint64_t free_;                              ///< room in flits, `returning_` included
  std::uint64_t returning_ = 0;                     ///< freed at `returned_at_`, seen from the next cycle on
  Cycle returned_at_ = 0;
  static constexpr std::uint64_t always_measured = ~std::uint64_t{0};
  std::uint64_t least_free_;  ///< when the most flits were in the queue; always_measured with a meter
  Cycle next_from_ = 0;       ///< when the packet that left last has left altogether
  Schedule& schedule_;
  Unit* writer_ = nullptr;
  Unit* reader_ = nullptr;
  std::uint32_t* waiting_ = &unseen_;
  std::uint32_t bit_ = 0, unseen_ = 0;
  bool is_special_ = false;  ///< has stalls or a meter
  std::unique_ptr<RandomStalls> stalls_;
  QueueMeter* meter_ = nullptr;
  std::uint32_t counted_ = 0;    ///< entries that are part of `available_`
  std::uint64_t available_ = 0;  ///< flits that were there when it was measured last, and have not left
  std::uint64_t metered_least_free_ = 0;
  const std::uint64_t capacity_;
};

}  // namespace deltasim::hw
