#pragma once

#include "hw/observer.hpp"
#include "models/network.hpp"
#include "sim/timeline/clock.hpp"
#include "sim/timeline/trace_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace deltasim::sim {

/// A core's signals as a value change dump (IEEE 1364-2005, 18.2), for GTKWave. Texts are GTKWave's `string` variables.
///
/// Written here and not by SystemC's sc_trace: that samples variables at the kernel's time, which on the wheel moves in
/// turns while units run ahead of it, and it has no texts.
class Vcd final : public hw::Observer {
 public:
  /// The file outlives it.
  Vcd(TraceFile& file, Clock clock, std::uint32_t core, const std::string& execution, const models::Network& network);
  void finish();  ///< the execution is over

  bool wants_core(std::uint32_t core) const override { return core == core_; }
  hw::Cycle link_interval() const override { return 0; }
  void frame_started(std::uint64_t, hw::Cycle) override {}
  void frame_finished(std::uint64_t, hw::Cycle) override {}
  void span(const hw::Span& span) override;
  void queue(const hw::QueueChange& change) override;
  void settled(std::uint32_t core, hw::Cycle until) override;
  void link(const hw::LinkUse&) override {}
  void dram(const hw::DramTransfer&) override {}

 private:
  struct Signal {
    std::string name;
    std::uint32_t bits = 1;  ///< 0: a text
    bool pulse = false;      ///< back to 0 in the next cycle
    std::string told;
    hw::Cycle falls = hw::never;
  };
  std::size_t add(std::string name, std::uint32_t bits, bool pulse = false);
  void declare(const std::string& execution);
  void change(std::size_t signal, hw::Cycle at, std::string value);
  void flush(hw::Cycle until);
  void let_fall(hw::Cycle until);
  void stamp(hw::Cycle at);
  void write(std::size_t signal, const std::string& value);
  std::string number(std::size_t signal, std::uint64_t value) const;
  static std::string id(std::size_t signal) { return std::string(1, static_cast<char>('!' + signal)); }

  TraceFile& file_;
  const Clock clock_;
  const std::uint32_t core_;
  std::vector<std::string> layers_;
  std::vector<Signal> signals_;
  std::size_t cause_, task_, layer_, frame_, events_, first_cause_;
  std::size_t input_depth_, packet_in_, packet_taken_, output_depth_, flits_written_, flits_sent_;
  std::multimap<hw::Cycle, std::pair<std::size_t, std::string>> changes_;  ///< not yet written, in order of time
  hw::Cycle stamped_ = 0;
  hw::Cycle spans_until_ = 0, queues_until_ = 0;
  fmt::memory_buffer text_;
};

}  // namespace deltasim::sim
