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
/// only groups with a touched neuron (or an event) are evaluated. A group passes three stages, which advance together
/// (a beat): fetch (flags, sums of every branch, references), compute, send (events, references that changed, absolute
/// branches set back to their bias). So reads of one group and writes of the group two before it share the banks.
class DeltaUnit {
 public:
  struct Branch {
    const Integration* integration;
    bool absolute;  ///< starts every frame from its bias
  };
  struct Group {
    std::uint32_t scan_cycles = 0;   ///< flag words before and in this group
    std::size_t first = 0, end = 0;  ///< neurons of the slice
    std::uint32_t neurons = 0;       ///< evaluated
    std::uint64_t state_reads = 0, state_writes = 0, reference_reads = 0, reference_writes = 0;
    std::uint64_t kept_reads = 0;                  ///< of state_reads: sums that are kept from frame to frame
    std::size_t events_begin = 0, events_end = 0;  ///< into the list of events given to `begin`
    bool empty() const { return first == end; }
  };

  struct Beat {
    std::uint32_t cycles = 0;          ///< without sending
    std::uint32_t compute_cycles = 0;  ///< of these, what it would take with state words at hand
  };

  /// `raw`: sends every evaluated neuron's sum and has no reference; nor has a slice of an `absolute` sender.
  DeltaUnit(const models::OutputBox& box, const CoreParams& core, std::vector<Branch> branches, bool has_reference);

  enum class Step : std::uint8_t {
    group,  ///< to be evaluated
    wait,   ///< the next group, or the flags before it, are not complete
    done,
  };

  /// A new frame. `fired`: the slice's neurons that send, ascending, one entry for each event. `fresh`: the state was
  /// reset, so stored references belong to the time before and are all written.
  void begin(bool all, const TouchedFlags& touched, const std::vector<std::uint32_t>& fired, bool fresh = false);
  /// The first `neurons` are complete; `closed`: so is the frame. A group or a word of flags is not looked at
  /// before all its neurons are complete, so groups and words are the same, however often a slice waits.
  void allow(std::size_t neurons, bool closed) {
    allowed_ = neurons;
    closed_ = closed;
  }
  /// The next group to evaluate; where there is none, only `scan_cycles` holds.
  Step next(Group& group);
  /// While one group is fetched, the group two before it is sent; either may be empty.
  Beat beat(const Group& fetched, const Group& sent);
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
  void count_words(Group& group) const;
  std::uint32_t memory_cycles(const Group& fetched, const Group& sent);
  void load_banks(std::uint64_t first_word, std::uint64_t words);
  template <typename Visit>
  void visit_reads(const Group& group, Visit visit) const;
  template <typename Visit>
  void visit_writes(const Group& group, Visit visit) const;
  std::uint64_t first_word(std::size_t neuron, std::uint32_t bits) const {
    return std::uint64_t{neuron} * bits / core_.state_memory.word_bits;
  }

  const models::OutputBox box_;
  const CoreParams core_;
  std::vector<Branch> branches_;
  const bool has_reference_;
  const std::size_t total_;
  std::vector<std::uint64_t> branch_base_;  ///< word at which a branch's state begins
  std::uint64_t reference_base_ = 0;        ///< and the references, after all branches
  std::vector<std::uint32_t> loads_;        ///< accesses of each bank in a beat

  bool all_ = true, fresh_ = false;
  const TouchedFlags* touched_ = nullptr;
  const std::vector<std::uint32_t>* fired_ = nullptr;
  std::size_t neuron_ = 0, scanned_ = 0, event_ = 0, allowed_ = 0, decided_ = 0;
  bool closed_ = true;
};

}  // namespace deltasim::hw
