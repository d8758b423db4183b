#pragma once

namespace deltasim::sim {

/// deltasim-train: as run_program() (sim/cli.hpp) is for deltasim.
int run_training_program(int argc, char** argv);

}  // namespace deltasim::sim
