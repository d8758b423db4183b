#pragma once

#include "sim/validation/comparison.hpp"
#include "sim/validation/preset.hpp"

#include <array>
#include <cstdint>
#include <vector>

/// FireNet (optical flow from events) on eight SENECA cores: measured in gate-level simulation, arXiv 2407.20421.
namespace deltasim::sim {

/// What is published of one of the two networks.
struct FireNetActivity {
  const char* name;
  std::array<double, 8> pixel_density;  ///< input of each block
  bool spikes;                          ///< a bit for each channel of a pixel in the place of values
  double milliseconds, microjoules;     ///< at 56 x 56
  double density = 0.05;                ///< neurons that send
};
extern const std::array<FireNetActivity, 2> firenet_published;  ///< ANN, SNN

/// The preset `seneca` or `seneca_spikes` with eight cores in a row.
Preset eight_senecas(bool spikes);

struct FireNetRun {
  double milliseconds = 0, microjoules = 0;
};
/// One inference with one block per core, at `size` x `size` pixels.
FireNetRun run_firenet(const Preset& machine, const FireNetActivity& activity, std::uint32_t size);

/// SEN-56: both networks, time and energy; times at other sizes, to which nothing was fitted.
std::vector<Comparison> firenet_on_seneca();

}  // namespace deltasim::sim
