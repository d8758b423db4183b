#include "sim/interrupt.hpp"

#include <csignal>

namespace deltasim::sim {
namespace {

volatile std::sig_atomic_t caught = 0;  // a signal handler can reach nothing else

extern "C" void note_signal(int signal) { caught = signal; }

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the user's quota: the write fails and is reported, like a full disk
}

void stop_if_interrupted() {
  if (caught != 0) throw Interrupted{caught};
}

}  // namespace deltasim::sim
