#include "hw/step_counter.hpp"

namespace deltasim::hw {
namespace {

/// The most words in one bank, each used `times`, over the bank's ports.
std::uint32_t bank_cycles(const std::vector<std::uint64_t>& words, const MemoryParams& memory, std::uint32_t times) {
  std::vector<std::uint32_t> in_bank(memory.banks);
  std::uint32_t most = 0;
  for (const std::uint64_t w : words) most = std::max(most, in_bank[w % memory.banks] += times);
  return (most + memory.ports - 1) / memory.ports;
}

void keep_unique(std::vector<std::uint64_t>& words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

}  // namespace

void StepCounter::end_step() {
  if (in_step_ == 0) return;
  std::uint32_t compute = 0;
  for (std::uint32_t e = 0; e < events_; ++e) {
    keep_unique(weights_[e]);
    const std::uint32_t times = e + 1 == events_ ? 1 + dummies_ : 1;
    compute += times * std::max(core_.step_cycles, bank_cycles(weights_[e], core_.weight_memory, 1));
    cost_.weight_words += times * static_cast<std::uint32_t>(weights_[e].size());
    weights_[e].clear();
  }
  keep_unique(states_);
  const std::uint32_t state = bank_cycles(states_, core_.state_memory, 2) + turn_cycles(core_.state_memory);
  const std::uint32_t busy = (events_ + dummies_) * core_.step_cycles;
  const std::uint32_t cycles = core_.state_overlap ? std::max(compute, state) : compute + state;
  const std::uint32_t for_weights = !core_.state_overlap || compute > state ? compute - busy : 0;
  cost_.cycles += cycles;
  cost_.busy += busy;
  cost_.weight_conflict += for_weights;
  cost_.state_conflict += cycles - busy - for_weights;
  cost_.state_words += static_cast<std::uint32_t>(states_.size());
  states_.clear();
  in_step_ = 0;
}

}  // namespace deltasim::hw
