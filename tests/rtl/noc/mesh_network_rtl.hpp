#pragma once

#include "sim/validation/mesh_networks.hpp"

namespace deltasim::test {

/// Runs a network on the verilated mesh of four cores. Checks with doctest that the protocol of frames holds.
sim::MeshFrames run_network_rtl(const sim::MeshNetwork& network);

}  // namespace deltasim::test
