#include "hw/kernel.hpp"

#include <systemc>

namespace deltasim::hw {

/// The SystemC side of the wheel. Nobody else lives on this kernel, so its time may move in turns of the wheel: units
/// learn the exact tick from the wheel.
class WheelKernel::Host : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Host);
  Host(const sc_core::sc_module_name& name, WheelKernel& wheel) : sc_module(name), wheel_(wheel) {
    SC_METHOD(step);
    sensitive << due_;
  }

 private:
  void step() {
    const Tick now = sc_core::sc_time_stamp().value();
    Tick next = never;
    wheel_.guarded([&] { next = wheel_.turn(now); });
    if (next != never) due_.notify(sc_core::sc_time::from_value(next - now));
  }

  WheelKernel& wheel_;
  sc_core::sc_event due_{"due"};
};

WheelKernel::WheelKernel() = default;
WheelKernel::~WheelKernel() = default;

void WheelKernel::add(const std::string&, Unit&) {}

void WheelKernel::start() { host_ = std::make_unique<Host>("wheel", *this); }

void WheelKernel::arm(Unit& unit, Tick tick) {
  if (linked(unit)) unlink(unit);
  if (tick >= end_) return put_off(unit, tick);
  const Tick slot = tick % slots;
  link(unit, wheel_[slot]);
  filled_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void WheelKernel::put_off(Unit& unit, Tick tick) {
  later_.emplace(tick, &unit);
  later_from_ = later_.top().first;
}

/// What has come into the wheel's reach. Units that were armed for an earlier tick in the meantime are no longer due.
void WheelKernel::fetch() {
  while (later_from_ < end_) {
    const auto [tick, unit] = later_.top();
    later_.pop();
    later_from_ = later_.empty() ? never : later_.top().first;
    if (due(*unit) == tick && !linked(*unit)) arm(*unit, tick);
  }
}

/// The first tick from `now` on with an entry. All of the heap lies beyond the wheel's reach.
inline Tick WheelKernel::next_tick(Tick now) const {
  for (Tick tick = now; tick < end_;) {
    const Tick slot = tick % slots;
    const std::uint64_t rest = filled_[slot / 64] >> (slot % 64);
    if (rest != 0) return tick + static_cast<Tick>(__builtin_ctzll(rest));
    tick += 64 - slot % 64;
  }
  return later_from_;
}

/// Once around from `begin`. Returns the next tick with an entry.
Tick WheelKernel::turn(Tick begin) {
  Tick now = begin;
  while (now < begin + slots) {
    end_ = now + slots;
    if (later_from_ < end_) fetch();
    const Tick slot = now % slots;
    while (Unit* unit = wheel_[slot]) {
      unlink(*unit);
      Schedule::run(*unit, now);
    }
    filled_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    now = next_tick(now);
  }
  return now;
}

}  // namespace deltasim::hw
