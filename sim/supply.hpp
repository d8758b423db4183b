#pragma once

#include "hw/params.hpp"
#include "sim/document.hpp"

#include <optional>

namespace deltasim::sim {

/// Volts at which the chip runs: `voltage`; else of `operating_points` at its clock, linear between two points. Absent:
/// what the energy table holds for.
std::optional<double> supply_volt(const hw::ChipParams& chip);

/// Refuses points that are none, a clock that no point reaches and a voltage too low for the clock.
/// @param place  JSON pointer of the chip in `document`
void check_supply(const Document& document, const std::string& place, const hw::ChipParams& chip);

}  // namespace deltasim::sim
