#include "hw/core.hpp"

#include <algorithm>

namespace deltasim::hw {

bool Core::can_evaluate(const Evaluation& e, Cycle now) {
  if (e.begun) return true;
  if (!e.slice->consumers_ready() || !chip_.stream.has(e.slice->next_frame(), now)) return false;
  if (!streams_ || e.slice->ready_for_evaluation(now, *this)) return true;
  waits_for_dram_ = true;
  return false;
}

bool Core::deeper(const Evaluation& a, const Evaluation& b) const {
  const auto depth = [this](const Evaluation& e) {
    return std::pair(chip_.plan.slices()[e.slice->index()].layer, e.slice->index());
  };
  return depth(a) > depth(b);
}

/// The first that became evaluable and whose consumers can take its events; depth first, of these the one of the last
/// layer. The number of evaluable slices where there is none.
std::size_t Core::choose_evaluation(Cycle now) {
  std::size_t chosen = evaluable_.size();
  for (std::size_t i = 0; i < evaluable_.size(); ++i) {
    if (!can_evaluate(*evaluable_[i], now)) continue;
    if (chip_.rows == nullptr) return i;
    if (chosen == evaluable_.size() || deeper(*evaluable_[i], *evaluable_[chosen])) chosen = i;
  }
  return chosen;
}

bool Core::find_evaluation(Cycle now) {
  if (active_ != nullptr) return true;
  const std::size_t chosen = choose_evaluation(now);
  if (chosen == evaluable_.size()) return false;
  active_ = evaluable_[chosen];
  evaluable_.erase(evaluable_.begin() + static_cast<std::ptrdiff_t>(chosen));
  active_->reset_cycles = drained_at_ > now ? drained_at_ - now : 0;
  if (active_->begun)
    active_->slice->grant();
  else
    active_->reset_cycles += active_->slice->begin_evaluation();
  active_->begun = true;
  spend(Cause::control, active_->reset_cycles);
  return true;
}

/// As far as the output queue has room. Packets are pushed ahead of time, with the cycle at which they are written:
/// room seen now is still there then. Returns the cycles spent; 0 with an active evaluation: blocked.
Cycle Core::evaluate(Cycle now) {
  if (no_room_for_ != 0 && still_no_room(now)) return 0;
  Cycle time = now + active_->reset_cycles;
  active_->reset_cycles = 0;
  Outcome outcome = Outcome::more;
  if (probe_)
    outcome = advance_observed(now, time);
  else
    while (outcome == Outcome::more) outcome = advance(now, time);
  active_->cycles += time - now;
  if (outcome == Outcome::aside) put_aside();
  if (outcome == Outcome::done) end_slice(time);
  return time - now;
}

Core::Outcome Core::advance_observed(Cycle now, Cycle& time) {
  const models::LayerId layer = chip_.plan.slices()[active_->slice->index()].layer;
  Outcome outcome = Outcome::more;
  while (outcome == Outcome::more) {
    const std::uint64_t sent = sender_.events_sent();
    outcome = advance(now, time);
    probe_->evaluate(layer, active_->slice->next_frame(), sender_.events_sent() - sent, causes_);
  }
  probe_->settle(now);
  return outcome;
}

/// A look at the queue is all that a blocked evaluation needs.
bool Core::still_no_room(Cycle now) {
  FlitQueue& queue = sender_.queue();
  if (queue.has_room(no_room_for_, now)) {
    no_room_for_ = 0;
    return false;
  }
  if (queue.room_or_wait(no_room_for_, now)) chip_.schedule.at(*this, now + 1);
  return true;
}

Core::Outcome Core::advance(Cycle now, Cycle& time) {
  const std::uint32_t slice = active_->slice->index();
  switch (active_->stage) {
    case Stage::look:
      return look(time);
    case Stage::beat:
      return send_group(now, time) ? end_beat(now, time) : Outcome::blocked;
    case Stage::announce:
      return announce(now, time);
    case Stage::end_of_frame:
      if (!send_token(PacketKind::end_of_frame, chip_.plan.end_route(slice), now, time)) return Outcome::blocked;
      active_->stage = Stage::ready;
      return Outcome::more;
    default:
      return send_token(PacketKind::ready, chip_.plan.ready_route(slice), now, time) ? Outcome::done : Outcome::blocked;
  }
}

/// The next group is looked for; while it is, the two before it are computed and sent.
Core::Outcome Core::look(Cycle& time) {
  Evaluation& e = *active_;
  DeltaUnit& unit = e.slice->delta_unit();
  e.step = unit.next(e.fetched.group);
  e.fetched.announce = decided_rows();
  count_group();
  if (e.fetched.group.empty() && e.computed.group.empty() && e.sending.group.empty()) {
    time += e.fetched.group.scan_cycles;
    spend(Cause::evaluate, e.fetched.group.scan_cycles);
    e.stage = Stage::announce;
    return Outcome::more;
  }
  e.beat = unit.beat(e.fetched.group, e.sending.group);
  e.beat_end = time + e.beat.cycles;
  e.sent = 0;
  e.announced_now = false;
  e.stage = Stage::beat;
  return Outcome::more;
}

/// Rows that lie behind the delta unit, but for groups in its stages.
std::size_t Core::decided_rows() const {
  if (chip_.rows == nullptr) return 0;
  const auto& rows = chip_.rows->announced(active_->slice->index());
  std::size_t n = active_->announced;
  while (n < rows.size() && active_->slice->decided(rows[n])) ++n;
  return n;
}

/// Tokens of the rows before `end`. False: the output queue is full.
bool Core::announce_rows(std::size_t end, Cycle now, Cycle& time) {
  Evaluation& e = *active_;
  for (; e.announced < end; ++e.announced) {
    if (!send_token(PacketKind::end_of_rows, chip_.rows->route(e.slice->index()), now, time)) return false;
    e.announced_now = true;
  }
  return true;
}

/// Nothing is left in the delta unit's stages.
Core::Outcome Core::announce(Cycle now, Cycle& time) {
  Evaluation& e = *active_;
  if (!announce_rows(e.fetched.announce, now, time)) return Outcome::blocked;
  if (e.step == DeltaUnit::Step::done) {
    e.stage = Stage::end_of_frame;
    return Outcome::more;
  }
  e.stage = Stage::look;
  return e.slice->grant() ? Outcome::more : Outcome::aside;
}

/// False: the output queue is full.
bool Core::send_group(Cycle now, Cycle& time) {
  Evaluation& e = *active_;
  if (e.sending.group.empty()) return true;
  if (!announce_rows(e.sending.announce, now, time)) return false;
  const Cycle before = time;
  const bool all_sent = e.slice->raw_output() ? send_sums(now, time) : send_events(now, time);
  spend(Cause::evaluate, time - before);
  return all_sent;
}

Core::Outcome Core::end_beat(Cycle now, Cycle& time) {
  Evaluation& e = *active_;
  if (time < e.beat_end) {
    const Cycle rest = e.beat_end - time, conflict = std::min<Cycle>(rest, e.beat.cycles - e.beat.compute_cycles);
    spend(Cause::evaluate, rest - conflict);
    spend(Cause::state_conflict, conflict);
    time = e.beat_end;
  }
  e.sending = e.computed;
  e.computed = e.fetched;
  e.stage = Stage::look;
  if (!e.announced_now) return accesses_ > 0 ? Outcome::paused : Outcome::more;  // the next group waits for its words
  const std::size_t other = choose_evaluation(now);
  if (other == evaluable_.size() || deeper(e, *evaluable_[other])) return Outcome::more;
  evaluable_.push_back(&e);
  return Outcome::aside;
}

void Core::count_group() {
  Counts& counts = active_->counts;
  const DeltaUnit::Group& group = active_->fetched.group;
  counts[Activity::flag_read] += group.scan_cycles;
  counts[Activity::evaluate] += group.neurons;
  counts[Activity::state_read] += group.state_reads;
  counts[Activity::state_write] += group.state_writes;
  counts[Activity::reference_read] += group.reference_reads;
  counts[Activity::reference_write] += group.reference_writes;
  if (streams_) accesses_ += active_->slice->memory().group_bursts(group, active_->slice->next_frame());
}

/// A packet is built while its pixel is evaluated: its header is written with the first value, a flit with the value
/// that fills it or ends the packet; it is in the queue with its last flit.
bool Core::send_events(Cycle now, Cycle& time) {
  const std::uint64_t frame = active_->slice->next_frame();
  const models::LayerId layer = chip_.plan.slices()[active_->slice->index()].layer;
  const auto& list = chip_.stream.sent_by(active_->slice->index(), frame);
  Evaluation& e = *active_;
  for (; e.sending.group.events_begin + e.sent < e.sending.group.events_end; ++e.sent) {
    if (e.found == 0) {
      const std::size_t first = e.sending.group.events_begin + e.sent;
      e.packet = Packet();
      e.packet.events = list[first];
      e.packet.values = sender_.values_of_packet(layer, list, first);
    }
    const Routes::Id route = chip_.plan.route(layer, *e.packet.events);
    const std::uint32_t written = sender_.flits_before(e.found);
    if (e.found + 1 < e.packet.values) {
      ++e.found;
      if (sender_.copies(route) != 0) time += sender_.flits_before(e.found) - written;
      continue;
    }
    if (!send_copies(e.packet, route, written, now, time)) return false;
    e.found = 0;
  }
  return true;
}

/// Raw outputs: one flit for each neuron. Their values stay with the check; what travels has no influence on time.
bool Core::send_sums(Cycle now, Cycle& time) {
  Packet packet;
  packet.kind = PacketKind::output;
  const Routes::Id route = chip_.plan.output_route();
  for (; active_->sent < active_->sending.group.neurons; ++active_->sent)
    if (!send_copies(packet, route, 0, now, time)) return false;
  return true;
}

bool Core::send_token(PacketKind kind, Routes::Id route, Cycle now, Cycle& time) {
  Packet packet;
  packet.kind = kind;
  const Cycle before = time;
  const bool sent = send_copies(packet, route, 0, now, time);
  spend(Cause::control, time - before);
  return sent;
}

/// Sends the copies that are left of a packet; `written` flits of the first one were ready before. False: no room for
/// the next one.
bool Core::send_copies(Packet& packet, Routes::Id route, std::uint32_t written, Cycle now, Cycle& time) {
  const std::uint16_t flits = sender_.flits_of(packet);
  packet.frame = static_cast<std::uint32_t>(active_->slice->next_frame());
  packet.sender = active_->slice->index();
  packet.layer = chip_.plan.slices()[packet.sender].layer;
  for (const std::size_t n = sender_.copies(route); copies_ < n; ++copies_) {
    if (!sender_.queue().has_room(flits, now)) {
      if (time == now && sender_.queue().room_or_wait(flits, now)) chip_.schedule.at(*this, now + 1);
      no_room_for_ = flits;
      return false;
    }
    packet.route = sender_.route_of(route, copies_);
    time += copies_ == 0 ? flits - written : flits;
    if (packet.kind == PacketKind::event && sends_pixels_ && begins_pixel(packet, sent_pixel_)) {
      time += chip_.params.core.send_pixel_cycles;
      active_->counts[Activity::control_instruction] += chip_.params.core.send_pixel_instructions;
    }
    sender_.send(packet, time);
  }
  copies_ = 0;
  return true;
}

void Core::put_aside() {
  active_->counts += sender_.take_counts();
  active_ = nullptr;
}

void Core::end_slice(Cycle now) {
  Evaluation& e = *active_;
  put_aside();
  chip_.ledger.charge(e.slice->index(), 0, e.slice->next_frame(), e.counts);
  e.slice->end_evaluation(e.cycles, now);
  SliceState* const slice = e.slice;
  e = Evaluation();
  e.slice = slice;
  note_evaluable(e);
}

}  // namespace deltasim::hw
