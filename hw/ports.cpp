#include "hw/ports.hpp"

#include <fmt/format.h>

namespace deltasim::hw {
namespace {

/// Packets that the input port keeps ready. They take at least a cycle each, so it need not look again for half as
/// many.
constexpr std::size_t ready_packets = 4096;

}  // namespace

InputPort::InputPort(const Chip& chip, FlitQueue& queue, FlitQueue& tokens)
    : Unit(Phase::whole),
      chip_(chip),
      sender_(chip, queue, chip.plan.routes().router_of(chip.plan.routes().input_port())),
      tokens_(tokens) {}

void InputPort::wake(Cycle now) {
  take_tokens(now);
  while (in_frame_ || begin_frame(now))
    if (!send_events(now)) return chip_.schedule.at(*this, now + ready_packets / 2);
  if (!tokens_.empty()) chip_.schedule.at(*this, tokens_.front().available);
}

void InputPort::take_tokens(Cycle now) {
  while (!tokens_.empty() && tokens_.front().available <= now) {
    const PacketPool::Id id = tokens_.front().packet;
    const Packet& packet = chip_.packets[id];
    chip_.ledger.charge(chip_.plan.input_port(), 0, packet.frame, Activity::queue_write, 1);
    chip_.ledger.charge(chip_.plan.input_port(), 0, packet.frame, Activity::queue_read, 1);
    chip_.packets.take(id);
    tokens_.pop(now);
    ++readies_;
  }
}

bool InputPort::begin_frame(Cycle now) {
  const std::uint64_t needed = frame_ + (chip_.stream.layer_delay() ? 1 : 0);
  if (readies_ < needed * chip_.plan.consumers(chip_.plan.input_port()).size()) return false;
  if (!chip_.stream.has(frame_, now)) return false;
  in_frame_ = true;
  next_event_ = announced_ = 0;
  free_at_ = std::max(free_at_, now);
  return true;
}

/// False: enough is ready for now.
bool InputPort::send_events(Cycle now) {
  const auto& list = chip_.stream.sent_by(chip_.plan.input_port(), frame_);
  Packet packet;
  packet.kind = PacketKind::event;
  for (; next_event_ < list.size(); next_event_ += packet.values) {
    if (sender_.queue().size() >= ready_packets) {
      if (!tokens_.empty()) chip_.schedule.at(*this, std::max(now + 1, tokens_.front().available));
      return false;
    }
    packet.events = list[next_event_];
    packet.values = sender_.values_of_packet(0, list, next_event_);
    announce_rows(packet.events->y);
    send(packet, chip_.plan.route(0, *packet.events));
  }
  announce_rows(chip_.plan.network().layers[0].output.height);
  packet = Packet();
  packet.kind = PacketKind::end_of_frame;
  send(packet, chip_.plan.end_route(chip_.plan.input_port()));
  chip_.ledger.charge(chip_.plan.input_port(), 0, frame_, sender_.take_counts());
  in_frame_ = false;
  chip_.stream.done(frame_++);
  return true;
}

/// Tokens of the rows that end at `row` or above.
void InputPort::announce_rows(std::uint32_t row) {
  if (chip_.rows == nullptr) return;
  const auto& rows = chip_.rows->announced(chip_.plan.input_port());
  Packet packet;
  packet.kind = PacketKind::end_of_rows;
  for (; announced_ < rows.size() && rows[announced_] <= row; ++announced_)
    send(packet, chip_.rows->route(chip_.plan.input_port()));
}

void InputPort::send(Packet& packet, Routes::Id route) {
  packet.frame = static_cast<std::uint32_t>(frame_);
  packet.layer = 0;
  packet.sender = chip_.plan.input_port();
  const std::uint16_t flits = sender_.flits_of(packet);
  for (std::size_t copy = 0, n = sender_.copies(route); copy < n; ++copy) {
    packet.route = sender_.route_of(route, copy);
    sender_.send(packet, free_at_);
    free_at_ += flits;
  }
}

std::string InputPort::state() const {
  return fmt::format("input port: {} frame {}, {} ready tokens of {} for the next, {} packets waiting",
                     in_frame_ ? "sending" : "before", frame_, readies_,
                     (frame_ + 1) * chip_.plan.consumers(chip_.plan.input_port()).size(),
                     const_cast<InputPort*>(this)->sender_.queue().size());
}

OutputPort::OutputPort(const Chip& chip, FlitQueue& queue, std::function<void(std::uint64_t)> progress)
    : Unit(Phase::whole), chip_(chip), queue_(queue), progress_(std::move(progress)) {}

void OutputPort::wake(Cycle now) {
  while (!queue_.empty() && queue_.front().available <= now) {
    const PacketPool::Id id = queue_.front().packet;
    const Packet packet = chip_.packets[id];
    queue_.pop(now);
    chip_.packets.take(id);
    chip_.ledger.charge_output_port(packet.sender, packet.frame);
    last_work_ = now;
    if (packet.kind == PacketKind::end_of_frame) end_of_frame(packet.frame, now);
  }
  if (!queue_.empty()) chip_.schedule.at(*this, queue_.front().available);
}

void OutputPort::end_of_frame(std::uint64_t frame, Cycle now) {
  if (tokens_.size() <= frame) tokens_.resize(frame + 1);
  if (++tokens_[frame] < chip_.plan.raw_slices()) return;
  chip_.ledger.finish_frame(frame, now);
  ++finished_;
  if (progress_) progress_(finished_);
}

}  // namespace deltasim::hw
