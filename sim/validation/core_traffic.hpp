#pragma once

#include "hw/packet.hpp"
#include "sim/validation/core_sequences.hpp"

#include <deque>
#include <vector>

namespace deltasim::sim {

/// A packet as both sides see it: RTL's flit and the model's packet.
struct CoreFlit {
  hw::PacketKind kind = hw::PacketKind::event;
  bool key = false;
  std::uint32_t frame = 0;
  models::DeltaEvent event;

  friend bool operator==(const CoreFlit& a, const CoreFlit& b) {
    return a.kind == b.kind && a.key == b.key && a.frame == b.frame && a.event == b.event;
  }
};

/// A flit that left the core, and the cycle in which it did.
struct CoreTaken {
  std::uint64_t cycle = 0;
  CoreFlit flit;
};

/// Everything around one core: the producer, which keeps to the protocol of frames, the reader, which stalls, takes,
/// and answers frames with ready tokens. Asked once a cycle, by the model's bench and by RTL's.
class CoreTraffic {
 public:
  CoreTraffic(const CoreSequence& sequence, const CoreWorkload& workload);

  /// What the core's input is offered in this cycle; null: nothing.
  const CoreFlit* offered(std::uint64_t now);
  /// The core has taken it.
  void accepted(std::uint64_t now);
  /// A flit is at the output's head: whether it is taken.
  bool takes(std::uint64_t now);
  void taken(std::uint64_t now, const CoreFlit& flit);

  bool finished() const { return readies_ == frames_ && next_ == packets_.size(); }
  const std::vector<CoreTaken>& log() const { return log_; }

 private:
  struct Offer {
    CoreFlit flit;
    std::uint64_t gap = 0;  ///< cycles after the flit before it
  };
  struct Answer {
    CoreFlit flit;
    std::uint64_t from = 0;
  };

  double stalls_;
  std::uint64_t frames_;
  std::vector<Offer> packets_;
  std::vector<std::uint64_t> answer_delay_;  ///< by frame
  std::deque<Answer> answers_;
  std::vector<CoreTaken> log_;
  std::size_t next_ = 0;
  std::uint64_t readies_ = 0, not_before_ = 0;
  bool answering_ = false;
  bool head_seen_ = false;
  std::uint64_t head_until_ = 0;
  std::uint64_t random_;
};

}  // namespace deltasim::sim
