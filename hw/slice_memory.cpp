#include "hw/slice_memory.hpp"

#include <algorithm>

namespace deltasim::hw {

SliceMemory::SliceMemory(const Chip& chip, std::uint32_t index, const std::vector<bool>& absolute, bool has_reference)
    : chip_(chip), slice_(index), weights_by_access_(absolute.size()), state_by_access_(absolute.size()) {
  const Slice& slice = chip.plan.slices()[index];
  if (chip.dram == nullptr) return;
  const bool by_access = chip.params.dram->reuse == Reuse::none;
  const auto place = [&](Part& part, std::uint32_t branch, std::uint64_t bytes) {
    if (bytes > 0) part.arrays.push_back({branch, chip.dram->bursts_of(bytes)});
  };
  for (std::uint32_t b = 0; b < absolute.size(); ++b) {
    const Footprint needs = branch_footprint(chip.plan.network(), slice, b, chip.params.core);
    weights_by_access_[b] = by_access && slice.weights_in_dram;
    state_by_access_[b] = by_access && slice.state_in_dram && !absolute[b];
    if (!by_access && slice.weights_in_dram) place(weights_, b, needs.weight_bytes);
    if (!by_access && slice.state_in_dram && !absolute[b]) place(state_, b, needs.state_bytes);
  }
  if (!slice.state_in_dram || !has_reference) return;
  reference_by_access_ = by_access;
  if (!by_access) place(state_, 0, footprint(chip.plan.network(), slice, chip.params.core).reference_bytes);
}

bool SliceMemory::ready_for_event(Cycle now, std::uint64_t frame, bool state_is_new, Unit& core) {
  const bool weights = fetch(weights_, now, frame, core);
  return (state_is_new || fetch(state_, now, frame, core)) && weights;
}

bool SliceMemory::fetch(Part& part, Cycle now, std::uint64_t frame, Unit& core) {
  if (part.arrays.empty()) return true;
  if (part.here == absent) {
    part.here = never;
    const std::uint64_t bursts = move(part, Activity::dram_read, frame);
    chip_.dram->ask(chip_.plan.slices()[slice_].core, {now, bursts, false, &core, &part.here});
  }
  if (part.here > now && part.here != never) chip_.schedule.at(core, part.here);
  return part.here <= now;
}

std::uint64_t SliceMemory::move(const Part& part, Activity activity, std::uint64_t frame) {
  std::uint64_t bursts = 0;
  for (const Array& array : part.arrays) {
    charge(array.branch, frame, activity, &part == &weights_, array.bursts);
    bursts += array.bursts;
  }
  return bursts;
}

void SliceMemory::charge(std::uint32_t branch, std::uint64_t frame, Activity activity, bool of_weights,
                         std::uint64_t bursts) {
  if (bursts == 0) return;
  chip_.ledger.charge(slice_, branch, frame, activity, bursts);
  DramResult& dram = *chip_.ledger.result().dram;
  (of_weights                        ? dram.weight_bursts
   : activity == Activity::dram_read ? dram.state_read_bursts
                                     : dram.state_write_bursts) += bursts;
}

void SliceMemory::release(Cycle now, std::uint64_t frame) {
  weights_.here = absent;
  if (!state_.arrays.empty() && state_.here != absent) {
    const std::uint64_t bursts = move(state_, Activity::dram_write, frame);
    chip_.dram->ask(chip_.plan.slices()[slice_].core, {now, bursts, true, nullptr, nullptr});
  }
  state_.here = absent;
}

std::uint64_t SliceMemory::event_bursts(std::uint32_t branch, const EventCost& cost, std::uint64_t frame) {
  std::uint64_t sum = 0;
  if (weights_by_access_[branch]) {
    sum = words(cost.weight_words, chip_.params.core.weight_memory);
    charge(branch, frame, Activity::dram_read, true, sum);
  }
  if (state_by_access_[branch]) {
    const std::uint64_t state = words(cost.state_words, chip_.params.core.state_memory);
    charge(branch, frame, Activity::dram_read, false, state);
    charge(branch, frame, Activity::dram_write, false, state);
    sum += 2 * state;
  }
  return sum;
}

std::uint64_t SliceMemory::group_bursts(const DeltaUnit::Group& group, std::uint64_t frame) {
  const MemoryParams& memory = chip_.params.core.state_memory;
  std::uint64_t read = 0, written = 0;
  if (std::find(state_by_access_.begin(), state_by_access_.end(), true) != state_by_access_.end())
    read += words(group.kept_reads, memory);
  if (reference_by_access_) {
    read += words(group.reference_reads, memory);
    written += words(group.reference_writes, memory);
  }
  charge(0, frame, Activity::dram_read, false, read);
  charge(0, frame, Activity::dram_write, false, written);
  return read + written;
}

}  // namespace deltasim::hw
