#pragma once

#include "hw/observer.hpp"
#include "hw/packet.hpp"
#include "hw/queue_meter.hpp"

#include <vector>

namespace deltasim::hw {

class Plan;

/// Tells an observer what a core does. The core keeps account as ever (Causes); the probe sees the accounts grow and
/// lays the cycles side by side. Within one piece of work the order is: waiting, control, then what the lanes or the
/// delta unit did, cause by cause.
///
/// Its functions are cold, so that they cost cores that nobody looks at as little as can be.
class Probe {
 public:
  Probe(Observer& observer, const Plan& plan, std::uint32_t core);

  QueueMeter& input() { return input_; }
  QueueMeter& output() { return output_; }

  /// The core waited; if no work follows, it was idle.
  [[gnu::cold]] void wait(Cause cause, Cycle begin, Cycle end);
  /// Waiting has become part of the accounts.
  [[gnu::cold]] void absorb(const Causes& waited);
  /// A packet was worked on; the accounts are `causes` now.
  [[gnu::cold]] void take(const Packet& packet, const Causes& causes);
  [[gnu::cold]] void take(const Packet& packet, const Causes& causes, Cycle now) {
    take(packet, causes);
    settle(now);
  }
  /// A step of an evaluation, which sent `events`.
  void evaluate(models::LayerId layer, std::uint64_t frame, std::uint64_t events, const Causes& causes);
  /// The kernel's time: queues are known up to here.
  [[gnu::cold]] void settle(Cycle now);
  void finish(Cycle end);

 private:
  void lay(const Span& work, const Causes& causes);
  void emit(Span span, Cause cause, Cycle cycles);

  Observer& observer_;
  const std::uint32_t core_;
  QueueMeter input_, output_;
  std::vector<models::LayerId> reader_;  ///< by producing layer: the first layer here that reads it
  std::vector<Span> waits_;
  Causes seen_;
  Cycle cursor_ = 0;  ///< all before is told
};

}  // namespace deltasim::hw
