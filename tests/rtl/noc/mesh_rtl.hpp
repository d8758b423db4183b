#pragma once

#include "sim/validation/mesh_sequences.hpp"

#include <vector>

namespace deltasim::test {

/// What arrives on the verilated meshes, in the order of `sequences`. Sequences with different queues may run at the
/// same time. Checks with doctest that every flit comes to the right endpoint, complete and in order.
std::vector<sim::MeshArrivals> run_mesh_rtl(const std::vector<sim::MeshSequence>& sequences);

}  // namespace deltasim::test
