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

void WheelKernel::add(const std::string&, Unit& unit) {
  number(unit, static_cast<std::uint32_t>(units_.size()));
  units_.push_back(&unit);
}

/// Whatever was asked for before waits in the heap: only now the number of units is known.
void WheelKernel::start() {
  table_.assign((units_.size() + 63) / 64 * slots, 0);
  for (Unit* unit : units_) seat(*unit);
  end_ = slots;
  fetch();
  host_ = std::make_unique<Host>("wheel", *this);
}

void WheelKernel::arm(Unit& unit, Tick tick) {
  later_.emplace(tick, &unit);
  later_from_ = later_.top().first;
}

/// What has come into the table's reach. Units that were armed for an earlier tick in the meantime are no longer due.
void WheelKernel::fetch() {
  while (later_from_ < end_) {
    const auto [tick, unit] = later_.top();
    later_.pop();
    later_from_ = later_.empty() ? never : later_.top().first;
    if (due(*unit) == tick) note(*unit, tick);
  }
}

/// Units that are due now. One that is armed for now in the meantime fills the slot again.
inline void WheelKernel::wake_units(Tick now) {
  for (std::size_t first = 0; first < units_.size(); first += 64) {
    std::uint64_t& word = table_[first / 64 * slots + now % slots];
    while (const std::uint64_t armed = word) {
      Unit& unit = *units_[first + static_cast<std::size_t>(__builtin_ctzll(armed))];
      word = armed & (armed - 1);
      if (due(unit) == now) Schedule::run(unit, now);
    }
  }
}

/// Once around from `begin`, 64 ticks at a time. Returns the next tick with an entry.
Tick WheelKernel::turn(Tick begin) {
  Tick block = begin / 64 * 64;
  for (; block < begin + slots; block += 64) {
    end_ = block + slots;
    if (later_from_ < end_) fetch();
    std::uint64_t& filled = filled_[block % slots / 64];
    while (filled != 0) {
      const Tick now = block + static_cast<Tick>(__builtin_ctzll(filled));
      filled &= filled - 1;
      wake_units(now);
    }
  }
  for (; block < end_; block += 64)
    if (const std::uint64_t filled = filled_[block % slots / 64]; filled != 0)
      return block + static_cast<Tick>(__builtin_ctzll(filled));
  return later_from_;
}

}  // namespace deltasim::hw
