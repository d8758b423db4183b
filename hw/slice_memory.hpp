#pragma once

#include "hw/chip.hpp"
#include "hw/delta_unit.hpp"
#include "hw/integration.hpp"

#include <cstdint>
#include <vector>

namespace deltasim::hw {

/// What of a slice lives in DRAM: when it is on the core, and what bringing it there moves.
///
/// Reuse `frame`: the weights are read for the first event of a frame; state that is kept from frame to frame
/// (accumulators of changes, references) is read for the first event, or for an evaluation that needs it, and written
/// when the slice has been evaluated; a key frame writes it only, and a frame without work moves nothing. Events and
/// evaluations wait for it. Reuse `none`: every word of weights and kept state that an event or a group of neurons uses
/// is moved for it, while it is worked on. Every array begins on a burst; an event's words of one array move together.
/// Counts: dram_read, dram_write. Limits: sums that live for one frame only are never spilled; with reuse `frame` a
/// word is moved once however small the buffer is (a lower bound); filling the buffers costs no SRAM accesses.
class SliceMemory {
 public:
  /// `absolute`: by branch, starts every frame from its bias.
  SliceMemory(const Chip& chip, std::uint32_t slice, const std::vector<bool>& absolute, bool has_reference);

  /// Whether an event of a frame can be integrated; else it has been asked for, and `core` will be woken.
  bool ready_for_event(Cycle now, std::uint64_t frame, bool state_is_new, Unit& core);
  /// Likewise for an evaluation that uses the state.
  bool ready_for_evaluation(Cycle now, std::uint64_t frame, Unit& core) { return fetch_state(now, frame, core); }
  /// A key frame has written the state.
  void state_was_reset() { state_.here = 0; }
  /// The slice has been evaluated.
  void release(Cycle now, std::uint64_t frame);

  /// Bursts that go with an event or a group of neurons, without reuse.
  std::uint64_t event_bursts(std::uint32_t branch, const EventCost& cost, std::uint64_t frame);
  std::uint64_t group_bursts(const DeltaUnit::Group& group, std::uint64_t frame);

 private:
  struct Array {
    std::uint32_t branch;
    std::uint64_t bursts;
  };
  struct Part {
    std::vector<Array> arrays;  ///< empty: stays on the core
    Cycle here = absent;        ///< on the core from this cycle on; `never`: asked for
  };
  static constexpr Cycle absent = never + 1;

  bool fetch_state(Cycle now, std::uint64_t frame, Unit& core) { return fetch(state_, now, frame, core); }
  bool fetch(Part& part, Cycle now, std::uint64_t frame, Unit& core);
  std::uint64_t move(const Part& part, Activity activity, std::uint64_t frame);
  std::uint64_t words(std::uint64_t n, const MemoryParams& memory) const {
    return chip_.dram->bursts_of(n * memory.word_bits / 8);
  }
  void charge(std::uint32_t branch, std::uint64_t frame, Activity activity, bool of_weights, std::uint64_t bursts);

  const Chip& chip_;
  const std::uint32_t slice_;
  Part weights_, state_;
  std::vector<bool> weights_by_access_, state_by_access_;  ///< by branch
  bool reference_by_access_ = false;
};

}  // namespace deltasim::hw
