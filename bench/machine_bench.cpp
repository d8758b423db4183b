#include "bench/layers.hpp"
#include "hw/machine.hpp"
#include "models/reference.hpp"
#include "sim/mapper.hpp"

#include <benchmark/benchmark.h>

using namespace deltasim;

/// How fast the machine is simulated, cycles and counts included, without `check`.
static void simulate(benchmark::State& state, const models::Network& network, const hw::Mapping& mapping,
                     const hw::ChipParams& chip, double density, std::uint64_t frames, hw::Hosting hosting) {
  hw::MachineOptions options;
  options.hosting = hosting;
  bench::RandomStream random(network, density, frames);
  bench::StoredStream stream(random);
  std::uint64_t macs = 0, cycles = 0, events = 0;
  for (auto _ : state) {
    stream.rewind();
    const auto result = hw::simulate(network, mapping, chip, stream, options);
    cycles += result.cycles;
    for (const auto& core : result.cores) {
      macs += core.counts[hw::Activity::mac];
      events += core.counts[hw::Activity::event_in];
    }
  }
  const auto rate = [](std::uint64_t n) { return benchmark::Counter(double(n), benchmark::Counter::kIsRate); };
  state.counters["events/s"] = rate(events);
  state.counters["MAC/s"] = rate(macs);
  state.counters["cycles/s"] = rate(cycles);
}

static void simulate(benchmark::State& state, const models::Network& network, const hw::ChipParams& chip,
                     double density, std::uint64_t frames) {
  simulate(state, network, sim::map_automatically(network, chip, "bench"), chip, density, frames, hw::Hosting::wheel);
}

static void every_input_fires_16x16_on_1_core(benchmark::State& state) {
  hw::ChipParams chip;
  chip.noc.columns = chip.noc.rows = 1;
  simulate(state, bench::single_convolution(16, 16, 16), chip, 1.0, 20);
}
BENCHMARK(every_input_fires_16x16_on_1_core)->Unit(benchmark::kMillisecond);

/// 64 -> 64 channels, cut into bands of rows and parts of the channels. Fixed cuts, so that figures stay comparable
/// when the mapper changes its mind. An event goes to `parts` cores, and to the neighbouring bands' at an edge.
static void fifth_fires(benchmark::State& state, std::uint32_t bands, std::uint32_t parts, std::uint64_t frames,
                        hw::Hosting hosting) {
  const models::Network network = bench::single_convolution(64, 64, 56);
  simulate(state, network, bench::bands_and_parts(network, bands, parts), hw::ChipParams(), 0.2, frames, hosting);
}

static void fifth_fires_56x56_on_16_cores(benchmark::State& state) { fifth_fires(state, 8, 2, 10, hw::Hosting::wheel); }
BENCHMARK(fifth_fires_56x56_on_16_cores)->Unit(benchmark::kMillisecond);

static void fifth_fires_56x56_on_16_cores_a_process_for_each_unit(benchmark::State& state) {
  fifth_fires(state, 8, 2, 10, hw::Hosting::processes);
}
BENCHMARK(fifth_fires_56x56_on_16_cores_a_process_for_each_unit)->Unit(benchmark::kMillisecond);

static void fifth_fires_56x56_each_event_to_16_cores(benchmark::State& state) {
  fifth_fires(state, 1, 16, 3, hw::Hosting::wheel);
}
BENCHMARK(fifth_fires_56x56_each_event_to_16_cores)->Unit(benchmark::kMillisecond);

static void fifth_fires_56x56_each_event_to_16_cores_a_process_for_each_unit(benchmark::State& state) {
  fifth_fires(state, 1, 16, 3, hw::Hosting::processes);
}
BENCHMARK(fifth_fires_56x56_each_event_to_16_cores_a_process_for_each_unit)->Unit(benchmark::kMillisecond);

static void fifth_fires_56x56_as_the_mapper_cuts(benchmark::State& state) {
  simulate(state, bench::single_convolution(64, 64, 56), hw::ChipParams(), 0.2, 10);
}
BENCHMARK(fifth_fires_56x56_as_the_mapper_cuts)->Unit(benchmark::kMillisecond);

static void layer_of_32x32x32(benchmark::State& state) {
  simulate(state, bench::single_convolution(32, 32, 32), hw::ChipParams(), 0.2, 10);
}
BENCHMARK(layer_of_32x32x32)->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
