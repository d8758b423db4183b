#include "sim/beyond_rtl.hpp"

#include <algorithm>
#include <set>

namespace deltasim::sim {
namespace {

bool shares_cores(const hw::Mapping& mapping) {
  std::set<std::uint32_t> seen;
  return std::any_of(mapping.slices.begin(), mapping.slices.end(),
                     [&](const hw::Slice& s) { return !seen.insert(s.core).second; });
}

bool adds_or_pools(const std::vector<WorkloadRow>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const WorkloadRow& row) {
    return row.kind == "add" || row.kind == "concat" || row.kind == "average_pool" || row.kind == "max_pool";
  });
}

bool clips_by_channel(const models::Network& network) {
  return std::any_of(network.layers.begin(), network.layers.end(),
                     [](const models::Layer& layer) { return !layer.channel_ranges.empty(); });
}

bool controls(const hw::CoreParams& c) {
  return c.packet_cycles + c.pixel_cycles + c.send_pixel_cycles + c.fire_cycles > 0 || c.decode_cycles > 1 ||
         !c.decode_overlap;
}

}  // namespace

std::vector<std::string> beyond_rtl(const hw::ChipParams& chip, const hw::Mapping& mapping,
                                    const std::vector<WorkloadRow>& rows, const models::Network& network) {
  const hw::CoreParams& c = chip.core;
  std::vector<std::string> names;
  const auto add = [&](bool used, const char* name) {
    if (used) names.emplace_back(name);
  };
  add(shares_cores(mapping), "several slices in a core");
  add(adds_or_pools(rows), "pools and additions");
  add(clips_by_channel(network), "clips per channel");
  add(chip.noc.packet_values() > 1, "packets of several values");
  add(c.group_events > 1, "groups of events");
  add(c.step_cycles > 1 || c.evaluate_cycles > 1 || !c.state_overlap, "steps of several cycles");
  add(controls(c), "control cycles");
  add(c.weight_memory.turnaround_cycles + c.state_memory.turnaround_cycles > 0, "turnaround");
  add(c.queue_policy == hw::QueuePolicy::drop, "drop");
  add(c.schedule == hw::SliceSchedule::depth_first, "depth first");
  add(chip.noc.arbitration == hw::Arbitration::oldest_first, "oldest first");
  add(chip.noc.hop_cycles > 1, "hops of several cycles");
  add(chip.dram.has_value(), "DRAM");
  return names;
}

}  // namespace deltasim::sim
