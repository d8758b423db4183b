#include "hw/kernel.hpp"

#include <systemc>

namespace deltasim::hw {
namespace {

void use(sc_core::sc_simcontext* context) {
  sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = context;
}

}  // namespace

/// The first context stays alive: SystemC's global events belong to it.
KernelContext::KernelContext()
    : outer_((sc_core::sc_get_curr_simcontext(), sc_core::sc_curr_simcontext)), inner_(new sc_core::sc_simcontext) {
  use(inner_);
}

KernelContext::~KernelContext() {
  delete inner_;
  use(outer_);
}

void Kernel::run() {
  start();
  sc_core::sc_start();
  if (failure_) std::rethrow_exception(failure_);
}

class ProcessKernel::Process : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Process);
  Process(const sc_core::sc_module_name& name, Unit& unit, ProcessKernel& kernel)
      : sc_module(name), unit_(unit), kernel_(kernel) {
    SC_METHOD(step);
    sensitive << due_;
    dont_initialize();
  }
  void notify(Tick tick) {
    const Tick now = sc_core::sc_time_stamp().value();
    due_.notify(sc_core::sc_time::from_value(tick > now ? tick - now : 0));
  }

 private:
  void step() {
    if (kernel_.failed()) return;
    kernel_.guarded([this] { Schedule::run(unit_, sc_core::sc_time_stamp().value()); });
  }

  Unit& unit_;
  ProcessKernel& kernel_;
  sc_core::sc_event due_{"due"};
};

ProcessKernel::ProcessKernel() = default;
ProcessKernel::~ProcessKernel() = default;

void ProcessKernel::add(const std::string& name, Unit& unit) {
  number(unit, static_cast<std::uint32_t>(processes_.size()));
  processes_.push_back(std::make_unique<Process>(name.c_str(), unit, *this));
}

void ProcessKernel::arm(Unit& unit, Tick tick) {
  if (failed()) return;
  if (running_)
    processes_[number(unit)]->notify(tick);
  else
    before_start_.emplace_back(number(unit), tick);
}

void ProcessKernel::start() {
  running_ = true;
  for (const auto& [id, tick] : before_start_) processes_[id]->notify(tick);
}

}  // namespace deltasim::hw

// libsystemc carries a main() that calls sc_main(). The program has its own main() and calls the kernel as a library;
// this satisfies the linker.
int sc_main(int, char*[]) { return 0; }
