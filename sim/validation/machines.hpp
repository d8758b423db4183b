#pragma once

#include "sim/validation/comparison.hpp"

#include <vector>

/// Published machines: a preset runs a workload of the published activity; times and energies are compared.
namespace deltasim::sim {

std::vector<Comparison> sne_gesture();

}  // namespace deltasim::sim
