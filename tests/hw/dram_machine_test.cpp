// Whole networks with slices in DRAM: values, conservation and independence of order, as for everything on chip.
#include "models/reference.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/mappings.hpp"
#include "tests/hw/scripted_stream.hpp"
#include "tests/models/network_oracle.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using hw::Activity;
using hw::Cause;
using models::Rule;

namespace {

struct Subject {
  Subject(std::uint32_t seed, Rule rule, hw::Reuse reuse, bool layer_delay = false, double change = 0.2) : stream(0) {
    rules.rule = rule;
    rules.layer_delay = layer_delay;
    rules.key_frame_period = seed % 2 == 0 ? 3 : 0;
    if (rule == Rule::pixel) rules.every.threshold = {3};
    network = models::with_rule_steps(test::random_network(seed), rules);
    auto frames = test::random_frames(network.layers[0].output, 4, change, seed);
    models::ReferenceNetwork reference(network, rules, frames);
    stream.record(reference);
    chip.noc.columns = 3;
    chip.noc.rows = 2;
    chip.dram.emplace();
    chip.dram->reuse = reuse;
    chip.dram->burst_bytes = 8;
    if (seed % 2 == 1) chip.dram->arbitration = hw::Arbitration::oldest_first;
    mapping = test::random_mapping(network, 6, seed);
    for (std::size_t i = 0; i < mapping.slices.size(); ++i) {
      mapping.slices[i].weights_in_dram = (i + seed) % 3 != 0;
      mapping.slices[i].state_in_dram = (i + seed) % 4 != 1;
    }
  }
  hw::MachineResult run(hw::MachineOptions options = {}) {
    stream.rewind();
    options.check = true;
    options.rules = &rules;
    return test::simulate(network, mapping, chip, stream, options);
  }

  models::RuleSet rules;
  models::Network network;
  test::ScriptedStream stream;
  hw::ChipParams chip;
  hw::Mapping mapping;
};

hw::Counts all_counts(const hw::MachineResult& r) {
  hw::Counts sum = r.ports;
  for (const auto& core : r.cores) sum += core.counts;
  return sum;
}

bool same(const hw::MachineResult& a, const hw::MachineResult& b) {
  bool equal = a.cycles == b.cycles && a.dram->busy_cycles == b.dram->busy_cycles;
  for (std::size_t i = 0; i < a.cores.size(); ++i)
    equal = equal && a.cores[i].causes == b.cores[i].causes && a.cores[i].counts == b.cores[i].counts;
  for (std::size_t f = 0; f < a.frames.size(); ++f) equal = equal && a.frames[f].finished == b.frames[f].finished;
  return equal;
}

}  // namespace

TEST_CASE("dram: values are exact, counts are conserved, and every cycle has a cause") {
  for (const hw::Reuse reuse : {hw::Reuse::frame, hw::Reuse::none})
    for (const Rule rule : {Rule::dense, Rule::spatial, Rule::delta, Rule::pixel})
      for (const bool delay : {false, true})
        for (std::uint32_t seed = 1; seed <= 2; ++seed) {
          CAPTURE(seed);
          CAPTURE(static_cast<int>(rule));
          CAPTURE(static_cast<int>(reuse));
          CAPTURE(delay);
          Subject subject(seed, rule, reuse, delay);
          const auto result = subject.run();
          CHECK(result.checked_values > 0);
          hw::Counts rows;
          for (const auto& frame : result.frames)
            for (const auto& row : frame.rows) rows += row.counts;
          const hw::Counts units = all_counts(result);
          CHECK(rows == units);
          CHECK(result.dram->weight_bursts + result.dram->state_read_bursts == units[Activity::dram_read]);
          CHECK(result.dram->state_write_bursts == units[Activity::dram_write]);
          CHECK(result.dram->weight_bursts > 0);
          // A channel of 64 bits a cycle moves a burst of 8 bytes in one: it is busy for as many cycles as bursts.
          CHECK(result.dram->busy_cycles == units[Activity::dram_read] + units[Activity::dram_write]);
          std::uint64_t waited = 0;
          for (const auto& core : result.cores) {
            CHECK(core.causes.sum() == result.cycles);
            waited += core.causes[Cause::dram];
          }
          CHECK(waited > 0);
          if (rule == Rule::dense) CHECK(result.dram->state_write_bursts == 0);
        }
}

TEST_CASE("dram: depth first, values stay exact and counts those of the frame's end, but for what moves by access") {
  for (const hw::Reuse reuse : {hw::Reuse::frame, hw::Reuse::none})
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
      Subject subject(seed, Rule::delta, reuse);
      const auto barrier = subject.run();
      subject.chip.core.schedule = hw::SliceSchedule::depth_first;
      const auto deep = subject.run();
      CHECK(deep.checked_values == barrier.checked_values);
      CHECK(all_counts(deep)[Activity::mac] == all_counts(barrier)[Activity::mac]);
      if (reuse == hw::Reuse::frame) CHECK(deep.dram->busy_cycles == barrier.dram->busy_cycles);
      for (const auto& core : deep.cores) CHECK(core.causes.sum() == deep.cycles);
    }
}

TEST_CASE("dram: neither the host nor the order of construction changes a result") {
  for (const hw::Reuse reuse : {hw::Reuse::frame, hw::Reuse::none})
    for (std::uint32_t seed = 1; seed <= 2; ++seed) {
      Subject subject(seed, Rule::delta, reuse);
      const auto built = subject.run();
      hw::MachineOptions options;
      for (options.construction_seed = 1; options.construction_seed <= 3; ++options.construction_seed)
        CHECK(same(built, subject.run(options)));
      options.hosting = hw::Hosting::processes;
      CHECK(same(built, subject.run(options)));
    }
}

TEST_CASE("dram: queues, stalls and bandwidth change times, never counts or values") {
  for (const hw::Reuse reuse : {hw::Reuse::frame, hw::Reuse::none}) {
    Subject subject(2, Rule::delta, reuse);
    const auto first = subject.run();
    hw::MachineOptions options;
    options.output_stall_probability = 0.5;
    for (const std::uint32_t depth : {1u, 4u}) {
      auto& chip = subject.chip;
      chip.core.input_queue_flits = chip.core.output_queue_flits = chip.noc.router_queue_flits = depth;
      CHECK(all_counts(subject.run(options)) == all_counts(first));
    }
    subject.chip.dram->bits_per_cycle = 3;
    const auto slow = subject.run();
    CHECK(all_counts(slow) == all_counts(first));
    CHECK(slow.cycles > first.cycles);
  }
}

TEST_CASE("dram: a queue that could drop and loses nothing changes nothing") {
  for (const hw::Reuse reuse : {hw::Reuse::frame, hw::Reuse::none})
    for (const Rule rule : {Rule::spatial, Rule::delta, Rule::send_on_delta})
      for (const double change : {0.0, 0.002, 0.2}) {
        CAPTURE(change);
        CAPTURE(static_cast<int>(rule));
        CAPTURE(static_cast<int>(reuse));
        Subject subject(1, rule, reuse, false, change);
        subject.chip.core.input_queue_flits = 1 << 16;
        const auto waiting = subject.run();
        subject.chip.core.queue_policy = hw::QueuePolicy::drop;
        CHECK(same(waiting, subject.run()));
      }
}

TEST_CASE("dram: what is on chip pays nothing for the channel's being there") {
  Subject subject(1, Rule::delta, hw::Reuse::frame);
  for (auto& slice : subject.mapping.slices) slice.weights_in_dram = slice.state_in_dram = false;
  const auto with = subject.run();
  subject.chip.dram.reset();
  const auto without = subject.run();
  CHECK(with.cycles == without.cycles);
  CHECK(with.dram->busy_cycles == 0);
  CHECK_FALSE(without.dram.has_value());
  CHECK(all_counts(with) == all_counts(without));
}
