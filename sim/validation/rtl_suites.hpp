#pragma once

#include "sim/validation/comparison.hpp"

#include <cstdint>
#include <vector>

/// The cycle model against RTL, as recorded: one core, a mesh of routers, four cores on the mesh.
namespace deltasim::sim {

std::vector<Comparison> core_against_rtl();
std::vector<Comparison> routers_against_rtl();
std::vector<Comparison> networks_against_rtl();

/// How far the cycle model was from RTL when that was recorded: what every report quotes.
struct CycleModelError {
  double core = 0, routers = 0, mesh_of_cores = 0;  ///< largest |model / RTL - 1| of cycles
  std::uint64_t sequences = 0;
  double largest() const;
};
/// Read once.
const CycleModelError& recorded_cycle_error();

}  // namespace deltasim::sim
