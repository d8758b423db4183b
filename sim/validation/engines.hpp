#pragma once

#include "sim/validation/comparison.hpp"

namespace deltasim::sim {

/// One network on shipped machines, once with a SystemC process and event for each unit (the reference engine) and once
/// on the time wheel: cycles, and how many figures of the two results differ.
std::vector<Comparison> engines_agree();

}  // namespace deltasim::sim
