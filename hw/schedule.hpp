#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

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
  std::uint64_t* slots_ = nullptr;  ///< of a schedule's table: words with this unit's bit, by slot
  std::uint64_t bit_ = 0;
  Tick due_ = never;
};

/// Who is woken when. One pending wake for each unit: the earliest that was asked for.
///
/// Ticks before `end_` are kept here, in a table with a bit for each unit and each tick of a turn, because almost every
/// wake is near; later ones are the host's. A host that keeps all ticks itself leaves `end_` at 0. A bit may be stale:
/// a unit is due only at its `due_`.
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
    if (tick < end_)
      note(unit, tick);
    else
      arm(unit, tick);
  }

 protected:
  static constexpr Tick slots = 512;  ///< ticks of a turn; a power of two

  /// Called when the tick of a unit's pending wake has come.
  static void run(Unit& unit, Tick now) {
    unit.due_ = never;
    unit.wake(now / 2);
  }
  static Tick due(const Unit& unit) { return unit.due_; }
  static void number(Unit& unit, std::uint32_t id) { unit.id_ = id; }
  static std::uint32_t number(const Unit& unit) { return unit.id_; }
  /// Gives a numbered unit its place in the table: 64 units share a word.
  void seat(Unit& unit) {
    unit.slots_ = &table_[unit.id_ / 64 * slots];
    unit.bit_ = std::uint64_t{1} << (unit.id_ % 64);
  }
  void note(const Unit& unit, Tick tick) {
    const Tick slot = tick % slots;
    unit.slots_[slot] |= unit.bit_;
    filled_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  }
  /// `tick` is not before `end_`, and earlier than what the unit was armed for before, if it was.
  virtual void arm(Unit& unit, Tick tick) = 0;

  Tick end_ = 0;
  std::vector<std::uint64_t> table_;                ///< by 64 units, then slot: a bit for each unit
  std::array<std::uint64_t, slots / 64> filled_{};  ///< a bit for each slot that may have units
};

}  // namespace deltasim::hw
