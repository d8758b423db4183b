#pragma once

#include "sim/timeline/timeline.hpp"
#include "sim/timeline/trace_request.hpp"
#include "sim/timeline/vcd.hpp"

#include <memory>
#include <optional>
#include <string>

namespace deltasim::sim {

class Stage;

/// Traces of a run: `--timeline` and `--vcd`. Files appear when the whole run has been traced.
class Tracing {
 public:
  /// Claims the files. Errors: InputError where they cannot be written.
  Tracing(const TraceRequest& request, const RunConfig& config);
  ~Tracing();
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;

  /// Whether anybody looks at an execution.
  bool wants(const std::string& execution) const;
  /// Who does. Between `begin` and `end` nothing else is begun.
  hw::Observer* begin(const std::string& execution, const Stage& stage);
  void end(const ExecutionResult& result);
  /// Errors: InputError where the window lies behind every execution's end.
  void commit();
  /// What was written, a line each.
  std::string summary() const;

 private:
  class Both;
  bool in_timeline(const std::string& execution) const;
  void require_window() const;

  const TraceRequest request_;
  const Clock clock_;
  std::optional<EventWriter> writer_;
  std::optional<Timeline> timeline_;
  std::optional<TraceFile> vcd_file_;
  std::optional<Vcd> vcd_;
  std::unique_ptr<Both> both_;
  std::uint32_t executions_ = 0;
  std::uint64_t most_cycles_ = 0, most_frames_ = 0;
};

}  // namespace deltasim::sim
