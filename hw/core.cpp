#include "hw/core.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::hw {

Core::Core(const Chip& chip, std::uint32_t id, FlitQueue& input, FlitQueue& output)
    : Unit(Phase::whole),
      chip_(chip),
      id_(id),
      input_(input),
      sender_(chip, output, id),
      takes_pixels_((chip.params.core.pixel_cycles | chip.params.core.pixel_instructions) != 0),
      sends_pixels_((chip.params.core.send_pixel_cycles | chip.params.core.send_pixel_instructions) != 0) {
  const Plan& plan = chip.plan;
  if (chip.observer != nullptr && chip.observer->wants_core(id)) {
    probe_ = std::make_unique<Probe>(*chip.observer, plan, id);
    input.observe(probe_->input());
    output.observe(probe_->output());
  }
  local_.resize(plan.slices().size());
  for (std::uint32_t s = 0; s < plan.slices().size(); ++s)
    if (plan.slices()[s].core == id) slices_.push_back(std::make_unique<SliceState>(chip, s));
  evaluations_.resize(slices_.size());
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    evaluations_[i].slice = slices_[i].get();
    local_[slices_[i]->index()] = &evaluations_[i];
    const Slice& slice = plan.slices()[slices_[i]->index()];
    streams_ |= slice.weights_in_dram || slice.state_in_dram;
    note_evaluable(evaluations_[i]);  // with a delay, the first frame needs no input
  }
  feeds_.resize(plan.network().layers.size());
  for (models::LayerId l = 0; l < feeds_.size(); ++l)
    for (const Feed& feed : plan.feeds(l)) {
      if (local_[feed.slice] == nullptr) continue;
      const models::Branch& branch = plan.network().layers[plan.slices()[feed.slice].layer].branches[feed.branch];
      feeds_[l].push_back(
          {local_[feed.slice]->slice, feed.branch,
           models::Locator(branch.sources[feed.source].view, plan.network().layers[l].output, branch.input)});
    }
}

void Core::note_evaluable(Evaluation& e) {
  if (&e == active_ || !e.slice->evaluable()) return;
  if (std::find(evaluable_.begin(), evaluable_.end(), &e) == evaluable_.end()) evaluable_.push_back(&e);
}

void Core::wake(Cycle now) {
  if (now < busy_until_) return chip_.schedule.at(*this, busy_until_);
  if (now != waiting_since_) {
    waited_[waiting_for_] += now - waiting_since_;
    if (probe_) probe_->wait(waiting_for_, waiting_since_, now);
    waiting_since_ = now;
    has_waited_ = true;
  }
  input_.settle(now);
  if (accesses_done_ > now) {
    waiting_for_ = Cause::dram;
    if (accesses_done_ != never) chip_.schedule.at(*this, accesses_done_);
    return;
  }
  waits_for_dram_ = false;
  Cycle spent = 0;
  bool blocked = false;
  while (spent == 0 && !blocked && find_evaluation(now)) {
    spent = evaluate(now);
    blocked = spent == 0 && active_ != nullptr;
  }
  if (spent == 0 && !input_.empty() && input_.front().available <= now &&
      (!streams_ || fetched(chip_.packets[input_.front().packet], now)))
    spent = take(now);
  if (accesses_ > 0) ask_for_accesses(now);
  if (spent != 0) {
    if (has_waited_) {
      causes_ += waited_;
      if (probe_) probe_->absorb(waited_);
      waited_ = Causes();
      has_waited_ = false;
    }
    busy_until_ = now + spent;
    take_ahead();
    waiting_since_ = busy_until_;
    chip_.schedule.at(*this, busy_until_);
    return;
  }
  waiting_for_ = blocked ? Cause::output_full : waits_for_dram_ ? Cause::dram : Cause::input_empty;
  if (!input_.empty() && input_.front().available > now) chip_.schedule.at(*this, input_.front().available);
}

/// Whether all slices that a packet reaches have what they need on the core; each asks for what it lacks.
bool Core::fetched(const Packet& packet, Cycle now) {
  if (packet.kind != PacketKind::event) return true;
  bool all = true;
  for (LocalFeed& feed : feeds_[packet.layer]) {
    const Integration& integration = feed.slice->integration(feed.branch);
    const bool reached = std::any_of(packet.events, packet.events + packet.values, [&](const auto& event) {
      models::Position at;
      return feed.locate(event, at) && integration.contains(at);
    });
    if (reached) all = feed.slice->ready_for_event(now, packet.frame, *this) && all;
  }
  waits_for_dram_ |= !all;
  return all;
}

/// What moves while an event or a group is worked on: the next one begins when it is done.
void Core::ask_for_accesses(Cycle now) {
  accesses_done_ = never;
  chip_.dram->ask(id_, {now, accesses_, true, this, &accesses_done_});
  accesses_ = 0;
}

/// Events that are in the queue are worked on at once, each at its time: while nothing can be evaluated, only a token
/// could change what comes next, and it comes after them.
void Core::take_ahead() {
  if (active_ != nullptr || !evaluable_.empty() || streams_ || chip_.own != nullptr) return;
  Cycle left = 0;  // when the packet before has left the queue
  while (const FlitQueue::Entry* entry = input_.next()) {
    const PacketPool::Id id = entry->packet;
    if (chip_.packets[id].kind != PacketKind::event) return;
    const Cycle available = left == 0 ? entry->available : std::max(entry->available, left) + entry->stall;
    const Cycle at = std::max(busy_until_, available);
    left = at + entry->flits;
    input_.take(at);
    spend(Cause::input_empty, at - busy_until_);
    busy_until_ = at + integrate(chip_.packets[id]);
    drained_at_ = busy_until_ + chip_.params.core.pipeline_cycles;
    if (probe_) probe_->take(chip_.packets[id], causes_);
    chip_.packets.take(id);
  }
}

Cycle Core::take(Cycle now) {
  const PacketPool::Id id = input_.front().packet;
  const Packet& packet = chip_.packets[id];
  input_.pop(now);
  const Cycle spent = packet.kind == PacketKind::event ? integrate(packet) : take_token(packet);
  if (probe_) probe_->take(chip_.packets[id], causes_, now);
  chip_.packets.take(id);
  drained_at_ = now + spent + chip_.params.core.pipeline_cycles;
  return spent;
}

Cycle Core::integrate(const Packet& packet) {
  SliceState* first = nullptr;
  std::uint32_t first_branch = 0;
  Cycle sum = 0, resets = 0;
  for (LocalFeed& feed : feeds_[packet.layer]) {
    SliceState& slice = *feed.slice;
    Integration& integration = slice.integration(feed.branch);
    const bool groups = integration.groups_events();
    for (const models::DeltaEvent* event = packet.events; event != packet.events + packet.values; ++event) {
      models::Position at;
      if (!feed.locate(*event, at) || !integration.contains(at)) continue;
      if (first == nullptr) {
        first = &slice;
        first_branch = feed.branch;
      }
      resets += slice.open(packet.frame);
      slice.integrate(feed.branch, at, event->value);
      sum += groups ? join_group(slice, feed.branch, at, packet.frame)
                    : work_on(slice, feed.branch, integration.cost(at), packet.frame);
    }
    sum += end_group(slice, feed.branch, packet.frame);
  }
  if (first == nullptr) throw std::logic_error(fmt::format("core {} got an event that reaches nothing here", id_));
  const bool begins = takes_pixels_ && begins_pixel(packet, taken_pixel_);
  const Cycle total = packet_cycles(packet, begins, sum);
  spend(Cause::control, total - sum + resets);
  first->count_packet(first_branch, packet, begins, total - sum + resets);
  return total + resets;
}

/// The cycles of a packet whose events take `work`.
Cycle Core::packet_cycles(const Packet& packet, bool begins_pixel, Cycle work) const {
  const CoreParams& core = chip_.params.core;
  const Cycle decode =
      Cycle{core.decode_cycles} * packet.values + core.packet_cycles + (begins_pixel ? core.pixel_cycles : 0);
  return std::max<Cycle>(packet.values, core.decode_overlap ? std::max(decode, work) : decode + work);
}

Cycle Core::join_group(SliceState& slice, std::uint32_t branch, const models::Position& at, std::uint64_t frame) {
  const bool full = group_.size() == chip_.params.core.group_events;
  const bool ends = full || (!group_.empty() && !slice.integration(branch).same_group(group_.front(), at));
  const Cycle cycles = ends ? end_group(slice, branch, frame) : 0;
  group_.push_back(at);
  return cycles;
}

Cycle Core::end_group(SliceState& slice, std::uint32_t branch, std::uint64_t frame) {
  if (group_.empty()) return 0;
  const EventCost& cost = slice.integration(branch).cost(group_);
  group_.clear();
  return work_on(slice, branch, cost, frame);
}

Cycle Core::work_on(SliceState& slice, std::uint32_t branch, const EventCost& cost, std::uint64_t frame) {
  slice.add_cost(branch, cost);
  if (streams_) accesses_ += slice.memory().event_bursts(branch, cost, frame);
  spend(Cause::busy, cost.busy);
  spend(Cause::weight_conflict, cost.weight_conflict);
  spend(Cause::state_conflict, cost.state_conflict);
  return cost.cycles;
}

bool Core::begins_pixel(const Packet& packet, PixelOfPacket& last) {
  const models::DeltaEvent& e = *packet.events;
  const PixelOfPacket pixel{packet.sender, packet.frame, e.y, e.x};
  const bool begins = pixel != last;
  last = pixel;
  return begins;
}

void Core::lose(const Packet& packet) {
  chip_.own->note_loss();
  for (LocalFeed& feed : feeds_[packet.layer]) {
    models::Position at;
    if (!feed.locate(*packet.events, at) || !feed.slice->integration(feed.branch).contains(at)) continue;
    chip_.ledger.lose(feed.slice->index(), feed.branch, packet.frame, packet.values);
    return;
  }
}

Cycle Core::take_token(const Packet& packet) {
  constexpr Cycle token_cycles = 1;
  SliceState* first = nullptr;
  Cycle resets = 0;
  const bool ready = packet.kind == PacketKind::ready;
  for (const std::uint32_t s : ready ? chip_.plan.producers(packet.sender) : chip_.plan.consumers(packet.sender)) {
    if (s >= local_.size() || local_[s] == nullptr) continue;
    SliceState& slice = *local_[s]->slice;
    if (first == nullptr) first = &slice;
    if (ready) {
      slice.count_ready();
      continue;
    }
    resets += slice.open(packet.frame);
    if (packet.kind == PacketKind::end_of_rows)
      slice.count_rows(packet.sender);
    else
      slice.count_end(packet.sender);
    note_evaluable(*local_[s]);
  }
  if (first == nullptr) throw std::logic_error(fmt::format("core {} got a token that concerns nothing here", id_));
  chip_.ledger.charge(first->index(), 0, packet.frame, Activity::queue_write, 1);
  chip_.ledger.charge(first->index(), 0, packet.frame, Activity::queue_read, 1);
  spend(Cause::control, token_cycles + resets);
  return token_cycles + resets;
}

void Core::finish(Cycle end) {
  for (const auto& slice : slices_) slice->settle();
  input_.settle(end);
  causes_[Cause::idle] += end - busy_until_;
  if (probe_) probe_->finish(end);
  chip_.ledger.core(id_).causes = causes_;
  chip_.ledger.core(id_).input_queue_high_water = input_.high_water();
  chip_.ledger.core(id_).output_queue_high_water = sender_.queue().high_water();
}

std::string Core::state() const {
  std::string text = fmt::format("core {}: {} packets in, busy until {}", id_, input_.size(), busy_until_);
  for (const auto& slice : slices_)
    text += fmt::format("; slice {} at frame {}{}{}", slice->index(), slice->next_frame(),
                        slice->closed() ? ", closed" : "", slice->consumers_ready() ? ", consumers ready" : "");
  return text;
}

}  // namespace deltasim::hw
