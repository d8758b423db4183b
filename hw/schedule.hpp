#pragma once

#include <cstdint>
#include <limits>

namespace deltasim::hw {

using Cycle = std::uint64_t;
using Tick = std::uint64_t;  ///< half cycles: units act on the whole cycle, routers grant on the half

inline constexpr Cycle never = std::numeric_limits<Cycle>::max() / 4;

/// A state machine of the chip. It knows the time only as an argument, so whatever calls `wake` hosts it.
///
/// Contract: `wake` acts on what is due at `now` and asks the schedule for the next time that matters. It may be woken
/// without need and must then change nothing. What it tells other units takes effect at a later tick, so the order in
/// which units of one tick are woken never changes a result.
class Unit {
 public:
  enum class Phase : std::uint8_t { whole, half };

  explicit Unit(Phase phase) : phase_(phase == Phase::half ? 1 : 0) {}
  virtual ~Unit() = default;
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  virtual void wake(Cycle now) = 0;

 private:
  friend class Schedule;
  const std::uint32_t phase_;
  std::uint32_t id_ = 0;
  Tick due_ = never;
  Unit* next_ = nullptr;   ///< in a schedule's list of units that are due at the same time
  Unit** link_ = nullptr;  ///< what points to this unit in that list; null: in none
};

/// Who is woken when. One pending wake for each unit: the earliest that was asked for.
class Schedule {
 public:
  Schedule() = default;
  virtual ~Schedule() = default;
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  /// Wakes `unit` at its half of `cycle`, or earlier if that was asked for before.
  void at(Unit& unit, Cycle cycle) {
    const Tick tick = 2 * cycle + unit.phase_;
    if (tick >= unit.due_) return;
    unit.due_ = tick;
    arm(unit, tick);
  }

 protected:
  /// Called when the tick of a unit's pending wake has come.
  static void run(Unit& unit, Tick now) {
    unit.due_ = never;
    unit.wake(now / 2);
  }
  static Tick due(const Unit& unit) { return unit.due_; }
  static void number(Unit& unit, std::uint32_t id) { unit.id_ = id; }
  static std::uint32_t number(const Unit& unit) { return unit.id_; }
  /// `tick` is earlier than what the unit was armed for before, if it was.
  virtual void arm(Unit& unit, Tick tick) = 0;

  static bool linked(const Unit& unit) { return unit.link_ != nullptr; }
  static void link(Unit& unit, Unit*& list) {
    unit.next_ = list;
    unit.link_ = &list;
    if (list != nullptr) list->link_ = &unit.next_;
    list = &unit;
  }
  static void unlink(Unit& unit) {
    *unit.link_ = unit.next_;
    if (unit.next_ != nullptr) unit.next_->link_ = unit.link_;
    unit.link_ = nullptr;
  }
};

}  // namespace deltasim::hw
