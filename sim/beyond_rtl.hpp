#pragma once

#include "hw/mapping.hpp"
#include "hw/params.hpp"
#include "sim/result.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// What this run uses that the RTL in hw/rtl does not have: there, cycles rest on closed formulas and published
/// figures, and the recorded deviation says nothing. Named as docs/architecture.md ("RTL") does.
std::vector<std::string> beyond_rtl(const hw::ChipParams& chip, const hw::Mapping& mapping,
                                    const std::vector<WorkloadRow>& rows, const models::Network& network);

}  // namespace deltasim::sim
