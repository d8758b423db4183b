#pragma once

#include "hw/probe.hpp"
#include "hw/sender.hpp"
#include "hw/slice_state.hpp"

#include <memory>
#include <tuple>
#include <vector>

namespace deltasim::hw {

/// A core: input queue, one datapath that integrates events and evaluates slices, output queue.
///
/// Timing: evaluation goes first while the output queue has room, else the head of the input queue is taken, else the
/// core waits. Depth first, a slice's evaluation is put aside while rows are missing, or at a row's end for a later
/// layer's. A packet takes max(decode, work) cycles where decoding overlaps, else decode + work, at least one
/// for each of its events; tokens take one; evaluation begins when what was taken before it has left the pipeline.
/// Work: Integration; evaluation: DeltaUnit, with one flit a cycle into the output queue. Counts: everything but the
/// ports' own. Limits: a blocked evaluation never blocks integration, so input queues always drain; together with ready
/// tokens (nothing is sent that could not be integrated at once) the chip cannot deadlock.
class Core final : public Unit {
 public:
  Core(const Chip& chip, std::uint32_t id, FlitQueue& input, FlitQueue& output);

  void wake(Cycle now) override;
  /// Charges what is left and accounts for the cycles until the end of the run.
  void finish(Cycle end);
  /// An event for this core was dropped: its queue was full.
  void lose(const Packet& packet);
  Cycle last_work() const { return busy_until_; }
  std::string state() const;  ///< for the message about a deadlock

 private:
  enum class Stage : std::uint8_t { look, beat, announce, end_of_frame, ready };
  enum class Outcome : std::uint8_t { more, blocked, paused, aside, done };
  struct InStage {
    DeltaUnit::Group group;    ///< may be empty
    std::size_t announce = 0;  ///< rows to be announced before it is sent
  };
  /// How far a slice's evaluation of its frame has come.
  struct Evaluation {
    SliceState* slice = nullptr;
    bool begun = false;
    Stage stage = Stage::look;
    DeltaUnit::Step step = DeltaUnit::Step::wait;
    // The delta unit's stages, and the beat in which they advance.
    InStage fetched, computed, sending;
    DeltaUnit::Beat beat;
    Cycle beat_end = 0;
    std::size_t sent = 0;        ///< events or sums of the group
    Packet packet;               ///< under way: it grows with each value that its pixel sends
    std::uint32_t found = 0;     ///< values of it that are found
    std::size_t announced = 0;   ///< rows
    bool announced_now = false;  ///< some of them in this beat
    Cycle reset_cycles = 0;
    Cycle cycles = 0;
    Counts counts;
  };
  struct LocalFeed {
    SliceState* slice;
    std::uint32_t branch;
    models::Locator locate;
  };

  bool can_evaluate(const Evaluation& e, Cycle now);
  bool deeper(const Evaluation& a, const Evaluation& b) const;  ///< of a later layer
  std::size_t choose_evaluation(Cycle now);
  bool find_evaluation(Cycle now);
  Cycle evaluate(Cycle now);
  Outcome advance(Cycle now, Cycle& time);
  [[gnu::cold]] Outcome advance_observed(Cycle now, Cycle& time);
  Outcome look(Cycle& time);
  std::size_t decided_rows() const;
  bool announce_rows(std::size_t end, Cycle now, Cycle& time);
  Outcome announce(Cycle now, Cycle& time);
  bool send_group(Cycle now, Cycle& time);
  Outcome end_beat(Cycle now, Cycle& time);
  bool send_events(Cycle now, Cycle& time);
  bool send_sums(Cycle now, Cycle& time);
  bool send_token(PacketKind kind, Routes::Id route, Cycle now, Cycle& time);
  bool still_no_room(Cycle now);
  bool send_copies(Packet& packet, Routes::Id route, std::uint32_t written, Cycle now, Cycle& time);
  void count_group();
  void put_aside();
  void end_slice(Cycle now);
  Cycle take(Cycle now);
  bool fetched(const Packet& packet, Cycle now);
  void ask_for_accesses(Cycle now);
  void take_ahead();
  Cycle integrate(const Packet& packet);
  Cycle packet_cycles(const Packet& packet, bool begins_pixel, Cycle work) const;
  /// Returns the cycles of the group that the event could not join.
  Cycle join_group(SliceState& slice, std::uint32_t branch, const models::Position& at, std::uint64_t frame);
  Cycle end_group(SliceState& slice, std::uint32_t branch, std::uint64_t frame);
  Cycle work_on(SliceState& slice, std::uint32_t branch, const EventCost& cost, std::uint64_t frame);
  Cycle take_token(const Packet& packet);
  void note_evaluable(Evaluation& e);
  void spend(Cause cause, Cycle cycles) { causes_[cause] += cycles; }

  const Chip& chip_;
  const std::uint32_t id_;
  FlitQueue& input_;
  Sender sender_;
  std::vector<std::unique_ptr<SliceState>> slices_;
  std::vector<Evaluation> evaluations_;        ///< of `slices_`
  std::vector<Evaluation*> local_;             ///< by slice index; null: on another core
  std::vector<std::vector<LocalFeed>> feeds_;  ///< by producing layer
  std::vector<Evaluation*> evaluable_;         ///< in the order in which they became so
  Evaluation* active_ = nullptr;               ///< one at a time
  std::size_t copies_ = 0;                     ///< of the packet that is being sent, without multicast
  std::uint16_t no_room_for_ = 0;              ///< flits of the packet that did not fit; 0: not blocked

  // DRAM.
  bool streams_ = false;         ///< a slice here lives in DRAM
  bool waits_for_dram_ = false;  ///< something could be done if it were here
  std::uint64_t accesses_ = 0;   ///< bursts to be asked for, without reuse
  Cycle accesses_done_ = 0;

  using PixelOfPacket =
      std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;  ///< sender, frame, y, x
  /// Whether the packet of events that was `last` came from another pixel; `last` becomes this one's.
  static bool begins_pixel(const Packet& packet, PixelOfPacket& last);
  const bool takes_pixels_, sends_pixels_;  ///< they cost something
  PixelOfPacket taken_pixel_{~0u, 0, 0, 0}, sent_pixel_{~0u, 0, 0, 0};
  std::vector<models::Position> group_;  ///< events that share their state

  Causes causes_, waited_;  ///< waiting counts only once work follows it: at the end it is idleness
  bool has_waited_ = false;
  Cause waiting_for_ = Cause::input_empty;
  Cycle waiting_since_ = 0, busy_until_ = 0;
  Cycle drained_at_ = 0;          ///< the last addition is written
  std::unique_ptr<Probe> probe_;  ///< null: nobody looks
};

}  // namespace deltasim::hw
