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
    Tick next = now;
    while (next < now + slots && !wheel_.failed()) {
      wheel_.turn(next);
      next = wheel_.next_tick();
    }
    if (next != never && !wheel_.failed()) due_.notify(sc_core::sc_time::from_value(next - now));
  }

  WheelKernel& wheel_;
  sc_core::sc_event due_{"due"};
};

WheelKernel::WheelKernel() : wheel_(slots), filled_(slots / 64) {}
WheelKernel::~WheelKernel() = default;

void WheelKernel::add(const std::string&, Unit& unit) {
  number(unit, static_cast<std::uint32_t>(units_.size()));
  units_.push_back(&unit);
}

void WheelKernel::start() { host_ = std::make_unique<Host>("wheel", *this); }

void WheelKernel::arm(std::uint32_t id, Tick tick) {
  if (tick >= now_ + slots) return later_.emplace(tick, id);
  const Tick slot = tick % slots;
  wheel_[slot].push_back(id);
  filled_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

/// The next tick with an entry. All of the heap lies beyond the wheel's reach.
Tick WheelKernel::next_tick() const {
  for (Tick passed = 0; passed < slots;) {
    const Tick slot = (now_ + passed) % slots;
    const std::uint64_t rest = filled_[slot / 64] >> (slot % 64);
    if (rest != 0) return now_ + passed + static_cast<Tick>(__builtin_ctzll(rest));
    passed += 64 - slot % 64;
  }
  return later_.empty() ? never : later_.top().first;
}

void WheelKernel::turn(Tick now) {
  now_ = now;
  for (; !later_.empty() && later_.top().first < now + slots; later_.pop()) {
    const auto [tick, id] = later_.top();
    if (due(*units_[id]) == tick) arm(id, tick);
  }
  const Tick slot = now % slots;
  auto& due_now = wheel_[slot];
  for (std::size_t i = 0; i < due_now.size() && !failed(); ++i) {
    Unit& unit = *units_[due_now[i]];
    if (due(unit) == now) guarded(unit, now);
  }
  due_now.clear();
  filled_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

}  // namespace deltasim::hw
