#pragma once

#include "sim/validation/comparison.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// Operation counts that others published for networks, from the formulas that they used. No machine takes part.
std::vector<Comparison> published_operation_counts();

/// The published sigma-delta PilotNet, bit for bit: messages, sums of the first layer and outputs of every step.
/// @param data  folder with golden/pilotnet_sdnn; "" = not at hand, then the rows have no expected value
std::vector<Comparison> pilotnet_golden(const std::string& data);

}  // namespace deltasim::sim
