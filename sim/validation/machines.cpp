#include "sim/validation/machines.hpp"

#include "sim/validation/made_up.hpp"
#include "sim/validation/preset.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

constexpr const char* sne_source =
    "Di Mauro et al. 2022, SNE: an Energy-Proportional Digital Accelerator for Sparse Event-Based Convolutions, arXiv "
    "2204.10687 (22 nm, DVS gesture)";

/// Every slice of SNE holds two of 16 output channels and takes every event.
hw::MachineResult run_on_sne(const Preset& sne, std::uint64_t events) {
  constexpr std::uint64_t time_steps = 10;
  const models::Shape input{2, 32, 32}, output{16, 32, 32};
  models::Network network;
  network.layers = {made_up_layer("events", input, {}),
                    made_up_layer("conv", output, {made_up_convolution("conv", {{0, {}}}, input, 16, 3)})};
  end_with_sum(network);
  hw::Mapping mapping;
  for (std::uint32_t core = 0; core < 8; ++core)
    mapping.slices.push_back({1, core, 2 * core, 2 * core + 2, 0, 32, 0, 32});
  mapping.slices.push_back(on_core(network, 2, 7));
  Dice dice(1);
  MadeUpStream stream(network, time_steps, [&](models::LayerId layer, std::uint64_t step) {
    if (layer != 0) return std::vector<models::DeltaEvent>();
    return scattered(input, events * (step + 1) / time_steps - events * step / time_steps, dice);
  });
  return hw::simulate(network, mapping, sne.chip, stream, {});
}

}  // namespace

std::vector<Comparison> sne_gesture() {
  const Preset sne = preset("sne");
  struct Published {
    std::uint64_t events;
    const char* activity;
    double ms, uj;
  };
  std::vector<Comparison> rows;
  for (const Published& p : {Published{59167, "1.2 %", 7.1, 80.2}, Published{192667, "4.9 %", 23.12, 261}}) {
    const Taken took = taken(sne, run_on_sne(sne, p.events));
    const std::string what = fmt::format("SNE, {} events ({})", p.events, p.activity);
    rows.push_back({what + ", time", "SNE", sne_source, "ms", p.ms, took.seconds * 1e3, 0.01});
    rows.push_back({what + ", energy", "SNE", sne_source, "uJ", p.uj, took.joules * 1e6, 0.01, Basis::independent,
                    "the preset's power is the published 11.29 mW"});
  }
  return rows;
}

}  // namespace deltasim::sim
