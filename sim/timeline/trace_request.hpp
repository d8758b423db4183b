#pragma once

#include "sim/run_config.hpp"
#include "sim/timeline/trace_options.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// What is to be traced.
struct TraceRequest {
  struct Range {
    std::uint64_t begin = 0, end = std::numeric_limits<std::uint64_t>::max();  ///< without `end`
    bool contains(std::uint64_t n) const { return begin <= n && n < end; }
  };

  std::string timeline, vcd;
  std::optional<Range> cycles, frames;
  std::vector<bool> cores;              ///< by core: in the timeline
  std::vector<std::string> executions;  ///< in the timeline
  std::uint64_t interval = 256;         ///< of counters, in cycles
  std::uint64_t resolution = 1;         ///< of the cores' rows, in cycles
  bool packets = false;                 ///< a span for each packet
  std::optional<std::uint32_t> vcd_core;
  std::string vcd_execution;
};

/// Nothing where no trace is wanted. Errors: InputError for what cannot be read or does not fit the run.
std::optional<TraceRequest> read_trace_request(const TraceOptions& options, const RunConfig& config);

}  // namespace deltasim::sim
