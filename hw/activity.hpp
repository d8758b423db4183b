#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace deltasim::hw {

/// Everything a unit does that costs energy. Counting, energy and reports are loops over this list: a new activity is
/// one line here and one in `activity_info`.
enum class Activity : std::uint8_t {
  event_in,
  control_instruction,
  weight_read,
  state_read,
  state_write,
  mac,
  padding_mac,
  accumulate,
  evaluate,
  reference_read,
  reference_write,
  flag_read,
  event_out,
  queue_write,
  queue_read,
  flit_hop,
  dram_read,
  dram_write,
};

struct ActivityInfo {
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array activity_info{
    ActivityInfo{"event_in", "events taken from the input queue"},
    ActivityInfo{"control_instruction", "instructions of the control processor or decoder"},
    ActivityInfo{"weight_read", "words read from the weight SRAM"},
    ActivityInfo{"state_read", "accumulator words read from the state SRAM"},
    ActivityInfo{"state_write", "accumulator words written to the state SRAM"},
    ActivityInfo{"mac", "multiply-accumulates"},
    ActivityInfo{"padding_mac", "multiply-accumulates of zeros that fill a group of events"},
    ActivityInfo{"accumulate", "additions without a product (residual, pooling)"},
    ActivityInfo{"evaluate", "neurons evaluated: requantisation, activation, comparison with the reference"},
    ActivityInfo{"reference_read", "reference words read from the state SRAM"},
    ActivityInfo{"reference_write", "reference words written to the state SRAM"},
    ActivityInfo{"flag_read", "words of touched flags read"},
    ActivityInfo{"event_out", "events put into the output queue"},
    ActivityInfo{"queue_write", "flits written to an event queue of a core or port"},
    ActivityInfo{"queue_read", "flits read from an event queue of a core or port"},
    ActivityInfo{"flit_hop", "flits moved over one link, router included"},
    ActivityInfo{"dram_read", "bursts read from DRAM"},
    ActivityInfo{"dram_write", "bursts written to DRAM"},
};
inline constexpr std::size_t activity_total = activity_info.size();
static_assert(activity_total == static_cast<std::size_t>(Activity::dram_write) + 1);

/// What a core's cycle went to. Every cycle has exactly one cause: the sum is the run's length.
enum class Cause : std::uint8_t {
  busy,
  weight_conflict,
  state_conflict,
  evaluate,
  control,
  dram,
  output_full,
  input_empty,
  idle,
};

inline constexpr std::array cause_info{
    ActivityInfo{"busy", "lanes issue multiply-accumulates or additions"},
    ActivityInfo{"weight_conflict", "lanes wait for weight words"},
    ActivityInfo{"state_conflict", "lanes or delta unit wait for state words"},
    ActivityInfo{"evaluate", "delta unit scans flags, evaluates neurons, emits events"},
    ActivityInfo{"control", "decoding, tokens, state reset"},
    ActivityInfo{"dram", "waits for weights or state from DRAM"},
    ActivityInfo{"output_full", "delta unit waits for room in the output queue"},
    ActivityInfo{"input_empty", "frames are open, nothing to work on"},
    ActivityInfo{"idle", "no layer here, or all frames done"},
};
inline constexpr std::size_t cause_total = cause_info.size();
static_assert(cause_total == static_cast<std::size_t>(Cause::idle) + 1);

/// A 64-bit counter for each value of an enum.
template <class Enum, std::size_t total>
class Tally {
 public:
  using Kind = Enum;

  std::uint64_t& operator[](Enum e) { return n_[static_cast<std::size_t>(e)]; }
  std::uint64_t operator[](Enum e) const { return n_[static_cast<std::size_t>(e)]; }
  std::uint64_t sum() const {
    std::uint64_t s = 0;
    for (const auto n : n_) s += n;
    return s;
  }
  Tally& operator+=(const Tally& other) {
    for (std::size_t i = 0; i < total; ++i) n_[i] += other.n_[i];
    return *this;
  }
  friend bool operator==(const Tally& a, const Tally& b) { return a.n_ == b.n_; }
  friend bool operator!=(const Tally& a, const Tally& b) { return a.n_ != b.n_; }

 private:
  std::array<std::uint64_t, total> n_{};
};

using Counts = Tally<Activity, activity_total>;
using Causes = Tally<Cause, cause_total>;

}  // namespace deltasim::hw
