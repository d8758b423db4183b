#include "sim/validation/comparison.hpp"
#include "sim/validation/machines.hpp"
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
      {"Published machines",
       "A preset of a published chip runs a workload of the published activity on the event machine; time and energy "
       "are compared.",
       sne_gesture},
  };
}

}  // namespace deltasim::sim
