#pragma once

#include "hw/integration.hpp"
#include "hw/params.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <vector>

namespace deltasim::hw {

/// Evaluates a slice, group by group, as far as its neurons are complete.
///
/// Timing: neurons in order y, x, channel, `evaluate_lanes` a group. With flags, one cycle for each word of flags, and
/// only groups with a touched neuron (or an event) are evaluated. A group takes max(evaluate_cycles, ceil(state words /
/// (banks x ports))), and fire_cycles more where it sends: its sums of every branch, references read and written,
/// absolute branches set back to their bias. Contiguous words are streamed, so only their number counts.
class DeltaUnit {
 public:
  struct Branch {
    const Integration* integration;
    bool absolute;  ///< starts every frame from its bias
  };
  struct Group {
    std::uint32_t scan_cycles = 0;     ///< flag words before and in this group
    std::uint32_t cycles = 0;          ///< without sending
    std::uint32_t compute_cycles = 0;  ///< of these, what evaluation would take with state words at hand
    std::size_t first = 0;             ///< neuron of the slice
    std::uint32_t neurons = 0;         ///< evaluated
    std::uint64_t state_reads = 0, state_writes = 0, reference_reads = 0, reference_writes = 0;
    std::uint64_t kept_reads = 0;                  ///< of state_reads: sums that are kept from frame to frame
    std::size_t events_begin = 0, events_end = 0;  ///< into the list of events given to `begin`
  };

  /// `raw`: sends every evaluated neuron's sum and has no reference; nor has a slice of an `absolute` sender.
  DeltaUnit(const models::OutputBox& box, const CoreParams& core, std::vector<Branch> branches, bool has_reference);

  enum class Step : std::uint8_t {
    group,  ///< to be evaluated
    wait,   ///< the next group, or the flags before it, are not complete
    done,
  };

  /// A new frame. `fired`: the slice's neurons that send, ascending, one entry for each event.
  void begin(bool all, const TouchedFlags& touched, const std::vector<std::uint32_t>& fired);
  /// The first `neurons` are complete; `closed`: so is the frame. A group or a word of flags is not looked at
  /// before all its neurons are complete, so groups and words are the same, however often a slice waits.
  void allow(std::size_t neurons, bool closed) {
    allowed_ = neurons;
    closed_ = closed;
  }
  /// The next group to evaluate; where there is none, only `scan_cycles` holds.
  Step next(Group& group);
  /// Neurons before this one will send nothing more, but for the group that `next` gave.
  std::size_t decided() const { return decided_; }

 private:
  std::uint64_t words(std::size_t first, std::size_t end, std::uint32_t bits) const;
  std::uint64_t branch_words(const Integration& integration, std::size_t first, std::size_t end) const;
  std::size_t find_neuron() const;
  bool complete(std::size_t end) const;
  Step pause(Group& group, std::size_t neuron);
  void fill(Group& group, std::size_t end);
  std::uint32_t scan_to(std::size_t neuron);
  void count_words(Group& group, std::size_t end) const;

  const models::OutputBox box_;
  const CoreParams core_;
  std::vector<Branch> branches_;
  const bool has_reference_;
  const std::size_t total_;

  bool all_ = true;
  const TouchedFlags* touched_ = nullptr;
  const std::vector<std::uint32_t>* fired_ = nullptr;
  std::size_t neuron_ = 0, scanned_ = 0, event_ = 0, allowed_ = 0, decided_ = 0;
  bool closed_ = true;
};

}  // namespace deltasim::hw
