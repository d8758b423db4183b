#pragma once

#include "hw/machine.hpp"

#include <cstdint>

namespace deltasim::hw {

/// How many figures of two results are not the same; 0 for runs of one configuration on both engines.
std::uint64_t differing_figures(const MachineResult& a, const MachineResult& b);

}  // namespace deltasim::hw
