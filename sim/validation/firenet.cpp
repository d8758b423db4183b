#include "sim/validation/firenet.hpp"

#include "sim/validation/made_up.hpp"
#include "sim/validation/preset.hpp"

#include <fmt/format.h>

#include <cmath>

namespace deltasim::sim {
namespace {

constexpr std::uint32_t channels = 32;
constexpr const char* source =
    "Xu et al., Neural Networks 188 (2025) 107447, arXiv 2407.20421: gate-level simulation of 8 SENECA cores, 500 MHz, "
    "0.8 V, +-15 %";

constexpr const char* linear =
    "the same measurement: time is linear in active pixels; expected is the time at 56 x 56 by the number of pixels";

constexpr const char* note =
    "three constants fitted to these four figures: send_pixel_cycles (and as many instructions) of "
    "configs/hw/seneca.json, pixel_cycles (and as many instructions) of configs/hw/seneca_spikes.json, idle_clock of "
    "configs/energy/seneca.json and seneca_spikes.json";

constexpr std::uint32_t blocks = 8;
bool recurrent(std::uint32_t block) { return block == 1 || block == 4; }

/// Eight blocks, the second and the fifth recurrent: what such a block sends comes back to its own core, too. There it
/// belongs to the next step, so it is a layer of its own here, which sends nothing.
struct FireNet {
  explicit FireNet(std::uint32_t size);
  void add(const models::Layer& layer, std::uint32_t core, int block) {
    network.layers.push_back(layer);
    block_of.push_back(block);
    mapping.slices.push_back(on_core(network, static_cast<models::LayerId>(network.layers.size() - 1), core));
  }
  models::Network network;
  hw::Mapping mapping;
  std::vector<int> block_of;  ///< by layer: whose output it is; -1 = sends nothing
};

FireNet::FireNet(std::uint32_t size) {
  const models::Shape camera{2, size, size}, map{channels, size, size};
  network.layers.push_back(made_up_layer("camera", camera, {}));
  block_of.push_back(0);
  models::LayerId before = 0;
  for (std::uint32_t block = 0; block + 1 < blocks; ++block) {
    const std::string name = fmt::format("block{}", block + 1);
    const auto input = network.layers[before].output;
    add(made_up_layer(name, map, {made_up_convolution(name, {{before, {}}}, input, channels, 3)}), block,
        static_cast<int>(block) + 1);
    before = static_cast<models::LayerId>(network.layers.size() - 1);
    if (!recurrent(block)) continue;
    const std::string own = name + " recurrent";
    add(made_up_layer(own, map, {made_up_convolution(own, {{before, {}}}, map, channels, 3)}), block, -1);
  }
  add(made_up_layer("prediction", camera, {made_up_convolution("prediction", {{before, {}}}, map, 2, 1)}), blocks - 1,
      -1);
  network.layers.back().raw_output = true;
  network.layers.back().output_scale = {1.0};
  network.outputs = {
      {"flow", {camera.channels, size, size}, {{static_cast<models::LayerId>(network.layers.size() - 1), {}}}}};
}

}  // namespace

const std::array<FireNetActivity, 2> firenet_published{
    FireNetActivity{"ANN", {.088, .286, .825, .374, .228, .962, .983, .996}, false, 71.8, 1233},
    FireNetActivity{"SNN", {.093, .252, .453, .308, .315, .554, .569, .592}, true, 44.9, 927}};

Preset eight_senecas(bool spikes) {
  return preset(spikes ? "seneca_spikes" : "seneca", [](hw::ChipParams& chip) {
    chip.noc.columns = blocks;
    chip.noc.rows = 1;
    chip.output_port_column = blocks - 1;
  });
}

FireNetRun run_firenet(const Preset& machine, const FireNetActivity& activity, std::uint32_t size) {
  FireNet net(size);
  Dice dice(1);
  MadeUpStream stream(net.network, 1, [&](models::LayerId layer, std::uint64_t) {
    const models::Shape& map = net.network.layers[layer].output;
    const int block = net.block_of[layer];
    if (block < 0) return std::vector<models::DeltaEvent>();
    const auto events = static_cast<std::uint64_t>(std::llround(activity.density * static_cast<double>(map.size())));
    return in_pixels(map, activity.pixel_density[static_cast<std::size_t>(block)], events, dice);
  });
  const Taken took = taken(machine, hw::simulate(net.network, net.mapping, machine.chip, stream, {}));
  return {took.seconds * 1e3, took.joules * 1e6};
}

std::vector<Comparison> firenet_on_seneca() {
  constexpr std::uint32_t fitted = 56;
  std::vector<Comparison> rows;
  for (const FireNetActivity& activity : firenet_published)
    for (const std::uint32_t size : {fitted, 28u, 112u}) {
      const FireNetRun run = run_firenet(eight_senecas(activity.spikes), activity, size);
      const std::string what = fmt::format("FireNet {}, {} x {}", activity.name, size, size);
      if (size != fitted) {
        const double pixels = static_cast<double>(size * size) / (fitted * fitted);
        rows.push_back(
            {what + ", time", "SEN-LINEAR", linear, "ms", pixels * activity.milliseconds, run.milliseconds, 0.15});
        continue;
      }
      rows.push_back({what + ", time", "SEN-56", source, "ms", activity.milliseconds, run.milliseconds, 0.15,
                      Basis::calibrated, note});
      rows.push_back({what + ", energy", "SEN-56", source, "uJ", activity.microjoules, run.microjoules, 0.15,
                      Basis::calibrated, note});
    }
  return rows;
}

}  // namespace deltasim::sim
