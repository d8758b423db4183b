#include "hw/kernel.hpp"

#include <systemc>

#include <exception>
#include <vector>

namespace deltasim::hw {

struct Kernel::Context {
  /// The first context stays alive: SystemC's global events belong to it. All others are ours.
  Context() {
    static auto* const first = sc_core::sc_get_curr_simcontext();
    static_cast<void>(first);
    outer_ = sc_core::sc_curr_simcontext;
    inner_ = new sc_core::sc_simcontext;
    use(inner_);
  }
  ~Context() {
    processes.clear();
    delete inner_;
    use(outer_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  std::vector<std::unique_ptr<Process>> processes;
  std::vector<std::pair<std::uint32_t, Tick>> before_start;
  std::exception_ptr failure;
  bool running = false;

 private:
  static void use(sc_core::sc_simcontext* context) {
    sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = context;
  }
  sc_core::sc_simcontext* outer_;
  sc_core::sc_simcontext* inner_;
};

/// The SystemC side of a unit.
class Kernel::Process : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Process);
  Process(const sc_core::sc_module_name& name, Unit& unit, Context& context)
      : sc_module(name), unit_(unit), context_(context) {
    SC_METHOD(step);
    sensitive << due_;
    dont_initialize();
  }
  void notify(Tick tick) {
    const Tick now = sc_core::sc_time_stamp().value();
    due_.notify(sc_core::sc_time::from_value(tick > now ? tick - now : 0));
  }

 private:
  /// An exception must not leave a process: it is kept, and everything comes to rest.
  void step() {
    if (context_.failure) return;
    try {
      Schedule::run(unit_, sc_core::sc_time_stamp().value());
    } catch (...) {
      context_.failure = std::current_exception();
    }
  }

  Unit& unit_;
  Context& context_;
  sc_core::sc_event due_{"due"};
};

Kernel::Kernel() : context_(std::make_unique<Context>()) {}
Kernel::~Kernel() = default;

void Kernel::add(const std::string& name, Unit& unit) {
  number(unit, static_cast<std::uint32_t>(context_->processes.size()));
  context_->processes.push_back(std::make_unique<Process>(name.c_str(), unit, *context_));
}

void Kernel::arm(std::uint32_t id, Tick tick) {
  if (context_->failure) return;
  if (context_->running)
    context_->processes[id]->notify(tick);
  else
    context_->before_start.emplace_back(id, tick);
}

void Kernel::run() {
  context_->running = true;
  for (const auto& [id, tick] : context_->before_start) context_->processes[id]->notify(tick);
  sc_core::sc_start();
  if (context_->failure) std::rethrow_exception(context_->failure);
}

}  // namespace deltasim::hw

// libsystemc carries a main() that calls sc_main(). The program has its own main() and calls the kernel as a library;
// this satisfies the linker.
int sc_main(int, char*[]) { return 0; }
