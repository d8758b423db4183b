#pragma once

#include "hw/chip.hpp"
#include "hw/flit_queue.hpp"

#include <algorithm>
#include <vector>

namespace deltasim::hw {

/// Puts packets into an output queue, which is the router's local input.
///
/// Timing: one flit a cycle. With multicast a packet for several cores is written once, else once for each of them.
/// Counts: event_out (by value), queue_write, queue_read, and flit_hop for the whole way, charged to the sender's row.
class Sender {
 public:
  Sender(const Chip& chip, FlitQueue& queue, std::uint32_t router)
      : chip_(chip), queue_(queue), router_(router), packet_values_(chip.params.noc.packet_values()) {
    for (std::uint32_t n = 0; n <= packet_values_; ++n)
      flits_.push_back(static_cast<std::uint16_t>(chip.params.noc.flits_of(n)));
  }

  /// Packets that a message to `route` takes; 0 where nobody wants it.
  std::size_t copies(Routes::Id route) {
    const std::uint32_t n = way(route).endpoints;
    return chip_.params.noc.multicast ? std::min(n, 1u) : n;
  }
  /// The route of the copy numbered `copy`.
  Routes::Id route_of(Routes::Id route, std::size_t copy) {
    if (chip_.params.noc.multicast) return route;
    return chip_.plan.routes().single(chip_.plan.routes().endpoints(route)[copy]);
  }
  std::uint16_t flits_of(const Packet& packet) const {
    return packet.kind == PacketKind::event ? flits_[packet.values] : std::uint16_t{1};
  }
  /// Flits that are complete with the first `values` values of a packet.
  std::uint32_t flits_before(std::uint32_t values) const {
    return values == 0 ? 0 : chip_.params.noc.header_flits + values / chip_.params.noc.values_per_flit;
  }
  /// Values of the packet that begins with `list[first]`: it ends with its pixel, its route, or when it is full.
  std::uint16_t values_of_packet(models::LayerId layer, const Stream::Events& list, std::size_t first) const {
    if (packet_values_ == 1) return 1;
    const models::DeltaEvent& e = *list[first];
    const Routes::Id route = chip_.plan.route(layer, e);
    const std::size_t most = std::min<std::size_t>(list.size() - first, packet_values_);
    std::size_t n = 1;
    for (; n < most; ++n) {
      const models::DeltaEvent& next = *list[first + n];
      if (next.y != e.y || next.x != e.x || chip_.plan.route(layer, next) != route) break;
    }
    return static_cast<std::uint16_t>(n);
  }
  /// The last flit is in the queue at `written`. There must be room. Flits, copies and age are set here.
  void send(const Packet& packet, Cycle written) {
    const Way& to = way(packet.route);
    const std::uint16_t flits = flits_of(packet);
    if (packet.kind == PacketKind::event || packet.kind == PacketKind::output)
      counts_[Activity::event_out] += packet.values;
    counts_[Activity::queue_write] += flits;
    counts_[Activity::queue_read] += flits;
    counts_[Activity::flit_hop] += flits * to.links;
    const PacketPool::Id id = chip_.packets.make();
    Packet& sent = chip_.packets[id];
    sent = packet;
    sent.flits = flits;
    sent.copies = to.endpoints;
    sent.injected = written;
    queue_.push(written, id, packet.route, flits);
  }
  FlitQueue& queue() { return queue_; }
  /// Since the last take_counts.
  std::uint64_t events_sent() const { return counts_[Activity::event_out]; }
  /// What was counted since the last call.
  Counts take_counts() {
    const Counts counts = counts_;
    counts_ = Counts();
    return counts;
  }

 private:
  /// What every packet of a route needs.
  struct Way {
    std::uint32_t endpoints = 0;
    bool known = false;
    std::uint64_t links = 0;
  };
  const Way& way(Routes::Id route) {
    if (route >= ways_.size() || !ways_[route].known) learn(route);
    return ways_[route];
  }
  void learn(Routes::Id route) {
    Routes& routes = chip_.plan.routes();
    if (route >= ways_.size()) ways_.resize(route + 1);
    ways_[route] = {static_cast<std::uint32_t>(routes.endpoints(route).size()), true, routes.links(route, router_)};
  }

  const Chip& chip_;
  FlitQueue& queue_;
  const std::uint32_t router_;
  const std::uint32_t packet_values_;
  std::vector<std::uint16_t> flits_;  ///< of a packet, by its values
  std::vector<Way> ways_;
  Counts counts_;
};

}  // namespace deltasim::hw
