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
  neuron_ = scanned_ = event_ = decided_ = 0;
  allow(total_, true);
}

/// Flag words up to and with the one of `neuron` - 1, as far as they are not scanned yet.
std::uint32_t DeltaUnit::scan_to(std::size_t neuron) {
  const std::size_t words = (neuron + core_.flag_word_bits - 1) / core_.flag_word_bits;
  if (all_ || words <= scanned_) return 0;
  const auto cycles = static_cast<std::uint32_t>(words - scanned_);
  scanned_ = words;
  return cycles;
}

std::size_t DeltaUnit::find_neuron() const {
  if (all_ || neuron_ >= total_) return neuron_;
  const std::size_t touched = touched_->next(neuron_);
  // A rule may send a neuron that no event reached, for its neighbours' sake.
  return event_ < fired_->size() ? std::min<std::size_t>(touched, (*fired_)[event_]) : touched;
}

/// Whether a group that ends before `end`, and its flag words, can be looked at.
bool DeltaUnit::complete(std::size_t end) const {
  const std::size_t word = all_ ? 1 : core_.flag_word_bits;
  return closed_ || std::min(total_, (end + word - 1) / word * word) <= allowed_;
}

/// Nothing sends before `neuron`, as far as neurons are complete.
DeltaUnit::Step DeltaUnit::pause(Group& group, std::size_t neuron) {
  const std::size_t word = all_ ? 1 : core_.flag_word_bits;
  const std::size_t end = std::min(neuron, allowed_);
  decided_ = std::max(decided_, end == total_ ? total_ : end / word * word);
  group.scan_cycles = scan_to(decided_);
  return Step::wait;
}

DeltaUnit::Step DeltaUnit::next(Group& group) {
  group = Group();
  const std::size_t neuron = find_neuron();
  if (neuron >= total_) {
    if (!closed_) return pause(group, total_);
    group.scan_cycles = scan_to(total_);
    neuron_ = decided_ = total_;
    return Step::done;
  }
  group.first = neuron / core_.evaluate_lanes * core_.evaluate_lanes;
  const std::size_t end = std::min<std::size_t>(group.first + core_.evaluate_lanes, total_);
  if (!complete(end)) return pause(group, group.first);
  decided_ = std::max(decided_, group.first);
  group.scan_cycles = scan_to(end);
  fill(group, end);
  neuron_ = end;
  return Step::group;
}

void DeltaUnit::fill(Group& group, std::size_t end) {
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
}

void DeltaUnit::count_words(Group& group, std::size_t end) const {
  for (const Branch& branch : branches_) {
    const std::uint64_t n = branch_words(*branch.integration, group.first, end);
    group.state_reads += n;
    if (branch.absolute)
      group.state_writes += words(group.first, end, branch.integration->state_bits());
    else
      group.kept_reads += n;
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
