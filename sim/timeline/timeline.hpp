#pragma once

#include "hw/mapping.hpp"
#include "hw/observer.hpp"
#include "hw/params.hpp"
#include "models/network.hpp"
#include "sim/result.hpp"
#include "sim/timeline/core_track.hpp"
#include "sim/timeline/interval_counter.hpp"
#include "sim/timeline/layer_rows.hpp"
#include "sim/timeline/trace_request.hpp"

#include <map>
#include <string>
#include <vector>

namespace deltasim::sim {

/// One execution in the timeline. Processes of the trace: frames (with power), layers, cores, queues, links, memory
/// channel.
class Timeline final : public hw::Observer {
 public:
  /// `number`: of the execution in the trace. The writer and the request outlive it.
  Timeline(EventWriter& writer, const TraceRequest& request, std::uint32_t number, const std::string& execution,
           const models::Network& network, const hw::Mapping& mapping, const hw::ChipParams& chip);

  /// The execution is over: what only its end tells.
  void finish(const ExecutionResult& result);

  bool wants_core(std::uint32_t core) const override { return request_.cores[core]; }
  hw::Cycle link_interval() const override { return request_.interval; }
  void frame_started(std::uint64_t frame, hw::Cycle at) override;
  void frame_finished(std::uint64_t frame, hw::Cycle at) override;
  void span(const hw::Span& span) override;
  void queue(const hw::QueueChange& change) override;
  void settled(std::uint32_t, hw::Cycle) override {}
  void link(const hw::LinkUse& use) override;
  void dram(const hw::DramTransfer& transfer) override;

 private:
  /// A process of the trace; named when it is used first.
  enum Process : std::uint32_t { frames, layers, cores, queues, links, channel, process_total };
  std::uint32_t process(Process p) const { return number_ * process_total + p + 1; }
  std::uint32_t named(Process p);
  void add(const hw::Span& span);
  void name_cores(const hw::Mapping& mapping, std::uint32_t columns);
  /// What of [begin, end) lies in the window; false: nothing.
  bool clip(hw::Cycle& begin, hw::Cycle& end) const;
  void write_frames(const ExecutionResult& result);

  EventWriter& writer_;
  const TraceRequest& request_;
  const std::uint32_t number_;
  const std::string execution_;
  std::vector<std::string> layer_names_;
  std::vector<bool> named_;
  TraceRequest::Range window_;  ///< of what belongs to no frame
  std::vector<CoreTrack> tracks_;
  LayerRows layers_;
  std::map<std::pair<std::uint32_t, hw::QueueEnd>, IntervalCounter> queues_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, IntervalCounter> links_;
};

}  // namespace deltasim::sim
