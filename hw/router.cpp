#include "hw/router.hpp"

namespace deltasim::hw {

/// Ports that the head of an input still has to be sent to.
std::uint8_t Router::wanted(std::uint32_t input) {
  FlitQueue::Entry& head = inputs_[input].queue->front();
  if (head.outputs == 0) head.outputs = routes_.outputs(packets_[head.packet].route, id_, static_cast<Port>(input));
  return head.outputs;
}

void Router::wake(Cycle now) {
  std::array<std::uint8_t, port_total> requests{};
  std::uint32_t wanted_ports = 0;
  for (std::uint32_t i = 0; i < input_total; ++i) {
    FlitQueue* queue = inputs_[i].queue;
    if (queue == nullptr || queue->empty() || queue->front().available > now) continue;
    const std::uint32_t ports = wanted(i);
    wanted_ports |= ports;
    for (std::uint32_t rest = ports; rest != 0; rest &= rest - 1)
      requests[static_cast<std::uint32_t>(__builtin_ctz(rest))] |= static_cast<std::uint8_t>(1u << i);
  }
  for (std::uint32_t rest = wanted_ports; rest != 0; rest &= rest - 1) {
    const auto port = static_cast<std::uint32_t>(__builtin_ctz(rest));
    Output& output = outputs_[port];
    if (output.busy_until > now) continue;
    const std::uint32_t input = choose(output, requests[port]);
    if (output.queue->has_room(inputs_[input].queue->front().flits, now)) grant(port, input, now);
  }
  ask_again(now);
}

/// The next cycle in which a grant is possible; where room is missing, the queue wakes this router.
void Router::ask_again(Cycle now) {
  Cycle next = never;
  for (std::uint32_t i = 0; i < input_total; ++i) {
    FlitQueue* queue = inputs_[i].queue;
    if (queue == nullptr || queue->empty()) continue;
    const Cycle available = queue->front().available;
    if (available > now + 1) {
      next = std::min(next, available);
      continue;
    }
    const std::uint16_t flits = queue->front().flits;
    for (std::uint32_t rest = wanted(i); rest != 0; rest &= rest - 1) {
      const Output& output = outputs_[static_cast<std::uint32_t>(__builtin_ctz(rest))];
      if (output.busy_until > now + 1)
        next = std::min(next, output.busy_until);
      else if (output.queue->room_or_wait(flits))
        next = now + 1;
    }
  }
  if (next != never) schedule_.at(*this, next);
}

std::uint32_t Router::choose(const Output& output, std::uint32_t requests) const {
  if ((requests & (requests - 1)) == 0) return static_cast<std::uint32_t>(__builtin_ctz(requests));
  if (noc_.arbitration == Arbitration::round_robin) {
    const std::uint32_t after = requests & ~((2u << output.last) - 1);
    return static_cast<std::uint32_t>(__builtin_ctz(after != 0 ? after : requests));
  }
  std::uint32_t oldest = 0;
  Cycle age = never;
  for (std::uint32_t rest = requests; rest != 0; rest &= rest - 1) {
    const auto input = static_cast<std::uint32_t>(__builtin_ctz(rest));
    const Cycle injected = packets_[inputs_[input].queue->front().packet].injected;
    if (injected < age) {
      age = injected;
      oldest = input;
    }
  }
  return oldest;
}

void Router::grant(std::uint32_t port, std::uint32_t input, Cycle now) {
  Output& output = outputs_[port];
  FlitQueue& from = *inputs_[input].queue;
  FlitQueue::Entry& head = from.front();
  const std::uint16_t flits = head.flits;
  const Cycle arrival = now + (port < 4 ? noc_.hop_cycles : flits);
  output.queue->push({arrival, head.packet, 0, flits, 0});
  output.busy_until = now + flits;
  output.last = input;
  output.flits += flits;
  head.outputs = static_cast<std::uint8_t>(head.outputs & ~(1u << port));
  if (head.outputs == 0) from.pop(now);
}

}  // namespace deltasim::hw
