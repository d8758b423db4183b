#include "sim/validation/comparison.hpp"
#include "sim/validation/engines.hpp"
#include "sim/validation/firenet.hpp"
#include "sim/validation/machines.hpp"
#include "sim/validation/published_networks.hpp"
#include "sim/validation/rtl_suites.hpp"
#include "sim/validation/seneca.hpp"
#include "sim/validation/systolic_rows.hpp"
#include "sim/validation/thought_experiment.hpp"

namespace deltasim::sim {
std::vector<Suite> suites(const std::string& data) {
  return {
      {"RTL: a core",
       "Sequences of events (random, bursty, dense, single pixels; kernels, strides, dilations and groupings of real "
       "networks; stalls at the output) on the model of a core and on its RTL. Values are equal; without stalls every "
       "flit leaves in the same cycle.",
       core_against_rtl},
      {"RTL: a mesh of routers",
       "Packets on four routers: every packet arrives where, when and in the order in which it does in RTL.",
       routers_against_rtl},
      {"RTL: four cores on a mesh",
       "Networks on the machine and on RTL of four cores and four routers: equal outputs, cycles at which each frame "
       "is finished.",
       networks_against_rtl},
      {"Operation counts",
       "Counts that others published for whole networks, from their own formulas (which ignore borders) and from the "
       "networks' shapes.",
       published_operation_counts},
      {"Delta arithmetic",
       "A published sigma-delta network with its golden vectors, computed by the reference network with one step of "
       "delay per layer. Compared value by value.",
       [data] { return pilotnet_golden(data); }},
      {"Engines",
       "A residual network with made-up events on shipped machines, with a SystemC process for each unit and on the "
       "time wheel: cycles, and every other figure of the result.",
       engines_agree},
      {"Systolic array",
       "ResNet-18 at 224 x 224 on 32 x 32 elements, folds not overlapped, layer by layer, by the formulas of SCALE-Sim "
       "v3 and of ISPASS 2020 "
       "(which differ for output stationary).",
       systolic_array},
      {"Memory of deltas",
       "What state per neuron costs in memory and in external traffic, for ResNet-50 by its shapes, with the count of "
       "the machine's own DRAM model.",
       delta_memory},
      {"Published machines",
       "A preset of a published chip runs a workload of the published activity on the event machine; time and energy "
       "are compared.",
       sne_gesture},
      {"SENECA core",
       "One pixel of a 3 x 3 convolution of 32 channels, and the energy of a synapse in groups of G events.",
       seneca_core},
      {"FireNet on SENECA",
       "Optical flow on eight cores, one block each, with the published share of active pixels of every layer.",
       firenet_on_seneca},
  };
}

}  // namespace deltasim::sim
