#include "hw/router.hpp"

namespace deltasim::hw {
namespace {

/// A byte for each output: bit 0 is set where the output is in the set that is the index.
constexpr auto spread = [] {
  std::array<std::uint64_t, std::size_t{1} << port_total> table{};
  for (std::uint32_t set = 0; set < table.size(); ++set)
    for (std::uint32_t port = 0; port < port_total; ++port)
      if ((set >> port & 1u) != 0) table[set] |= std::uint64_t{1} << (8 * port);
  return table;
}();

std::uint32_t lowest(std::uint32_t set) { return static_cast<std::uint32_t>(__builtin_ctz(set)); }

}  // namespace

void Router::connect_input(Port port, FlitQueue& queue) {
  const auto i = static_cast<std::uint32_t>(port);
  inputs_[i] = {&queue, Routes::place(id_, port)};
  queue.show_in(waiting_, 1u << i);
}

void Router::connect_output(Port port, FlitQueue& queue) {
  const auto i = static_cast<std::uint32_t>(port);
  outputs_[i].queue = &queue;
  outputs_[i].hop_cycles = port < Port::core ? noc_.hop_cycles : 0;
}

/// Ports that the head of an input still has to be sent to.
inline std::uint32_t Router::wanted(const Input& input, FlitQueue::Entry& head) {
  if (head.outputs == 0) head.outputs = routes_.outputs(head.route, input.place);
  return head.outputs;
}

[[gnu::always_inline]] inline void Router::send(Output& output, const FlitQueue::Entry& head, Cycle now) {
  const std::uint16_t flits = head.flits;
  output.busy_until = now + flits;
  output.flits += flits;
  output.queue->push(now + (output.hop_cycles != 0 ? output.hop_cycles : flits), head.packet, head.route, flits);
}

/// The next cycle in which an input's head can be granted something; where room is missing, the queue wakes this
/// router.
[[gnu::always_inline]] inline Cycle Router::next_grant(const Input& input, Cycle now) {
  FlitQueue::Entry& head = input.queue->front();
  if (head.available > now + 1) return head.available;
  Cycle next = never;
  for (std::uint32_t rest = wanted(input, head); rest != 0; rest &= rest - 1) {
    const Output& output = outputs_[lowest(rest)];
    if (output.busy_until > now + 1)
      next = std::min(next, output.busy_until);
    else if (output.queue->room_or_wait(head.flits, now) || droppable(lowest(rest), head))
      return now + 1;
  }
  return next;
}

/// The only input with packets: it has no rival. Most of its packets go one way.
inline void Router::serve(std::uint32_t i, Cycle now) {
  Input& input = inputs_[i];
  FlitQueue& from = *input.queue;
  FlitQueue::Entry& head = from.front();
  if (head.available > now) return schedule_.at(*this, head.available);
  const std::uint32_t ports = wanted(input, head);
  if ((ports & (ports - 1)) != 0) return serve_tree(i, ports, now);
  Output& output = outputs_[lowest(ports)];
  Cycle next = never;
  if (output.busy_until > now) {
    next = output.busy_until;
  } else if (output.queue->has_room(head.flits, now)) {
    output.last = i;
    send(output, head, now);
    from.pop(now);
    if (waiting_ == 0) return;
    next = next_grant(input, now);
  } else if (output.queue->room_or_wait(head.flits, now)) {
    next = now + 1;
  }
  if (next != never) schedule_.at(*this, next);
}

/// The same, where the head goes several ways.
void Router::serve_tree(std::uint32_t i, std::uint32_t ports, Cycle now) {
  Input& input = inputs_[i];
  const FlitQueue::Entry& head = input.queue->front();
  std::uint32_t left = 0;
  Cycle next = never;
  for (std::uint32_t rest = ports; rest != 0; rest &= rest - 1) {
    Output& output = outputs_[lowest(rest)];
    if (output.busy_until <= now && output.queue->has_room(head.flits, now)) {
      output.last = i;
      send(output, head, now);
      continue;
    }
    left |= rest & (~rest + 1);
    if (output.busy_until > now)
      next = std::min(next, output.busy_until);
    else if (output.queue->room_or_wait(head.flits, now))
      next = now + 1;
  }
  input.queue->front().outputs = static_cast<std::uint8_t>(left);
  if (left == 0) {
    input.queue->pop(now);
    if (waiting_ == 0) return;
    next = next_grant(input, now);
  }
  if (next != never) schedule_.at(*this, next);
}

void Router::wake(Cycle now) {
  const std::uint32_t waiting = waiting_;
  if (waiting == 0) return;
  if ((waiting & (waiting - 1)) == 0 && !lost_)
    serve(lowest(waiting), now);
  else
    serve_all(now);
}

void Router::serve_all(Cycle now) {
  std::uint64_t requests = 0;  // a byte for each output: inputs whose head asks for it
  std::uint32_t wanted_ports = 0;
  for (std::uint32_t rest = waiting_; rest != 0; rest &= rest - 1) {
    const std::uint32_t i = lowest(rest);
    FlitQueue::Entry& head = inputs_[i].queue->front();
    if (head.available > now) continue;
    const std::uint32_t ports = wanted(inputs_[i], head);
    wanted_ports |= ports;
    requests |= spread[ports] << i;
  }
  for (std::uint32_t rest = wanted_ports; rest != 0; rest &= rest - 1) {
    const std::uint32_t port = lowest(rest);
    Output& output = outputs_[port];
    if (output.busy_until > now) continue;
    const std::uint32_t input = choose(output, requests >> (8 * port) & 0xff);
    const FlitQueue::Entry& head = inputs_[input].queue->front();
    if (output.queue->has_room(head.flits, now))
      grant(port, input, now);
    else if (droppable(port, head))
      drop(input, now);
  }
  Cycle next = never;
  for (std::uint32_t rest = waiting_; rest != 0 && next > now + 1; rest &= rest - 1)
    next = std::min(next, next_grant(inputs_[lowest(rest)], now));
  if (next != never) schedule_.at(*this, next);
}

inline std::uint32_t Router::choose(const Output& output, std::uint32_t requests) const {
  return (requests & (requests - 1)) == 0 ? lowest(requests) : arbitrate(output, requests);
}

std::uint32_t Router::arbitrate(const Output& output, std::uint32_t requests) const {
  if (noc_.arbitration == Arbitration::round_robin) {
    const std::uint32_t after = requests & ~((2u << output.last) - 1);
    return lowest(after != 0 ? after : requests);
  }
  std::uint32_t oldest = 0;
  Cycle age = never;
  for (std::uint32_t rest = requests; rest != 0; rest &= rest - 1) {
    const std::uint32_t input = lowest(rest);
    const Cycle injected = packets_[inputs_[input].queue->front().packet].injected;
    if (injected < age) {
      age = injected;
      oldest = input;
    }
  }
  return oldest;
}

bool Router::droppable(std::uint32_t port, const FlitQueue::Entry& head) const {
  return lost_ && port == static_cast<std::uint32_t>(Port::core) && packets_[head.packet].kind == PacketKind::event;
}

/// The head's copy for the core takes its turn and vanishes.
void Router::drop(std::uint32_t input, Cycle now) {
  FlitQueue& from = *inputs_[input].queue;
  FlitQueue::Entry& head = from.front();
  const auto core = static_cast<std::uint32_t>(Port::core);
  lost_(packets_[head.packet]);
  packets_.take(head.packet);
  outputs_[core].busy_until = now + head.flits;
  outputs_[core].last = input;
  head.outputs = static_cast<std::uint8_t>(head.outputs & ~(1u << core));
  if (head.outputs == 0) from.pop(now);
}

void Router::grant(std::uint32_t port, std::uint32_t input, Cycle now) {
  FlitQueue& from = *inputs_[input].queue;
  FlitQueue::Entry& head = from.front();
  send(outputs_[port], head, now);
  outputs_[port].last = input;
  head.outputs = static_cast<std::uint8_t>(head.outputs & ~(1u << port));
  if (head.outputs == 0) from.pop(now);
}

}  // namespace deltasim::hw
