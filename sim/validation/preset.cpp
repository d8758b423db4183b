#include "sim/validation/preset.hpp"

#include "sim/embedded.hpp"
#include "sim/run_config.hpp"

#include <nlohmann/json.hpp>

namespace deltasim::sim {

hw::ChipParams preset_chip(const std::string& name) {
  const std::string hardware = "configs/hw/" + name + ".json";
  return read_hardware_text(std::string(embedded(hardware)), hardware);
}

Preset preset(const std::string& name, const std::function<void(hw::ChipParams&)>& change) {
  const std::string energy = "configs/energy/" + name + ".json";
  hw::ChipParams chip = preset_chip(name);
  if (change) change(chip);
  return {chip, EnergyModel(nlohmann::ordered_json::parse(embedded(energy)), energy, chip)};
}

Taken taken(const Preset& preset, const hw::MachineResult& result) {
  hw::Counts all = result.ports;
  for (const auto& core : result.cores) all += core.counts;
  const auto energy = preset.energy.by_component(all, result.cycles * result.cores.size()).total();
  return {static_cast<double>(result.cycles) / (preset.chip.clock_mhz * 1e6), energy.value * 1e-12};
}

}  // namespace deltasim::sim
