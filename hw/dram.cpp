#include "hw/dram.hpp"

#include <algorithm>
#include <cassert>

namespace deltasim::hw {

Cycle Dram::transfer_cycles(std::uint64_t bursts) const {
  return (bursts * params_.burst_bytes * 8 + params_.bits_per_cycle - 1) / params_.bits_per_cycle;
}

void Dram::ask(std::uint32_t core, const Request& request) {
  assert(request.bursts > 0);
  assert(waiting_[core].empty() || waiting_[core].back().from <= request.from);
  waiting_[core].push_back(request);
  schedule_.at(*this, request.from);
}

/// Whose request is served next; the number of cores where nobody has one.
std::uint32_t Dram::choose(Cycle now) const {
  const auto cores = static_cast<std::uint32_t>(waiting_.size());
  std::uint32_t best = cores;
  for (std::uint32_t i = 1; i <= cores; ++i) {
    const std::uint32_t core = params_.arbitration == Arbitration::round_robin ? (last_ + i) % cores : i - 1;
    if (waiting_[core].empty() || waiting_[core].front().from > now) continue;
    if (params_.arbitration == Arbitration::round_robin) return core;
    if (best == cores || waiting_[core].front().from < waiting_[best].front().from) best = core;
  }
  return best;
}

void Dram::wake(Cycle now) {
  if (now >= free_at_) {
    const std::uint32_t core = choose(now);
    if (core < waiting_.size()) {
      const Request request = waiting_[core].front();
      waiting_[core].pop_front();
      last_ = core;
      const Cycle transfer = transfer_cycles(request.bursts);
      free_at_ = now + transfer;
      busy_cycles_ += transfer;
      if (observer_ != nullptr) observer_->dram({core, request.from, now, free_at_, request.bursts});
      const Cycle done = free_at_ + (request.hidden_latency ? 0 : params_.latency_cycles);
      if (request.done != nullptr) *request.done = done;
      if (request.waiter != nullptr) schedule_.at(*request.waiter, done);
    }
  }
  Cycle next = never;
  for (const auto& requests : waiting_)
    if (!requests.empty()) next = std::min(next, requests.front().from);
  if (next != never) schedule_.at(*this, std::max({next, free_at_, now + 1}));
}

}  // namespace deltasim::hw
