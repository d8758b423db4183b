#pragma once

#include "hw/schedule.hpp"

#include <memory>
#include <string>

namespace deltasim::hw {

/// Hosts units on a SystemC kernel of their own: a module with one SC_METHOD and one sc_event for each. A tick is a
/// picosecond of kernel time; real time follows from cycles and the clock.
/// Limits: one kernel at a time, in one thread.
class Kernel final : public Schedule {
 public:
  Kernel();
  ~Kernel() override;

  /// Before `run`. The name is the module's. Units outlive the kernel's run.
  void add(const std::string& name, Unit& unit);
  /// Until nobody has anything to do. Throws what a unit threw.
  void run();

 private:
  class Process;
  struct Context;
  void arm(std::uint32_t id, Tick tick) override;

  std::unique_ptr<Context> context_;
};

}  // namespace deltasim::hw
