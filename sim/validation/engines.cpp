#include "sim/validation/engines.hpp"

#include "sim/mapper.hpp"
#include "sim/validation/made_up.hpp"
#include "sim/validation/preset.hpp"

#include <fmt/format.h>

#include <algorithm>

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

/// How many figures of two results are not the same.
class Differences {
 public:
  template <class T>
  void look(const T& a, const T& b) {
    count_ += a == b ? 0 : 1;
  }
  /// Element by element; a length that differs counts as one figure.
  template <class List, class Look>
  void look_at_each(const List& a, const List& b, Look&& each) {
    look(a.size(), b.size());
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) each(a[i], b[i]);
  }
  double count() const { return static_cast<double>(count_); }

 private:
  std::uint64_t count_ = 0;
};

double differing_figures(const hw::MachineResult& a, const hw::MachineResult& b) {
  Differences d;
  d.look(a.ports, b.ports);
  d.look_at_each(a.cores, b.cores, [&](const hw::CoreResult& x, const hw::CoreResult& y) {
    d.look(x.counts, y.counts);
    d.look(x.causes, y.causes);
    d.look(x.input_queue_high_water, y.input_queue_high_water);
    d.look(x.output_queue_high_water, y.output_queue_high_water);
  });
  d.look_at_each(a.links, b.links, [&](const hw::LinkResult& x, const hw::LinkResult& y) {
    d.look(x.flits, y.flits);
    d.look(x.high_water, y.high_water);
  });
  d.look_at_each(a.frames, b.frames, [&](const hw::FrameResult& x, const hw::FrameResult& y) {
    d.look(x.started, y.started);
    d.look(x.finished, y.finished);
    d.look_at_each(x.rows, y.rows, [&](const hw::BranchResult& p, const hw::BranchResult& q) {
      d.look(p.counts, q.counts);
      d.look(p.cycles, q.cycles);
    });
  });
  return d.count();
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
      rows.push_back(
          {what + ": differing figures", "systemc", source, "", 0.0, differing_figures(systemc, wheel), 0.0});
    }
  return rows;
}

}  // namespace deltasim::sim
