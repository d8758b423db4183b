#include "sim/validation/comparison.hpp"
#include "sim/validation/published_networks.hpp"

namespace deltasim::sim {

std::vector<Suite> suites(const std::string& data) {
  return {
      {"Operation counts",
       "Counts that others published for whole networks, from their own formulas (which ignore borders) and from the "
       "networks' shapes.",
       published_operation_counts},
      {"Delta arithmetic",
       "A published sigma-delta network with its golden vectors, computed by the reference network with one step of "
       "delay per layer. Compared value by value.",
       [data] { return pilotnet_golden(data); }},
  };
}

}  // namespace deltasim::sim
