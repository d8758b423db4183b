#include "sim/energy.hpp"

#include "models/error.hpp"
#include "sim/energy_table.hpp"
#include "sim/supply.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cassert>
#include <fstream>

namespace deltasim::sim {
namespace {

using hw::Activity;

struct ActivityComponent {
  Activity activity;
  Component component;
};

constexpr std::array<ActivityComponent, hw::activity_total> components{{
    {Activity::event_in, Component::control},
    {Activity::control_instruction, Component::control},
    {Activity::weight_read, Component::weight_memory},
    {Activity::state_read, Component::state_memory},
    {Activity::state_write, Component::state_memory},
    {Activity::mac, Component::mac},
    {Activity::padding_mac, Component::mac},
    {Activity::accumulate, Component::mac},
    {Activity::evaluate, Component::delta_unit},
    {Activity::reference_read, Component::reference},
    {Activity::reference_write, Component::reference},
    {Activity::flag_read, Component::delta_unit},
    {Activity::event_out, Component::delta_unit},
    {Activity::queue_write, Component::queues},
    {Activity::queue_read, Component::queues},
    {Activity::flit_hop, Component::network},
    {Activity::dram_read, Component::dram},
    {Activity::dram_write, Component::dram},
}};

}  // namespace

Component component_of(Activity activity) {
  const auto& entry = components[static_cast<std::size_t>(activity)];
  assert(entry.activity == activity);
  return entry.component;
}

EnergyModel::EnergyModel(const nlohmann::ordered_json& json, const std::string& file, const hw::ChipParams& chip) {
  const EnergyTable table = parse_energy_table(json, file);
  const std::optional<double> volt = supply_volt(chip);
  if (volt && table.voltage.points.empty())
    throw models::InputError(file, "/voltage", fmt::format("is missing, and the chip runs at {:.4g} V", *volt),
                             "the voltage at which the energies hold, or a chip without 'voltage'");
  for (const Activity a : {Activity::dram_read, Activity::dram_write})
    if (chip.dram && !table.activities[static_cast<std::size_t>(a)].stated)
      throw models::InputError(file, "/activities",
                               fmt::format("'{}' is missing", hw::activity_info[static_cast<std::size_t>(a)].name),
                               "the chip has a dram: give the energy of its bursts, for example in pJ/bit");
  AppliedTable applied(table, chip, volt);
  name_ = table.name;
  for (std::size_t i = 0; i < hw::activity_total; ++i) of_[i] = applied.activity(static_cast<Activity>(i));
  leakage_mw_ = applied.leakage_mw();
  idle_clock_pj_ = applied.idle_clock();
  cycle_ns_ = 1000.0 / chip.clock_mhz;
  retained_leakage_ = chip.power_gating.retained_leakage;
  off_leakage_ = chip.power_gating.off_leakage;
  notes_ = applied.notes();
}

EnergyModel EnergyModel::read(const std::string& path, const hw::ChipParams& chip) {
  std::ifstream in(path);
  if (!in) throw models::InputError(path, "", "cannot be opened", "an energy table (JSON)");
  nlohmann::ordered_json json;
  try {
    json = nlohmann::ordered_json::parse(in);
  } catch (const nlohmann::json::parse_error& e) {
    throw models::InputError(path, fmt::format("byte {}", e.byte), "is not JSON", "an energy table (JSON)");
  }
  return EnergyModel(json, path, chip);
}

Spread EnergyModel::energy_of(const hw::Counts& counts) const {
  Spread sum;
  for (std::size_t i = 0; i < hw::activity_total; ++i)
    sum.add(static_cast<double>(counts[static_cast<Activity>(i)]), of_[i].spread);
  return sum;
}

double EnergyModel::pj(const hw::Counts& counts) const {
  double sum = 0;
  for (std::size_t i = 0; i < hw::activity_total; ++i)
    sum += static_cast<double>(counts[static_cast<Activity>(i)]) * of_[i].spread.value;
  return sum;
}

Figure EnergyModel::leakage_mw_per_core() const {
  Figure sum = leakage_mw_.weight_memory;
  return sum.add(1, leakage_mw_.state_memory).add(1, leakage_mw_.logic);
}

Spread EnergyModel::leakage(double core_cycles) const {
  return core_cycles * cycle_ns_ * leakage_mw_per_core().spread;  // mW x ns = pJ
}

Spread EnergyModel::idle_clock(double core_cycles) const { return core_cycles * idle_clock_pj_.spread; }

Spread EnergyModel::sleeping_leakage(double core_cycles, bool keeps_state) const {
  Spread mw = retained_leakage_ * leakage_mw_.weight_memory.spread;
  mw.add(keeps_state ? retained_leakage_ : off_leakage_, leakage_mw_.state_memory.spread);
  mw.add(off_leakage_, leakage_mw_.logic.spread);
  return core_cycles * cycle_ns_ * mw;
}

double EnergyModel::always_on_pj(double core_cycles) const {
  return core_cycles * (cycle_ns_ * leakage_mw_per_core().spread.value + idle_clock_pj_.spread.value);
}

Breakdown EnergyModel::by_component(const hw::Counts& counts, double core_cycles) const {
  Breakdown b;
  for (std::size_t i = 0; i < hw::activity_total; ++i) {
    const auto a = static_cast<Activity>(i);
    b[component_of(a)].add(static_cast<double>(counts[a]), of_[i].spread);
  }
  b[Component::idle_clock] = idle_clock(core_cycles);
  b[Component::leakage] = leakage(core_cycles);
  return b;
}

}  // namespace deltasim::sim
