#include "hw/delta_unit.hpp"

#include <algorithm>

namespace deltasim::hw {

DeltaUnit::DeltaUnit(const models::OutputBox& box, const CoreParams& core, std::vector<Branch> branches,
                     bool has_reference)
    : box_(box),
      core_(core),
      branches_(std::move(branches)),
      has_reference_(has_reference),
      total_(box.pixels() * box.channels()),
      loads_(core.state_memory.banks) {
  for (const Branch& branch : branches_) {
    branch_base_.push_back(reference_base_);
    reference_base_ += branch.integration->state_words();
  }
}

void DeltaUnit::begin(bool all, const TouchedFlags& touched, const std::vector<std::uint32_t>& fired, bool fresh) {
  all_ = all;
  fresh_ = fresh;
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
  const std::size_t first = neuron / core_.evaluate_lanes * core_.evaluate_lanes;
  const std::size_t end = std::min<std::size_t>(first + core_.evaluate_lanes, total_);
  if (!complete(end)) return pause(group, first);
  decided_ = std::max(decided_, first);
  group.first = first;
  group.scan_cycles = scan_to(end);
  fill(group, end);
  neuron_ = end;
  return Step::group;
}

void DeltaUnit::fill(Group& group, std::size_t end) {
  group.end = end;
  group.neurons = all_ ? static_cast<std::uint32_t>(end - group.first) : touched_->count(group.first, end);
  group.events_begin = event_;
  while (event_ < fired_->size() && (*fired_)[event_] < end) ++event_;
  group.events_end = event_;
  count_words(group);
}

void DeltaUnit::count_words(Group& group) const {
  for (const Branch& branch : branches_) {
    const std::uint64_t n = branch_words(*branch.integration, group.first, group.end);
    group.state_reads += n;
    if (branch.absolute)
      group.state_writes += words(group.first, group.end, branch.integration->state_bits());
    else
      group.kept_reads += n;
  }
  if (!has_reference_) return;
  group.reference_reads = words(group.first, group.end, core_.reference_bits);
  if (fresh_) {
    group.reference_writes = group.reference_reads;
    return;
  }
  std::uint64_t last = ~std::uint64_t{0};
  for (std::size_t i = group.events_begin; i < group.events_end; ++i) {
    const std::uint64_t word = first_word((*fired_)[i], core_.reference_bits);
    if (word != last) ++group.reference_writes;
    last = word;
  }
}

/// Calls `visit(first word, words)` for what a group reads; windows are taken as spread evenly over the banks.
template <typename Visit>
void DeltaUnit::visit_reads(const Group& group, Visit visit) const {
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    const Integration& integration = *branches_[b].integration;
    visit(branch_base_[b] + first_word(group.first, integration.state_bits()),
          branches_.size() == 1 ? group.state_reads : branch_words(integration, group.first, group.end));
  }
  if (has_reference_) visit(reference_base_ + first_word(group.first, core_.reference_bits), group.reference_reads);
}

template <typename Visit>
void DeltaUnit::visit_writes(const Group& group, Visit visit) const {
  for (std::size_t b = 0; b < branches_.size(); ++b) {
    if (!branches_[b].absolute) continue;
    const std::uint32_t bits = branches_[b].integration->state_bits();
    visit(branch_base_[b] + first_word(group.first, bits), words(group.first, group.end, bits));
  }
  if (!has_reference_) return;
  if (fresh_) {
    visit(reference_base_ + first_word(group.first, core_.reference_bits), group.reference_writes);
    return;
  }
  std::uint64_t last = ~std::uint64_t{0};
  for (std::size_t i = group.events_begin; i < group.events_end; ++i) {
    const std::uint64_t word = first_word((*fired_)[i], core_.reference_bits);
    if (word != last) visit(reference_base_ + word, std::uint64_t{1});
    last = word;
  }
}

void DeltaUnit::load_banks(std::uint64_t first, std::uint64_t count) {
  const std::uint64_t banks = loads_.size();
  if (banks == 0) return;  // a memory has banks; the analyser cannot know
  if (count >= banks)
    for (std::uint32_t& load : loads_) load += static_cast<std::uint32_t>(count / banks);
  for (std::uint64_t i = 0; i < count % banks; ++i) ++loads_[(first + i) % banks];
}

/// Accesses of the fullest bank over its ports. Writes do not wait for the flags.
std::uint32_t DeltaUnit::memory_cycles(const Group& fetched, const Group& sent) {
  const MemoryParams& memory = core_.state_memory;
  const std::uint64_t writes = sent.state_writes + sent.reference_writes;
  // Contiguous words meet in a bank only where they are more than the banks.
  const std::uint64_t ranges = branches_.size() + (has_reference_ ? 1 : 0);
  const std::uint64_t reads = fetched.state_reads + fetched.reference_reads;
  const std::uint32_t served = fetched.scan_cycles * memory.ports;
  if (reads == 0 && writes <= served) return 0;
  if (ranges + reads / memory.banks + writes <= memory.ports) return 1;
  std::fill(loads_.begin(), loads_.end(), 0);
  if (writes != 0) visit_writes(sent, [this](std::uint64_t first, std::uint64_t n) { load_banks(first, n); });
  for (std::uint32_t& load : loads_) load -= std::min(load, served);
  if (reads != 0) visit_reads(fetched, [this](std::uint64_t first, std::uint64_t n) { load_banks(first, n); });
  const std::uint32_t most = *std::max_element(loads_.begin(), loads_.end());
  return (most + memory.ports - 1) / memory.ports;
}

DeltaUnit::Beat DeltaUnit::beat(const Group& fetched, const Group& sent) {
  const std::uint32_t firing = sent.events_begin < sent.events_end ? core_.fire_cycles : 0;
  const bool fetching = !fetched.empty();
  const std::uint32_t computing = fetching ? core_.evaluate_cycles : fetched.scan_cycles == 0 ? 1 : 0;
  Beat beat;
  beat.compute_cycles = fetched.scan_cycles + computing + firing;
  beat.cycles = fetched.scan_cycles + std::max(computing, memory_cycles(fetched, sent)) + firing;
  return beat;
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
