// What sharing states between the events of a pixel brings on SENECA, and how its time goes with size and activity.
#include "sim/validation/firenet.hpp"
#include "sim/validation/made_up.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace deltasim;
using namespace deltasim::sim;

namespace {

double event_pj(std::uint32_t group) {
  const Preset seneca = preset("seneca", [group](hw::ChipParams& chip) {
    chip.core.group_events = group;
    chip.noc.packet_flits = 33;  // room for 64 values
    chip.noc.router_queue_flits = 33;
  });
  const models::Shape map{64, 8, 8};
  models::Network network;
  network.layers = {made_up_layer("input", map, {}),
                    made_up_layer("conv", map, {made_up_convolution("conv", {{0, {}}}, map, 64, 3)})};
  end_with_sum(network);
  hw::Mapping mapping;
  mapping.slices = {on_core(network, 1, 0), on_core(network, 2, 1)};
  Dice dice(1);
  MadeUpStream stream(network, 1, [&](models::LayerId layer, std::uint64_t) {
    return layer == 0 ? in_pixels(map, 1, map.size(), dice) : std::vector<models::DeltaEvent>();
  });
  const auto counts = hw::simulate(network, mapping, seneca.chip, stream, {}).cores[0].counts;
  double pj = 0;
  for (std::size_t a = 0; a < hw::activity_total; ++a)
    pj += seneca.energy.of(static_cast<hw::Activity>(a)).pj.value *
          static_cast<double>(counts[static_cast<hw::Activity>(a)]);
  return pj / static_cast<double>(counts[hw::Activity::event_in]);
}

FireNetRun run(bool spikes, std::uint32_t size, double scale) {
  FireNetActivity activity = firenet_published[spikes ? 1 : 0];
  for (double& d : activity.pixel_density) d *= scale;
  activity.density = 0;  // one event in each active pixel
  return run_firenet(eight_senecas(spikes), activity, size);
}

}  // namespace

TEST_CASE("energy of an event falls with the size of groups and saturates by 8") {
  const double alone = event_pj(1);
  double before = alone;
  for (const std::uint32_t group : {2u, 4u, 8u, 16u, 64u}) {
    CAPTURE(group);
    const double pj = event_pj(group);
    CHECK(pj < before);
    before = pj;
  }
  CHECK(event_pj(8) < 0.55 * alone);
  CHECK(event_pj(8) - before < 0.08 * alone);
}

TEST_CASE("time of FireNet on SENECA goes with the map's pixels and, without them all, with active pixels") {
  for (const bool spikes : {false, true}) {
    CAPTURE(spikes);
    const double ms = run(spikes, 28, 1).milliseconds;
    CHECK(run(spikes, 56, 1).milliseconds / ms == doctest::Approx(4).epsilon(0.05));
    // Linear: a step of a quarter of the pixels takes the same time anywhere.
    const double quarter = run(spikes, 28, 0.25).milliseconds, half = run(spikes, 28, 0.5).milliseconds;
    CHECK((ms - half) / (half - quarter) == doctest::Approx(2).epsilon(0.05));
    CHECK(quarter < 0.32 * ms);
  }
}
