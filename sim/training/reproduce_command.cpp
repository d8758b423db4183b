#include "sim/training/commands.hpp"
namespace deltasim::sim {
int reproduce_command(const ReproduceCommand&) { return 0; }
}  // namespace deltasim::sim
