#pragma once

#include "hw/observer.hpp"
#include "hw/params.hpp"
#include "hw/schedule.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace deltasim::hw {

/// What DRAM moves for one frame, in words; the two ways of counting of DramParams::reuse. The machine's counts follow
/// this where every word fills a burst, and so does the thought experiment of sim/validation.
struct DramWords {
  std::uint64_t weights = 0, state_read = 0, state_written = 0;
  std::uint64_t sum() const { return weights + state_read + state_written; }
};

/// Of a frame that needs all of `weights` words of weights and does `macs`. Only state that is kept from frame to frame
/// (`kept_state` words) lives in DRAM: what starts every frame from its bias has nothing to bring back. Without reuse a
/// multiply-accumulate reads its weight, and reads and writes its accumulator.
inline DramWords dram_words(Reuse reuse, std::uint64_t weights, std::uint64_t kept_state, std::uint64_t macs) {
  if (reuse == Reuse::frame) return {weights, kept_state, kept_state};
  return kept_state == 0 ? DramWords{macs, 0, 0} : DramWords{macs, macs, macs};
}

/// The memory channel that all cores share.
///
/// Timing: requests stand on the whole cycle, one is granted on the half when the channel is free. A request granted in
/// cycle g holds the channel for transfer = ceil(bursts x burst_bytes x 8 / bits_per_cycle) cycles and is done at
/// g + transfer, or, where its latency is not hidden, at g + latency_cycles + transfer: latencies overlap with
/// transfers of others. A core's requests are served in their order; among cores round robin, or the oldest first
/// (ties: the lower core). Counts: busy cycles; bursts are charged by who asks. Limits: one channel, no rows and banks,
/// no refresh, no turnaround between reads and writes.
class Dram final : public Unit {
 public:
  struct Request {
    Cycle from = 0;               ///< when it is made; not before the core's request before it
    std::uint64_t bursts = 0;     ///< at least one
    bool hidden_latency = false;  ///< addresses were known early enough
    Unit* waiter = nullptr;       ///< is woken when it is done; null: nobody waits
    Cycle* done = nullptr;        ///< becomes the cycle in which it is done, once that is known
  };

  Dram(const DramParams& params, Schedule& schedule, std::uint32_t cores)
      : Unit(Phase::half), params_(params), schedule_(schedule), waiting_(cores) {}

  void observe(Observer* observer) { observer_ = observer; }
  void ask(std::uint32_t core, const Request& request);
  void wake(Cycle now) override;

  std::uint64_t bursts_of(std::uint64_t bytes) const { return (bytes + params_.burst_bytes - 1) / params_.burst_bytes; }
  Cycle transfer_cycles(std::uint64_t bursts) const;
  Cycle last_work() const { return free_at_; }
  std::uint64_t busy_cycles() const { return busy_cycles_; }

 private:
  std::uint32_t choose(Cycle now) const;

  const DramParams params_;
  Schedule& schedule_;
  std::vector<std::deque<Request>> waiting_;  ///< by core
  std::uint32_t last_ = 0;                    ///< core that was served last, for round robin
  Cycle free_at_ = 0;
  std::uint64_t busy_cycles_ = 0;
  Observer* observer_ = nullptr;
};

}  // namespace deltasim::hw
