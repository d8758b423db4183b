#pragma once

#include "hw/machine.hpp"
#include "hw/params.hpp"
#include "sim/energy.hpp"

#include <functional>
#include <string>

namespace deltasim::sim {

/// A shipped machine with its energy table, as the program carries them.
struct Preset {
  hw::ChipParams chip;
  EnergyModel energy;
};
/// configs/hw/`name`.json with configs/energy/`name`.json; `change` may alter the chip first.
Preset preset(const std::string& name, const std::function<void(hw::ChipParams&)>& change = {});
/// configs/hw/`name`.json alone.
hw::ChipParams preset_chip(const std::string& name);

/// What an execution took on a preset.
struct Taken {
  double seconds = 0;
  double joules = 0;  ///< everything, leakage included
};
Taken taken(const Preset& preset, const hw::MachineResult& result);

}  // namespace deltasim::sim
