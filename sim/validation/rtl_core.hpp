#pragma once

#include "sim/validation/core_traffic.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// The core's model against the core's RTL. tests/rtl drives both and records what RTL did; the program carries that
/// record and repeats the model's half.
namespace deltasim::sim {

/// What is kept of one side's flits.
struct CoreTrace {
  std::uint64_t cycles = 0;  ///< at which the last flit left
  std::string values;        ///< digest of all flits, in order
  std::string times;         ///< digest of the cycles at which they left
};
CoreTrace trace_of(const std::vector<CoreTaken>& log);

struct RecordedCore {
  std::string name;
  std::uint64_t events = 0;
  bool stalls = false;
  CoreTrace rtl, model;
};
/// The text of recorded_rtl_core.json, and back. Errors: std::exception.
std::string core_record_text(const std::vector<RecordedCore>& record);
std::vector<RecordedCore> read_core_record(std::string_view text);

struct CoreComparison {
  std::string sequence;
  std::uint64_t expected = 0, got = 0;  ///< cycles of RTL, as recorded, and of the model, as it is now
  bool values_equal = false;
  bool times_equal = false;  ///< every flit left in the same cycle
  bool stalls = false;       ///< at the output
  double deviation() const;
};
/// Runs the model on every recorded sequence. Errors: std::logic_error where the record has other sequences.
std::vector<CoreComparison> compare_core_with_recorded_rtl();

/// The largest |model / RTL - 1| of the record.
double recorded_core_deviation();
std::uint64_t recorded_core_sequences();

}  // namespace deltasim::sim
