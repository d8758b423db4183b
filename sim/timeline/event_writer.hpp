#pragma once

#include "sim/timeline/clock.hpp"
#include "sim/timeline/trace_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace deltasim::sim {

/// Printed as microseconds.
struct TraceTime {
  std::uint64_t ns;
};

/// Where an event is drawn: executions and their counters are the format's processes, cores its threads.
struct Track {
  std::uint32_t process = 0, thread = 0;
};

/// Events in Chrome's trace event format (JSON), one a line, written as they come.
///
/// Names are JSON strings without their quotes (see json_name), arguments the inside of a JSON object. Times are
/// cycles; in the file they are microseconds with nanoseconds as decimals, since viewers keep whole nanoseconds.
class EventWriter {
 public:
  EventWriter(const std::string& path, Clock clock);

  void name_process(std::uint32_t process, std::string_view name);
  void name_thread(Track track, std::string_view name);
  void span(Track track, std::string_view name, std::uint64_t begin, std::uint64_t end, std::string_view arguments);
  /// The counter's value from `at` on.
  void counter(std::uint32_t process, std::string_view name, std::string_view unit, std::uint64_t at, double value);
  /// `other`: the inside of a JSON object about the whole trace.
  void commit(std::string_view other);

  const TraceFile& file() const { return file_; }
  const Clock& clock() const { return clock_; }

 private:
  TraceTime time(std::uint64_t cycle) const { return {clock_.ns(cycle)}; }
  template <typename... Values>
  void event(fmt::format_string<Values...> format, Values&&... values);
  void flush();

  TraceFile file_;
  const Clock clock_;
  fmt::memory_buffer buffer_;
  bool first_ = true, warned_ = false;
};

/// `text` as the inside of a JSON string.
std::string json_name(const std::string& text);

}  // namespace deltasim::sim
