#include "hw/delta_unit.hpp"

#include <algorithm>

namespace deltasim::hw {

DeltaUnit::DeltaUnit(const models::OutputBox& box, const CoreParams& core, std::vector<Branch> branches,
                     bool has_reference)
    : box_(box),
      core_(core),
      branches_(std::move(branches)),
      has_reference_(has_reference),
      total_(box.pixels() * box.channels()) {}

void DeltaUnit::begin(bool all, const TouchedFlags& touched, const std::vector<std::uint32_t>& fired) {
  all_ = all;
  touched_ = &touched;
  fired_ = &fired;
  neuron_ = scanned_ = event_ = 0;
}

/// Flag words up to and with the one of `neuron` - 1.
std::uint32_t DeltaUnit::scan_to(std::size_t neuron) {
  if (all_) return 0;
  const std::size_t words = (neuron + core_.flag_word_bits - 1) / core_.flag_word_bits;
  const auto cycles = static_cast<std::uint32_t>(words - scanned_);
  scanned_ = words;
  return cycles;
}

bool DeltaUnit::next(Group& group) {
  group = Group();
  std::size_t neuron = neuron_;
  if (!all_ && neuron < total_) {
    neuron = touched_->next(neuron);
    // A rule may send a neuron that no event reached, for its neighbours' sake.
    if (event_ < fired_->size()) neuron = std::min<std::size_t>(neuron, (*fired_)[event_]);
  }
  if (neuron >= total_) {
    group.scan_cycles = scan_to(total_);
    neuron_ = total_;
    return false;
  }
  group.first = neuron / core_.evaluate_lanes * core_.evaluate_lanes;
  const std::size_t end = std::min<std::size_t>(group.first + core_.evaluate_lanes, total_);
  group.scan_cycles = scan_to(end);
  group.neurons = all_ ? static_cast<std::uint32_t>(end - group.first) : touched_->count(group.first, end);
  group.events_begin = event_;
  while (event_ < fired_->size() && (*fired_)[event_] < end) ++event_;
  group.events_end = event_;
  count_words(group, end);
  const std::uint64_t words = group.state_reads + group.state_writes + group.reference_reads + group.reference_writes;
  const std::uint64_t in_cycle = std::uint64_t{core_.state_memory.banks} * core_.state_memory.ports;
  const std::uint32_t firing = group.events_begin < group.events_end ? core_.fire_cycles : 0;
  group.compute_cycles = core_.evaluate_cycles + firing;
  group.cycles = std::max(group.compute_cycles, static_cast<std::uint32_t>((words + in_cycle - 1) / in_cycle) + firing);
  neuron_ = end;
  return true;
}

void DeltaUnit::count_words(Group& group, std::size_t end) const {
  for (const Branch& branch : branches_) {
    const std::uint64_t n = branch_words(*branch.integration, group.first, end);
    group.state_reads += n;
    if (branch.absolute) group.state_writes += words(group.first, end, branch.integration->state_bits());
  }
  if (!has_reference_) return;
  group.reference_reads = words(group.first, end, core_.reference_bits);
  std::uint64_t last = ~std::uint64_t{0};
  for (std::size_t i = group.events_begin; i < group.events_end; ++i) {
    const std::uint64_t word = std::uint64_t{(*fired_)[i]} * core_.reference_bits / core_.state_memory.word_bits;
    if (word != last) ++group.reference_writes;
    last = word;
  }
}

/// Words that hold values of neurons [first, end).
std::uint64_t DeltaUnit::words(std::size_t first, std::size_t end, std::uint32_t bits) const {
  const std::uint64_t word = core_.state_memory.word_bits;
  return (std::uint64_t{end} * bits - 1) / word - std::uint64_t{first} * bits / word + 1;
}

std::uint64_t DeltaUnit::branch_words(const Integration& integration, std::size_t first, std::size_t end) const {
  if (!integration.reads_windows()) return words(first, end, integration.state_bits());
  const std::size_t channels = box_.channels(), width = box_.x_end - box_.x_begin;
  std::uint64_t sum = 0;
  while (first < end) {
    const std::size_t pixel = first / channels, stop = std::min(end, (pixel + 1) * channels);
    const std::uint64_t elements =
        integration.window_elements(box_.y_begin + static_cast<std::uint32_t>(pixel / width),
                                    box_.x_begin + static_cast<std::uint32_t>(pixel % width));
    sum += elements * words(first - pixel * channels, stop - pixel * channels, integration.state_bits());
    first = stop;
  }
  return sum;
}

}  // namespace deltasim::hw
