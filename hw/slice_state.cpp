#include "hw/slice_state.hpp"

#include <algorithm>

namespace deltasim::hw {

SliceState::SliceState(const Chip& chip, std::uint32_t index)
    : chip_(chip),
      index_(index),
      slice_(chip.plan.slices()[index]),
      layer_(chip.plan.network().layers[slice_.layer]),
      box_(box_of(slice_)),
      raw_(layer_.raw_output),
      delay_frames_(chip.stream.layer_delay() ? 1 : 0),
      delay_(delay_frames_ * chip.plan.producers(index).size()),
      branches_(make_branches()),
      computes_(chip.functional != nullptr || chip.own != nullptr),
      flags_in_use_(chip.params.core.evaluate == Evaluate::touched &&
                    std::none_of(branches_.begin(), branches_.end(), [](const Branch& b) { return b.absolute; })),
      touched_(box_.channels(), box_.pixels()),
      delta_(box_, chip.params.core, delta_branches(), !raw_ && !chip.stream.absolute(slice_.layer)),
      memory_(chip, index, absolute_branches(), !raw_ && !chip.stream.absolute(slice_.layer)),
      row_neurons_(std::size_t{box_.x_end - box_.x_begin} * box_.channels()) {
  await_rows();
}

std::size_t SliceState::number_of(std::uint32_t producer) const {
  const auto& producers = chip_.plan.producers(index_);
  return static_cast<std::size_t>(std::lower_bound(producers.begin(), producers.end(), producer) - producers.begin());
}

/// As at the beginning of a frame.
void SliceState::await_rows() {
  if (chip_.rows == nullptr) return;
  progress_.assign(chip_.plan.producers(index_).size(), Progress());
  for (std::size_t p = 0; p < progress_.size(); ++p) progress_[p].rows = chip_.rows->complete(index_, p, 0);
}

void SliceState::count_end(std::uint32_t producer) {
  ++ends_;
  if (chip_.rows != nullptr) progress_[number_of(producer)].rows = box_.y_end - box_.y_begin;
}

void SliceState::count_rows(std::uint32_t producer) {
  const std::size_t p = number_of(producer);
  progress_[p].rows = chip_.rows->complete(index_, p, ++progress_[p].tokens);
}

std::uint32_t SliceState::complete_rows() const {
  if (progress_.empty()) return 0;
  const auto fewer = [](const Progress& a, const Progress& b) { return a.rows < b.rows; };
  return std::min_element(progress_.begin(), progress_.end(), fewer)->rows;
}

bool SliceState::grant() {
  const std::uint32_t rows = complete_rows();
  const bool all = closed();
  if (rows == granted_rows_ && all == granted_all_) return false;
  granted_rows_ = rows;
  granted_all_ = all;
  if (chip_.own != nullptr) {
    chip_.own->compute(index_, evaluated_, all ? box_.y_end - box_.y_begin : rows);
    find_firing();
  }
  delta_.allow(all ? box_.pixels() * box_.channels() : rows * row_neurons_, all);
  return true;
}

std::vector<SliceState::Branch> SliceState::make_branches() const {
  std::vector<Branch> branches(layer_.branches.size());
  for (std::size_t b = 0; b < branches.size(); ++b) {
    const models::Branch& branch = layer_.branches[b];
    branches[b].integration = std::make_unique<Integration>(branch, layer_.output, box_, chip_.params.core);
    branches[b].absolute = chip_.stream.absolute(branch.sources.front().producer);
  }
  return branches;
}

std::vector<DeltaUnit::Branch> SliceState::delta_branches() const {
  std::vector<DeltaUnit::Branch> branches;
  for (const Branch& b : branches_) branches.push_back({b.integration.get(), b.absolute});
  return branches;
}

std::vector<bool> SliceState::absolute_branches() const {
  std::vector<bool> absolute;
  for (const Branch& b : branches_) absolute.push_back(b.absolute);
  return absolute;
}

/// The frame begins with a reset.
bool SliceState::new_state(std::uint64_t frame) const {
  return !chip_.stream.layer_delay() && chip_.stream.frame(frame).key;
}

bool SliceState::ready_for_event(Cycle now, std::uint64_t frame, Unit& core) {
  return memory_.ready_for_event(now, frame, new_state(frame), core);
}

bool SliceState::ready_for_evaluation(Cycle now, Unit& core) {
  const bool may_send = chip_.own != nullptr ? chip_.own->sends_untouched(index_)  // events brought it themselves
                                             : !chip_.stream.sent_by(index_, evaluated_).empty();
  const bool uses_state = !flags_in_use_ || was_reset_ || may_send;
  if (!uses_state || chip_.stream.frame(evaluated_).key) return true;
  return memory_.ready_for_evaluation(now, evaluated_, core);
}

/// Writes the bias into the state of all branches that integrate changes.
Cycle SliceState::reset(std::uint64_t frame) {
  std::uint64_t words = 0;
  for (const Branch& b : branches_)
    if (!b.absolute) words += b.integration->state_words();
  was_reset_ = true;
  memory_.state_was_reset();
  if (chip_.functional != nullptr) chip_.functional->reset(index_);
  if (chip_.own != nullptr) chip_.own->reset(index_);
  chip_.ledger.charge(index_, 0, frame, Activity::state_write, words);
  const MemoryParams& memory = chip_.params.core.state_memory;
  const std::uint64_t in_cycle = std::uint64_t{memory.banks} * memory.ports;
  return (words + in_cycle - 1) / in_cycle;
}

Cycle SliceState::open_new(std::uint64_t frame) {
  opened_ = frame + 1;
  return new_state(frame) ? reset(frame) : 0;
}

void SliceState::settle() {
  if (evaluated_ < delay_frames_) return;
  const std::uint64_t frame = evaluated_ - delay_frames_;
  if (frame >= chip_.stream.pulled()) return;  // after the last frame, without a delay
  const CoreParams& core = chip_.params.core;
  for (std::uint32_t b = 0; b < branches_.size(); ++b) {
    Work& work = branches_[b].work;
    Counts counts;
    counts[Activity::event_in] = work.events;
    counts[Activity::control_instruction] = work.events * core.control_instructions +
                                            work.packets * core.packet_instructions +
                                            work.pixels * core.pixel_instructions + work.taps * core.tap_instructions;
    counts[Activity::queue_write] = counts[Activity::queue_read] = work.flits;
    counts[Activity::weight_read] = work.weight_words;
    counts[Activity::state_read] = counts[Activity::state_write] = work.state_words;
    counts[branches_[b].integration->has_weights() ? Activity::mac : Activity::accumulate] = work.items;
    counts[Activity::padding_mac] = work.dummies;
    chip_.ledger.charge(index_, b, frame, counts);
    chip_.ledger.count_nonzero(index_, b, frame, work.nonzero);
    chip_.ledger.work(index_, b, frame, work.cycles);
    work = Work();
  }
}

Cycle SliceState::begin_evaluation() {
  const models::FrameEvents& frame = chip_.stream.frame(evaluated_);
  Cycle cycles = 0;
  // With a delay, what is on its way when a key frame comes belongs to the old state and is dropped.
  if (chip_.stream.layer_delay() && frame.key) cycles = reset(evaluated_);
  fired_.clear();
  if (chip_.own == nullptr) find_firing();
  const bool all = !flags_in_use_ || was_reset_;
  delta_.begin(all, touched_, fired_, was_reset_);
  grant();
  return cycles;
}

/// The neurons of the events that are known by now.
void SliceState::find_firing() {
  const auto& events = chip_.stream.sent_by(index_, evaluated_);
  const std::uint32_t width = box_.x_end - box_.x_begin;
  for (std::size_t i = fired_.size(); i < events.size(); ++i) {
    const models::DeltaEvent& e = *events[i];
    fired_.push_back(((e.y - box_.y_begin) * width + (e.x - box_.x_begin)) * box_.channels() +
                     (e.channel - box_.channel_begin));
  }
}

void SliceState::mark(Branch& branch, models::Position at) {
  branch.integration->mark(at, touched_);
  branch.marked = branch.integration->reaches_all_channels(at) ? pixel_of(at) : nowhere;
}

void SliceState::compute(std::uint32_t branch, models::Position at, std::int32_t value) {
  if (chip_.functional != nullptr) chip_.functional->integrate(index_, branch, at, value);
  if (chip_.own != nullptr) branches_[branch].work.nonzero += chip_.own->integrate(index_, branch, at, value);
}

void SliceState::clear_flags() {
  touched_.clear();
  for (Branch& b : branches_) b.marked = nowhere;
}

void SliceState::end_evaluation(Cycle cycles, Cycle now) {
  settle();
  if (chip_.functional != nullptr) chip_.functional->evaluate(index_, evaluated_);
  if (chip_.own != nullptr) chip_.own->end_frame(index_, evaluated_);
  chip_.ledger.work(index_, 0, evaluated_, cycles);
  if (flags_in_use_) clear_flags();
  was_reset_ = false;
  granted_rows_ = 0;
  granted_all_ = false;
  await_rows();
  memory_.release(now, evaluated_);
  chip_.stream.done(evaluated_++);
}

}  // namespace deltasim::hw
