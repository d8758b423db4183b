#pragma once

#include "hw/ledger.hpp"
#include "hw/plan.hpp"
#include "models/event.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace deltasim::hw {

/// The frames in flight: pulled from the source when the first unit needs them, dropped when the last is done.
class Stream {
 public:
  Stream(models::EventSource& source, const Plan& plan, Ledger& ledger);

  /// Whether the source has frame `frame`; pulls it.
  bool has(std::uint64_t frame, Cycle now);
  const models::FrameEvents& frame(std::uint64_t frame) const { return flying_[frame - first_].events; }
  /// What a sender sends: indices into the events of its layer, in scan order.
  const std::vector<std::uint32_t>& sent_by(std::uint32_t sender, std::uint64_t frame) const {
    return flying_[frame - first_].sent_by[sender];
  }
  /// A sender has sent everything of the frame.
  void done(std::uint64_t frame);

  std::uint64_t pulled() const { return pulled_; }
  bool absolute(models::LayerId layer) const { return absolute_[layer] != 0; }
  bool layer_delay() const { return layer_delay_; }

 private:
  struct Flying {
    models::FrameEvents events;
    std::vector<std::vector<std::uint32_t>> sent_by;
    std::uint32_t busy = 0;  ///< senders that are not done
  };
  void share_out(Flying& flying) const;

  models::EventSource& source_;
  const Plan& plan_;
  Ledger& ledger_;
  std::vector<std::uint8_t> absolute_;
  bool layer_delay_;
  std::deque<Flying> flying_;
  std::vector<Flying> spare_;
  std::uint64_t first_ = 0, pulled_ = 0;
  bool ended_ = false;
};

}  // namespace deltasim::hw
