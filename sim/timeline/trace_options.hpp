#pragma once

#include <cstdint>
#include <string>

namespace deltasim::sim {

/// Options of `run` as they stand on the command line.
struct TraceOptions {
  std::string timeline, vcd;  ///< files; empty: not wanted
  std::string cycles, frames, cores, executions, vcd_core, vcd_execution;
  std::uint64_t interval = 256, resolution = 1;
  bool packets = false;
};

}  // namespace deltasim::sim
