#include "sim/validation/engines.hpp"

#include "hw/result_comparison.hpp"
#include "sim/mapper.hpp"
#include "sim/validation/made_up.hpp"
#include "sim/validation/preset.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

/// A residual block between two other layers: events of a layer go to several, from several cores.
models::Network residual_network() {
  const models::Shape input{3, 24, 24}, map{16, 24, 24};
  models::Network network;
  network.layers = {made_up_layer("input", input, {}),
                    made_up_layer("first", map, {made_up_convolution("first", {{0, {}}}, input, 16, 3)}),
                    made_up_layer("second", map, {made_up_convolution("second", {{1, {}}}, map, 16, 3)}),
                    made_up_layer("third", map,
                                  {made_up_convolution("third", {{2, {}}}, map, 16, 3),
                                   made_up_convolution("shortcut", {{1, {}}}, map, 16, 1)})};
  end_with_sum(network);
  return network;
}

hw::MachineResult run_on(const hw::ChipParams& chip, const models::Network& network, hw::Hosting engine,
                         double stalls) {
  constexpr std::uint64_t frames = 4;
  const hw::Mapping mapping = map_automatically(network, chip, "validation");
  Dice dice(7);
  MadeUpStream stream(network, frames, [&](models::LayerId layer, std::uint64_t) {
    const models::Shape& shape = network.layers[layer].output;
    return layer + 1 == network.layers.size() ? std::vector<models::DeltaEvent>()
                                              : in_pixels(shape, 0.3, shape.size() / 8, dice);
  });
  hw::MachineOptions options;
  options.hosting = engine;
  options.output_stall_probability = stalls;
  return hw::simulate(network, mapping, chip, stream, options);
}

}  // namespace

std::vector<Comparison> engines_agree() {
  constexpr const char* source = "this program with --engine systemc: a SystemC process and event for each unit";
  const models::Network network = residual_network();
  std::vector<Comparison> rows;
  for (const char* name : {"edge16", "seneca", "neuronflow", "loihi1", "loihi2_like"})
    for (const double stalls : {0.0, 0.3}) {
      const hw::ChipParams chip = preset_chip(name);
      const auto systemc = run_on(chip, network, hw::Hosting::processes, stalls);
      const auto wheel = run_on(chip, network, hw::Hosting::wheel, stalls);
      const std::string what = fmt::format("{}{}", name, stalls > 0 ? ", stalls" : "");
      rows.push_back({what + ": cycles", "systemc", source, "cycles", static_cast<double>(systemc.cycles),
                      static_cast<double>(wheel.cycles), 0.0});
      rows.push_back({what + ": differing figures", "systemc", source, "", 0.0,
                      static_cast<double>(hw::differing_figures(systemc, wheel)), 0.0});
    }
  return rows;
}

}  // namespace deltasim::sim
