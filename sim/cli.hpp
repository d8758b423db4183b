#pragma once

namespace deltasim::sim {

/// The program: parses the command line, does the work, turns errors into messages and exit codes
/// (0 done; 2 the user's input; 128 + signal; 1 anything else).
int run_program(int argc, char** argv);

}  // namespace deltasim::sim
