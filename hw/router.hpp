#pragma once

#include "hw/flit_queue.hpp"
#include "hw/params.hpp"
#include "hw/routes.hpp"

#include <array>
#include <cstdint>
#include <functional>

namespace deltasim::hw {

/// One router of the mesh: XY routing, multicast by replication at the head of an input queue.
///
/// Timing: requests stand on the whole cycle, grants follow on the half. A packet granted in cycle c can be granted at
/// the next router in c + hop_cycles, and is complete in a core's or port's queue at c + flits. It holds its output,
/// and its input, for `flits` cycles. Each output of a multicast packet is granted by itself; the packet leaves with
/// the last. Counts: flits by output link. Energy of a hop is charged to the sender when it sends. Limits: an output
/// whose chosen packet has no room downstream waits for it: no overtaking, so no starvation. Under queue_policy drop an
/// event for a full core takes its turn and vanishes; tokens wait.
class Router final : public Unit {
 public:
  Router(std::uint32_t id, const NocParams& noc, Schedule& schedule, Routes& routes, PacketPool& packets)
      : Unit(Phase::half), id_(id), noc_(noc), schedule_(schedule), routes_(routes), packets_(packets) {}

  /// Queues are owned by whoever builds the chip. A port without a queue does not exist.
  void connect_input(Port port, FlitQueue& queue);
  void connect_output(Port port, FlitQueue& queue);

  void wake(Cycle now) override;

  /// Events that find no room in the core's queue are handed to `lost` instead of waiting.
  void drop_at_core(std::function<void(const Packet&)> lost) { lost_ = std::move(lost); }
  /// Most flits in the queue behind an output.
  std::uint64_t high_water(Port port) const { return outputs_[static_cast<std::size_t>(port)].queue->high_water(); }

  std::uint64_t flits_sent(Port port) const { return outputs_[static_cast<std::size_t>(port)].flits; }

 private:
  static constexpr std::uint32_t input_total = 6;  ///< directions, core, input port
  struct Input {
    FlitQueue* queue = nullptr;
    std::uint32_t place = 0;  ///< in the table of routes
  };
  struct Output {
    FlitQueue* queue = nullptr;
    Cycle busy_until = 0;
    std::uint32_t hop_cycles = 0;  ///< 0: out of the network, where a packet is complete before it can be taken
    std::uint32_t last = 0;        ///< input granted last, for round robin
    std::uint64_t flits = 0;
  };

  std::uint32_t choose(const Output& output, std::uint32_t requests) const;
  std::uint32_t arbitrate(const Output& output, std::uint32_t requests) const;
  void grant(std::uint32_t port, std::uint32_t input, Cycle now);
  void serve(std::uint32_t i, Cycle now);
  void serve_tree(std::uint32_t i, std::uint32_t ports, Cycle now);
  void send(Output& output, const FlitQueue::Entry& head, Cycle now);
  void serve_all(Cycle now);
  Cycle next_grant(const Input& input, Cycle now);
  std::uint32_t wanted(const Input& input, FlitQueue::Entry& head);
  bool droppable(std::uint32_t port, const FlitQueue::Entry& head) const;
  void drop(std::uint32_t input, Cycle now);

  const std::uint32_t id_;
  const NocParams noc_;
  Schedule& schedule_;
  Routes& routes_;
  PacketPool& packets_;
  std::uint32_t waiting_ = 0;  ///< inputs whose queue is not empty: kept by the queues
  std::array<Input, input_total> inputs_{};
  std::array<Output, port_total> outputs_{};
  std::function<void(const Packet&)> lost_;
};

}  // namespace deltasim::hw
