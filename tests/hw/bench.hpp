#pragma once

#include "hw/flit_queue.hpp"
#include "hw/packet.hpp"
#include "hw/routes.hpp"
#include "hw/schedule.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace deltasim::test {

/// Wakes units without SystemC. Units of one tick are woken in the order in which they were added, or backwards.
class Bench final : public hw::Schedule {
 public:
  explicit Bench(bool backwards = false) : backwards_(backwards) {}

  void add(hw::Unit& unit) {
    number(unit, static_cast<std::uint32_t>(units_.size()));
    units_.push_back(&unit);
    due_.push_back(hw::never);
  }
  /// Until nobody has anything to do, or the cycle `end` has come. Returns the last cycle in which a unit was woken.
  hw::Cycle run(hw::Cycle end = hw::never) {
    hw::Tick last = 0;
    for (;;) {
      hw::Tick tick = hw::never;
      for (const hw::Tick due : due_) tick = std::min(tick, due);
      if (tick / 2 >= end || tick == hw::never) return last / 2;
      last = tick;
      for (std::size_t i = 0; i < units_.size(); ++i) {
        const std::size_t unit = backwards_ ? units_.size() - 1 - i : i;
        if (due_[unit] != tick) continue;
        due_[unit] = hw::never;
        Schedule::run(*units_[unit], tick);
      }
    }
  }

 private:
  void arm(hw::Unit& unit, hw::Tick tick) override { due_[number(unit)] = tick; }

  bool backwards_;
  std::vector<hw::Unit*> units_;
  std::vector<hw::Tick> due_;
};

/// Takes packets from a queue as soon as they are there, `pause` cycles after the one before; notes when.
class Sink final : public hw::Unit {
 public:
  struct Taken {
    hw::Cycle cycle;
    hw::PacketPool::Id packet;
  };
  Sink(hw::Schedule& schedule, hw::FlitQueue& queue, hw::Cycle pause = 1)
      : Unit(Phase::whole), schedule_(schedule), queue_(queue), pause_(pause) {}
  void wake(hw::Cycle now) override {
    if (queue_.empty()) return;
    const hw::Cycle at = std::max(queue_.front().available, free_at_);
    if (at > now) return schedule_.at(*this, at);
    taken.push_back({now, queue_.front().packet});
    queue_.pop(now);
    free_at_ = now + pause_;
    if (!queue_.empty()) schedule_.at(*this, std::max(queue_.front().available, free_at_));
  }
  std::vector<Taken> taken;

 private:
  hw::Schedule& schedule_;
  hw::FlitQueue& queue_;
  hw::Cycle pause_, free_at_ = 0;
};

/// Puts its packets into a queue from given cycles on, in order, when there is room; they can leave `writing` cycles
/// later.
class Source final : public hw::Unit {
 public:
  Source(hw::Schedule& schedule, hw::FlitQueue& queue, hw::Cycle writing = 0)
      : Unit(Phase::whole), schedule_(schedule), queue_(queue), writing_(writing) {}
  void add(hw::Cycle from, hw::PacketPool::Id packet, std::uint16_t flits = 1, hw::Routes::Id route = 0) {
    waiting_.push_back({from, packet, route, 0, flits, 0, 0});
  }
  void wake(hw::Cycle now) override {
    for (; next_ < waiting_.size(); ++next_) {
      const hw::FlitQueue::Entry& entry = waiting_[next_];
      if (entry.available > now) return schedule_.at(*this, entry.available);
      if (!queue_.has_room(entry.flits, now)) {
        if (queue_.room_or_wait(entry.flits, now)) schedule_.at(*this, now + 1);
        return;
      }
      queue_.push(now + writing_, entry.packet, entry.route, entry.flits);
      pushed.push_back(now);
    }
  }
  std::vector<hw::Cycle> pushed;

 private:
  hw::Schedule& schedule_;
  hw::FlitQueue& queue_;
  const hw::Cycle writing_;
  std::vector<hw::FlitQueue::Entry> waiting_;
  std::size_t next_ = 0;
};

}  // namespace deltasim::test
