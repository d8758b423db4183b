#pragma once

#include "hw/ledger.hpp"
#include "hw/plan.hpp"
#include "models/event.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace deltasim::hw {

/// The frames in flight: pulled from the source when the first unit needs them, dropped when nobody can hold a packet
/// that points at their events. Once all senders are done with a frame, all slices have evaluated it, so everything
/// sent before is integrated: events of the frame itself, or, with layer_delay, those of the frame before.
class Stream {
 public:
  /// Called with what the machine itself sent in a frame, once nobody works on it any more.
  using Watch = std::function<void(const models::FrameEvents&)>;

  Stream(models::EventSource& source, const Plan& plan, Ledger& ledger);
  /// From now on slices say by `send` what they send; of the source, only the input, key frames and traits count.
  void let_slices_decide(Watch watch);

  /// Whether the source has frame `frame`; pulls it.
  bool has(std::uint64_t frame, Cycle now);
  const models::FrameEvents& frame(std::uint64_t frame) const { return flying_[frame - first_].events; }
  using Events = std::vector<const models::DeltaEvent*>;
  /// What a sender sends, in scan order. Events of a pixel lie one after another; they stay where they are until the
  /// frame is dropped.
  const Events& sent_by(std::uint32_t sender, std::uint64_t frame) const {
    const Flying& flying = flying_[frame - first_];
    return slices_decide_ && sender != plan_.input_port() ? flying.own[sender] : flying.sent_by[sender];
  }
  /// What the source says that a sender sends.
  const Events& in_source(std::uint32_t sender, std::uint64_t frame) const {
    return flying_[frame - first_].sent_by[sender];
  }
  /// Where slices decide: `events` follow those that the slice sent in this frame before.
  void send(std::uint32_t slice, std::uint64_t frame, const std::vector<models::DeltaEvent>& events);
  std::vector<std::int64_t>& outputs(std::uint64_t frame) { return flying_[frame - first_].events.outputs; }
  /// A sender has sent everything of the frame.
  void done(std::uint64_t frame);

  std::uint64_t pulled() const { return pulled_; }
  bool absolute(models::LayerId layer) const { return absolute_[layer] != 0; }
  bool layer_delay() const { return layer_delay_; }

 private:
  struct Flying {
    models::FrameEvents events;
    std::vector<Events> sent_by, own;
    std::vector<std::vector<models::DeltaEvent>> decided;  ///< what `own` points into
    std::uint32_t busy = 0;                                ///< senders that are not done
  };
  void share_out(Flying& flying) const;
  void show(Flying& flying) const;

  models::EventSource& source_;
  const Plan& plan_;
  Ledger& ledger_;
  std::vector<std::uint8_t> absolute_;
  bool layer_delay_;
  bool slices_decide_ = false;
  Watch watch_;
  std::deque<Flying> flying_;
  std::vector<Flying> spare_;
  std::uint64_t first_ = 0, pulled_ = 0, shown_ = 0;
  bool ended_ = false;
};

}  // namespace deltasim::hw
