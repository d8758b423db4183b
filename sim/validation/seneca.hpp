#pragma once

#include "sim/validation/comparison.hpp"

#include <vector>

namespace deltasim::sim {

/// What one pixel of a 3 x 3 convolution takes on a SENECA core, and what a synapse costs by the size of its group.
std::vector<Comparison> seneca_core();

}  // namespace deltasim::sim
