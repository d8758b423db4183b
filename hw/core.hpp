#pragma once

#include "hw/sender.hpp"
#include "hw/slice_state.hpp"

#include <memory>
#include <vector>

namespace deltasim::hw {

/// A core: input queue, one datapath that integrates events and evaluates slices, output queue.
///
/// Timing: evaluation goes first while the output queue has room, else the head of the input queue is taken, else the
/// core waits. An event takes max(decode, work) cycles where decoding overlaps, else decode + work, at least one;
/// tokens take one. Work: Integration; evaluation: DeltaUnit, with one flit a cycle into the output queue. Counts:
/// everything but the ports' own. Limits: a blocked evaluation never blocks integration, so input queues always drain;
/// together with ready tokens (nothing is sent that could not be integrated at once) the chip cannot deadlock.
class Core final : public Unit {
 public:
  Core(const Chip& chip, std::uint32_t id, FlitQueue& input, FlitQueue& output);

  void wake(Cycle now) override;
  /// Charges what is left and accounts for the cycles until the end of the run.
  void finish(Cycle end);
  Cycle last_work() const { return busy_until_; }
  std::string state() const;  ///< for the message about a deadlock

 private:
  enum class Stage : std::uint8_t { groups, end_of_frame, ready };
  struct LocalFeed {
    SliceState* slice;
    std::uint32_t branch;
    models::Locator locate;
  };

  bool find_evaluation(Cycle now);
  Cycle evaluate(Cycle now);
  bool evaluate_group(Cycle now, Cycle& time);
  bool send_events(Cycle now, Cycle& time);
  bool send_sums(Cycle now, Cycle& time);
  bool send_token(PacketKind kind, Routes::Id route, Cycle now, Cycle& time);
  bool send_copies(Packet packet, Routes::Id route, Cycle now, Cycle& time);
  void count_group();
  void end_slice();
  Cycle take(Cycle now);
  Cycle integrate(const Packet& packet);
  Cycle take_token(const Packet& packet);
  void note_closed(SliceState& slice);
  void spend(Cause cause, Cycle cycles) { causes_[cause] += cycles; }

  const Chip& chip_;
  const std::uint32_t id_;
  FlitQueue& input_;
  Sender sender_;
  std::vector<std::unique_ptr<SliceState>> slices_;
  std::vector<SliceState*> local_;             ///< by slice index; null: on another core
  std::vector<std::vector<LocalFeed>> feeds_;  ///< by producing layer
  std::vector<SliceState*> closed_;            ///< to be evaluated, in the order in which they closed

  // The evaluation under way.
  SliceState* active_ = nullptr;
  Stage stage_ = Stage::groups;
  DeltaUnit::Group group_;
  bool in_group_ = false;
  std::size_t sent_ = 0;    ///< events or sums of the group
  std::size_t copies_ = 0;  ///< of the packet that is being sent, without multicast
  Cycle group_flits_ = 0;
  Cycle reset_cycles_ = 0;
  Cycle evaluation_cycles_ = 0;
  Counts evaluation_counts_;

  Causes causes_, waited_;  ///< waiting counts only once work follows it: at the end it is idleness
  Cause waiting_for_ = Cause::input_empty;
  Cycle waiting_since_ = 0, busy_until_ = 0;
};

}  // namespace deltasim::hw
