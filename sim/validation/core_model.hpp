#pragma once

#include "sim/validation/core_traffic.hpp"

namespace deltasim::sim {

/// What the model's core sends for a sequence. Its values are checked: the core's real integers must be what the
/// reference network sends. Errors: hw::CheckError.
std::vector<CoreTaken> run_core_model(const CoreSequence& sequence, const CoreWorkload& workload);

}  // namespace deltasim::sim
