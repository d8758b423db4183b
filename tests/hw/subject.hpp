#pragma once

#include "hw/machine.hpp"
#include "models/reference.hpp"
#include "tests/hw/both_engines.hpp"
#include "tests/hw/mappings.hpp"
#include "tests/hw/scripted_stream.hpp"
#include "tests/models/network_oracle.hpp"

namespace deltasim::test {

/// A random network under a rule, its recorded stream and the work that this stream asks for.
struct Subject {
  Subject(std::uint32_t seed, models::Rule rule, bool layer_delay = false, std::uint32_t key_frame_period = 0)
      : stream(0) {
    rules.rule = rule;
    rules.layer_delay = layer_delay;
    rules.key_frame_period = key_frame_period;
    if (rule == models::Rule::send_on_delta || rule == models::Rule::pixel) rules.every.threshold = {3};
    network = models::with_rule_steps(random_network(seed), rules);
    record(seed);
  }
  void record(std::uint32_t seed) {
    stream = ScriptedStream(0);
    auto frames = random_frames(network.layers[0].output, 4, 0.2, seed);
    models::ReferenceNetwork reference(network, rules, frames);
    stream.record(reference);
  }
  hw::MachineResult run(const hw::Mapping& mapping, const hw::ChipParams& chip, hw::MachineOptions options = {}) {
    stream.rewind();
    options.check = true;
    options.rules = &rules;
    return test::simulate(network, mapping, chip, stream, options);
  }
  std::uint64_t values() const {
    std::uint64_t n = 0;
    for (const auto& frame : const_cast<ScriptedStream&>(stream).frames()) {
      for (std::size_t l = 1; l < frame.of_layer.size(); ++l) n += frame.of_layer[l].size();
      n += frame.outputs.size();
    }
    return n;
  }

  models::RuleSet rules;
  models::Network network;
  ScriptedStream stream;
};

inline hw::ChipParams mesh(std::uint32_t columns, std::uint32_t rows, std::uint32_t depth = 64) {
  hw::ChipParams chip;
  chip.noc.columns = columns;
  chip.noc.rows = rows;
  chip.core.input_queue_flits = chip.core.output_queue_flits = chip.noc.router_queue_flits = depth;
  return chip;
}

inline hw::Counts sum_of_cores(const hw::MachineResult& r) {
  hw::Counts sum;
  for (const auto& core : r.cores) sum += core.counts;
  return sum;
}

inline bool same_time(const hw::MachineResult& a, const hw::MachineResult& b) {
  if (a.cycles != b.cycles || a.frames.size() != b.frames.size()) return false;
  for (std::size_t i = 0; i < a.frames.size(); ++i) {
    if (a.frames[i].started != b.frames[i].started || a.frames[i].finished != b.frames[i].finished) return false;
    for (std::size_t row = 0; row < a.frames[i].rows.size(); ++row)
      if (a.frames[i].rows[row].cycles != b.frames[i].rows[row].cycles) return false;
  }
  for (std::size_t i = 0; i < a.cores.size(); ++i)
    if (a.cores[i].causes != b.cores[i].causes ||
        a.cores[i].input_queue_high_water != b.cores[i].input_queue_high_water ||
        a.cores[i].output_queue_high_water != b.cores[i].output_queue_high_water)
      return false;
  for (std::size_t i = 0; i < a.links.size(); ++i)
    if (a.links[i].flits != b.links[i].flits) return false;
  return true;
}

inline bool same_counts(const hw::MachineResult& a, const hw::MachineResult& b) {
  for (std::size_t i = 0; i < a.cores.size(); ++i)
    if (a.cores[i].counts != b.cores[i].counts) return false;
  for (std::size_t f = 0; f < a.frames.size(); ++f)
    for (std::size_t row = 0; row < a.frames[f].rows.size(); ++row)
      if (a.frames[f].rows[row].counts != b.frames[f].rows[row].counts) return false;
  return a.ports == b.ports && a.cores.size() == b.cores.size() && a.frames.size() == b.frames.size();
}

inline void set_packets(hw::NocParams& noc, std::uint32_t header, std::uint32_t values_per_flit, std::uint32_t flits) {
  noc.header_flits = header;
  noc.values_per_flit = values_per_flit;
  noc.packet_flits = flits;
}

inline constexpr models::Rule all_rules[] = {models::Rule::dense,          models::Rule::spatial,
                                             models::Rule::delta,          models::Rule::send_on_delta,
                                             models::Rule::previous_frame, models::Rule::pixel};

}  // namespace deltasim::test
