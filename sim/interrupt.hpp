#pragma once

namespace deltasim::sim {

/// The user asked to stop (SIGINT, SIGTERM). No InputError and no failure: exit code 128 + signal.
struct Interrupted {
  int signal = 0;
};

/// From now on SIGINT and SIGTERM end the work at its next stop_if_interrupted(), so that destructors remove what is
/// half written; a second signal ends the program at once.
void catch_interrupts();

/// Throws Interrupted after a signal.
void stop_if_interrupted();

}  // namespace deltasim::sim
