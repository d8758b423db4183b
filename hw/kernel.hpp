#pragma once

#include "hw/schedule.hpp"

#include <exception>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

namespace sc_core {
class sc_simcontext;
}

namespace deltasim::hw {

/// A SystemC kernel of our own, for as long as the object lives. A tick is a picosecond of kernel time; real time
/// follows from cycles and the clock. Limits: one kernel at a time, in one thread.
class KernelContext {
 public:
  KernelContext();
  ~KernelContext();
  KernelContext(const KernelContext&) = delete;
  KernelContext& operator=(const KernelContext&) = delete;

 private:
  sc_core::sc_simcontext* outer_;
  sc_core::sc_simcontext* inner_;
};

/// A schedule that a SystemC kernel runs.
class Kernel : public Schedule {
 public:
  /// Before `run`. The name is the module's. Units outlive the run.
  virtual void add(const std::string& name, Unit& unit) = 0;
  /// Until nobody has anything to do. Throws what a unit threw.
  void run();

 protected:
  virtual void start() = 0;
  /// An exception must not leave a SystemC process: it is kept, and everything comes to rest.
  template <typename Action>
  void guarded(Action action) {
    try {
      action();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  bool failed() const { return failure_ != nullptr; }

 private:
  std::exception_ptr failure_;
};

/// A module with one SC_METHOD and one sc_event for each unit.
class ProcessKernel final : public Kernel {
 public:
  ProcessKernel();
  ~ProcessKernel() override;
  void add(const std::string& name, Unit& unit) override;

 private:
  class Process;
  void start() override;
  void arm(Unit& unit, Tick tick) override;

  KernelContext context_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::pair<std::uint32_t, Tick>> before_start_;
  bool running_ = false;
};

/// One SC_METHOD that wakes all units, from a wheel of the next ticks. Kernel time moves in turns of the wheel.
class WheelKernel final : public Kernel {
 public:
  WheelKernel();
  ~WheelKernel() override;
  void add(const std::string& name, Unit& unit) override;

 private:
  class Host;

  void start() override;
  void arm(Unit& unit, Tick tick) override;
  Tick turn(Tick begin);
  void wake_units(Tick now);
  void fetch();

  using Later = std::pair<Tick, Unit*>;
  KernelContext context_;
  std::unique_ptr<Host> host_;
  std::vector<Unit*> units_;
  Tick later_from_ = never;  ///< first tick of `later_`
  std::priority_queue<Later, std::vector<Later>, std::greater<>> later_;
};

}  // namespace deltasim::hw
