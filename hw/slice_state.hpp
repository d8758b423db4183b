#pragma once

#include "hw/chip.hpp"
#include "hw/delta_unit.hpp"
#include "hw/integration.hpp"
#include "hw/slice_memory.hpp"

#include <memory>
#include <vector>

namespace deltasim::hw {

/// A slice on its core: costs, touched flags, and where it stands in the frames.
class SliceState {
 public:
  SliceState(const Chip& chip, std::uint32_t index);

  std::uint32_t index() const { return index_; }
  const models::OutputBox& box() const { return box_; }
  bool raw_output() const { return raw_; }
  Integration& integration(std::uint32_t branch) { return *branches_[branch].integration; }
  DeltaUnit& delta_unit() { return delta_; }
  SliceMemory& memory() { return memory_; }

  /// What an event of `frame`, or the next evaluation, needs is on the core; else it has been asked for.
  bool ready_for_event(Cycle now, std::uint64_t frame, Unit& core);
  bool ready_for_evaluation(Cycle now, Unit& core);

  // Tokens.
  void count_end(std::uint32_t producer);
  void count_rows(std::uint32_t producer);
  void count_ready() { ++readies_; }
  /// All events of the next frame to evaluate are integrated.
  bool closed() const { return ends_ + delay_ >= (evaluated_ + 1) * chip_.plan.producers(index_).size(); }
  /// Every consumer has room for the next frame to evaluate.
  bool consumers_ready() const {
    return readies_ >= (evaluated_ + delay_frames_) * chip_.plan.consumers(index_).size();
  }
  std::uint64_t next_frame() const { return evaluated_; }
  /// The next frame to evaluate is closed, or more of its rows are complete than were granted.
  bool evaluable() const { return closed() || (opened_ > evaluated_ && complete_rows() > granted_rows_); }

  /// A packet of `frame` has come. Returns the cycles of the reset that begins a key frame.
  Cycle open(std::uint64_t frame) { return opened_ > frame ? 0 : open_new(frame); }
  /// Of one event or of a group.
  void add_cost(std::uint32_t branch, const EventCost& cost) {
    Work& work = branches_[branch].work;
    work.cycles += cost.cycles;
    work.items += cost.items;
    work.dummies += cost.dummies;
    work.taps += cost.taps;
    work.weight_words += cost.weight_words;
    work.state_words += cost.state_words;
  }
  void integrate(std::uint32_t branch, const models::Position& at, std::int32_t value) {
    Branch& b = branches_[branch];
    if (flags_in_use_ && b.marked != pixel_of(at)) mark(b, at);
    if (computes_) compute(branch, at, value);
  }
  /// One more packet taken, charged to `branch`; cycles beyond those of its events' costs.
  void count_packet(std::uint32_t branch, const Packet& packet, bool begins_pixel, Cycle excess) {
    Work& work = branches_[branch].work;
    ++work.packets;
    work.pixels += begins_pixel;
    work.events += packet.values;
    work.flits += packet.flits;
    work.cycles += excess;
  }

  /// The slice is evaluable and its consumers are ready. Returns the cycles of a reset.
  Cycle begin_evaluation();
  /// Lets the delta unit have what is complete by now; false where that is no more than before.
  bool grant();
  /// Everything above row `end` of the layer is sent, but for the delta unit's group.
  bool decided(std::uint32_t end) const { return delta_.decided() >= std::size_t{end - box_.y_begin} * row_neurons_; }
  void end_evaluation(Cycle cycles, Cycle now);
  /// Charges what was counted since the last call to the frame it belongs to.
  void settle();

 private:
  struct Work {
    std::uint64_t packets = 0, pixels = 0, events = 0, flits = 0, cycles = 0, nonzero = 0;
    std::uint64_t items = 0, dummies = 0, taps = 0, weight_words = 0, state_words = 0;
  };
  struct Branch {
    std::unique_ptr<Integration> integration;
    bool absolute = false;  ///< starts every frame from its bias
    Work work;
    std::uint64_t marked = nowhere;  ///< pixel whose outputs are touched in all channels: no need to mark them again
  };
  static constexpr std::uint64_t nowhere = ~std::uint64_t{0};
  static std::uint64_t pixel_of(const models::Position& at) { return std::uint64_t{at.y} << 32 | at.x; }
  // Positions go by value into what is called seldom: so they stay in registers where it is not.
  void mark(Branch& branch, models::Position at);
  void compute(std::uint32_t branch, models::Position at, std::int32_t value);
  void clear_flags();
  Cycle open_new(std::uint64_t frame);
  std::vector<Branch> make_branches() const;
  std::vector<DeltaUnit::Branch> delta_branches() const;
  std::vector<bool> absolute_branches() const;
  bool new_state(std::uint64_t frame) const;
  Cycle reset(std::uint64_t frame);
  std::size_t number_of(std::uint32_t producer) const;
  std::uint32_t complete_rows() const;
  void await_rows();
  void find_firing();

  const Chip& chip_;
  const std::uint32_t index_;
  const Slice& slice_;
  const models::Layer& layer_;
  const models::OutputBox box_;
  const bool raw_;
  const std::uint64_t delay_frames_;  ///< 1 with layer_delay: producers' frame t is part of this slice's frame t + 1
  const std::uint64_t delay_;         ///< as many tokens are not needed for the first frame
  std::vector<Branch> branches_;
  const bool computes_;      ///< the real integers, too
  const bool flags_in_use_;  ///< else every neuron is evaluated in every frame
  TouchedFlags touched_;
  DeltaUnit delta_;
  SliceMemory memory_;
  std::vector<std::uint32_t> fired_;
  std::uint64_t evaluated_ = 0, opened_ = 0, ends_ = 0, readies_ = 0;
  struct Progress {
    std::size_t tokens = 0;
    std::uint32_t rows = 0;  ///< complete, as far as this producer is concerned
  };
  std::vector<Progress> progress_;  ///< by producer, in the frame to evaluate next; empty: at the frame's end only
  const std::size_t row_neurons_;
  std::uint32_t granted_rows_ = 0;
  bool granted_all_ = false;
  bool was_reset_ = true;
};

}  // namespace deltasim::hw
