#pragma once

#include "sim/result.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// Where the delta execution costs more energy or cycles than another one, and what that is due to: the component (or
/// state traffic to DRAM) that grew most, the cause that takes most of its cores' cycles; and what the comparison
/// leaves out. Empty where it wins with all state on chip.
std::vector<std::string> notes_on(const Result& result);

}  // namespace deltasim::sim
