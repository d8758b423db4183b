#include "sim/validation/seneca.hpp"

#include "sim/validation/made_up.hpp"
#include "sim/validation/preset.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

constexpr std::uint32_t size = 24, channels = 32;

/// A 3 x 3 convolution of 32 channels on one core; `active` channels of every pixel that is not on the border are sent.
hw::MachineResult run_pixels(const hw::ChipParams& chip, std::uint32_t active) {
  const models::Shape map{channels, size, size};
  models::Network network;
  network.layers = {made_up_layer("pixels", map, {}),
                    made_up_layer("conv", map, {made_up_convolution("conv", {{0, {}}}, map, channels, 3)})};
  end_with_sum(network);
  hw::Mapping mapping;
  mapping.slices = {on_core(network, 1, 0), on_core(network, 2, 1)};
  MadeUpStream stream(network, 1, [&](models::LayerId layer, std::uint64_t) {
    std::vector<models::DeltaEvent> events;
    if (layer != 0) return events;
    for (std::uint16_t y = 1; y + 1u < size; ++y)
      for (std::uint16_t x = 1; x + 1u < size; ++x)
        for (std::uint32_t c = 0; c < active; ++c) events.push_back({c, y, x, 1});
    return events;
  });
  return hw::simulate(network, mapping, chip, stream, {});
}

constexpr std::uint32_t pixels = (size - 2) * (size - 2);

double microseconds(const hw::ChipParams& chip, std::uint32_t active) {
  const auto cycles = run_pixels(chip, active).cycles - run_pixels(chip, 0).cycles;
  return static_cast<double>(cycles) / pixels / chip.clock_mhz;
}

/// Products, weights and states of full groups; no control, no evaluation.
double synapse_pj(const std::string& name, std::uint32_t group) {
  const Preset machine = preset(name, [group](hw::ChipParams& chip) { chip.core.group_events = group; });
  const hw::Counts with = run_pixels(machine.chip, 16).cores[0].counts,
                   without = run_pixels(machine.chip, 0).cores[0].counts;
  double pj = 0;
  for (const hw::Activity a : {hw::Activity::mac, hw::Activity::padding_mac, hw::Activity::weight_read,
                               hw::Activity::state_read, hw::Activity::state_write})
    pj += machine.energy.of(a).pj.value * static_cast<double>(with[a] - without[a]);
  return pj / static_cast<double>(with[hw::Activity::mac]);
}

}  // namespace

std::vector<Comparison> seneca_core() {
  constexpr const char* measured =
      "Xu et al., Neural Networks 188 (2025) 107447, arXiv 2407.20421: gate-level simulation, 500 MHz, +-15 %";
  struct Pixel {
    const char *preset, *what;
    std::uint32_t active;
    double us;
    Basis basis;
    const char* note;
  };
  std::vector<Comparison> rows;
  for (const Pixel& p :
       {Pixel{"seneca", "values", 1, 2.52, Basis::calibrated, "pixel_cycles of the preset come from this figure"},
        Pixel{"seneca", "values", 28, 8.14, Basis::independent, "instructions of the lanes for 7 groups of 4"},
        Pixel{"seneca_spikes", "bit mask", 1, 5.14, Basis::calibrated,
              "pixel_cycles of the preset were fitted to this figure and to SEN-56"},
        Pixel{"seneca_spikes", "bit mask", 28, 8.04, Basis::calibrated,
              "step_cycles of the preset come from this figure"}})
    rows.push_back(
        {fmt::format("SENECA, pixel with {} active channel{}, {}", p.active, p.active == 1 ? "" : "s", p.what),
         "SEN-PIXEL", measured, "us", p.us, microseconds(preset(p.preset).chip, p.active), 0.15, p.basis, p.note});
  for (const std::uint32_t group : {1u, 2u, 4u, 8u, 16u})
    rows.push_back(
        {fmt::format("SENECA, energy of a synapse, groups of {}", group), "SEN-T8",
         "5.75 + 7.6 / G pJ from instruction energies of Tang et al. 2023, Front. Neurosci. 17:1187252, Table 8", "pJ",
         5.75 + 7.6 / group, synapse_pj("seneca", group), 0.15, Basis::independent,
         "int8 weights; the energy table has the same source: tests counts of products and words"});
  return rows;
}

}  // namespace deltasim::sim
