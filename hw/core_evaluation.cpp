#include "hw/core.hpp"

#include <algorithm>

namespace deltasim::hw {

/// One slice at a time: the first that closed and whose consumers can take its events.
bool Core::find_evaluation(Cycle now) {
  if (active_ != nullptr) return true;
  for (std::size_t i = 0; i < closed_.size(); ++i) {
    SliceState& slice = *closed_[i];
    if (!slice.consumers_ready() || !chip_.stream.has(slice.next_frame(), now)) continue;
    closed_.erase(closed_.begin() + static_cast<std::ptrdiff_t>(i));
    active_ = &slice;
    stage_ = Stage::groups;
    in_group_ = false;
    reset_cycles_ = slice.begin_evaluation();
    spend(Cause::control, reset_cycles_);
    return true;
  }
  return false;
}

/// As far as the output queue has room. Packets are pushed ahead of time, with the cycle at which they are written:
/// room seen now is still there then. Returns the cycles spent; 0: blocked.
Cycle Core::evaluate(Cycle now) {
  Cycle time = now + reset_cycles_;
  reset_cycles_ = 0;
  const std::uint32_t slice = active_->index();
  bool more = true;
  while (more) {
    switch (stage_) {
      case Stage::groups:
        more = evaluate_group(now, time);
        break;
      case Stage::end_of_frame:
        more = send_token(PacketKind::end_of_frame, chip_.plan.end_route(slice), now, time);
        if (more) stage_ = Stage::ready;
        break;
      case Stage::ready:
        more = send_token(PacketKind::ready, chip_.plan.ready_route(slice), now, time);
        if (!more) break;
        evaluation_cycles_ += time - now;
        end_slice();
        return time - now;
    }
  }
  evaluation_cycles_ += time - now;
  return time - now;
}

/// The group under way, or the next. False: the output queue is full.
bool Core::evaluate_group(Cycle now, Cycle& time) {
  if (!in_group_) {
    in_group_ = active_->delta_unit().next(group_);
    time += group_.scan_cycles;
    spend(Cause::evaluate, group_.scan_cycles);
    count_group();
    if (!in_group_) {
      stage_ = Stage::end_of_frame;
      return true;
    }
    sent_ = 0;
    group_flits_ = 0;
  }
  const Cycle before = time;
  const bool all_sent = active_->raw_output() ? send_sums(now, time) : send_events(now, time);
  group_flits_ += time - before;
  spend(Cause::evaluate, time - before);
  if (!all_sent) return false;
  in_group_ = false;
  if (group_.cycles <= group_flits_) return true;
  const Cycle rest = group_.cycles - group_flits_;
  const Cycle computing = group_.compute_cycles - std::min<Cycle>(group_.compute_cycles, group_flits_);
  spend(Cause::evaluate, computing);
  spend(Cause::state_conflict, rest - computing);
  time += rest;
  return true;
}

void Core::count_group() {
  evaluation_counts_[Activity::flag_read] += group_.scan_cycles;
  evaluation_counts_[Activity::evaluate] += group_.neurons;
  evaluation_counts_[Activity::state_read] += group_.state_reads;
  evaluation_counts_[Activity::state_write] += group_.state_writes;
  evaluation_counts_[Activity::reference_read] += group_.reference_reads;
  evaluation_counts_[Activity::reference_write] += group_.reference_writes;
}

bool Core::send_events(Cycle now, Cycle& time) {
  const std::uint64_t frame = active_->next_frame();
  const models::LayerId layer = chip_.plan.slices()[active_->index()].layer;
  const auto& events = chip_.stream.frame(frame).of_layer[layer];
  const auto& list = chip_.stream.sent_by(active_->index(), frame);
  for (; group_.events_begin + sent_ < group_.events_end; ++sent_) {
    Packet packet;
    packet.kind = PacketKind::event;
    packet.event = events[list[group_.events_begin + sent_]];
    if (!send_copies(packet, chip_.plan.route(layer, packet.event), now, time)) return false;
  }
  return true;
}

/// Raw outputs: one flit for each neuron. Their values stay with the check; what travels has no influence on time.
bool Core::send_sums(Cycle now, Cycle& time) {
  Packet packet;
  packet.kind = PacketKind::output;
  const Routes::Id route = chip_.plan.output_route();
  for (; sent_ < group_.neurons; ++sent_)
    if (!send_copies(packet, route, now, time)) return false;
  return true;
}

bool Core::send_token(PacketKind kind, Routes::Id route, Cycle now, Cycle& time) {
  Packet packet;
  packet.kind = kind;
  const Cycle before = time;
  const bool sent = send_copies(packet, route, now, time);
  spend(Cause::control, time - before);
  return sent;
}

/// Sends the copies that are left of a packet. False: no room for the next one.
bool Core::send_copies(Packet packet, Routes::Id route, Cycle now, Cycle& time) {
  const std::uint16_t flits = sender_.flits_of(packet.kind);
  packet.frame = static_cast<std::uint32_t>(active_->next_frame());
  packet.sender = active_->index();
  packet.layer = chip_.plan.slices()[packet.sender].layer;
  for (const std::size_t n = sender_.copies(route); copies_ < n; ++copies_) {
    if (!sender_.queue().has_room(flits, now)) {
      if (time == now && sender_.queue().room_or_wait(flits)) chip_.schedule.at(*this, now + 1);
      return false;
    }
    packet.route = sender_.route_of(route, copies_);
    time += flits;
    sender_.send(packet, time);
  }
  copies_ = 0;
  return true;
}

void Core::end_slice() {
  SliceState& slice = *active_;
  active_ = nullptr;
  evaluation_counts_ += sender_.take_counts();
  chip_.ledger.charge(slice.index(), 0, slice.next_frame(), evaluation_counts_);
  evaluation_counts_ = Counts();
  slice.end_evaluation(evaluation_cycles_);
  evaluation_cycles_ = 0;
  note_closed(slice);
}

}  // namespace deltasim::hw
