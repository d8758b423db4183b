#include "hw/kernel.hpp"
#include "hw/router.hpp"
#include "sim/validation/mesh_sequences.hpp"

#include <fmt/format.h>

#include <memory>

namespace deltasim::sim {
namespace {

constexpr std::uint32_t cores = 4;

/// Writes its packets into a router's queue as a link does.
class Source final : public hw::Unit {
 public:
  Source(hw::Schedule& schedule, hw::FlitQueue& queue) : Unit(Phase::whole), schedule_(schedule), queue_(queue) {}
  struct Waiting {
    hw::Cycle from;
    hw::PacketPool::Id packet;
    hw::Routes::Id route;
    std::uint16_t flits;
  };
  void add(const Waiting& packet) { waiting_.push_back(packet); }
  void wake(hw::Cycle now) override {
    if (next_ == waiting_.size()) return;
    const hw::Cycle from = std::max(waiting_[next_].from, free_at_);
    if (from > now) return schedule_.at(*this, from);
    const Waiting& packet = waiting_[next_];
    if (!queue_.has_room(packet.flits, now)) {
      if (queue_.room_or_wait(packet.flits, now)) schedule_.at(*this, now + 1);
      return;
    }
    queue_.push(now + 1, packet.packet, packet.route, packet.flits);
    free_at_ = now + packet.flits;
    if (++next_ < waiting_.size()) schedule_.at(*this, std::max(waiting_[next_].from, free_at_));
  }

 private:
  hw::Schedule& schedule_;
  hw::FlitQueue& queue_;
  std::vector<Waiting> waiting_;
  std::size_t next_ = 0;
  hw::Cycle free_at_ = 0;
};

/// Takes packets as soon as its queue hands them out.
class Endpoint final : public hw::Unit {
 public:
  Endpoint(hw::Schedule& schedule, hw::FlitQueue& queue, std::vector<MeshArrival>& arrivals)
      : Unit(Phase::whole), schedule_(schedule), queue_(queue), arrivals_(arrivals) {}
  void wake(hw::Cycle now) override {
    while (!queue_.empty() && queue_.front().available <= now) {
      arrivals_.push_back({now, queue_.front().packet});
      queue_.pop(now);
    }
    if (!queue_.empty()) schedule_.at(*this, queue_.front().available);
  }

 private:
  hw::Schedule& schedule_;
  hw::FlitQueue& queue_;
  std::vector<MeshArrival>& arrivals_;
};

hw::ChipParams chip_of(const MeshSequence& sequence) {
  hw::ChipParams chip;
  chip.noc.columns = chip.noc.rows = 2;
  chip.noc.router_queue_flits = sequence.queue_flits;
  return chip;
}

class Mesh {
 public:
  explicit Mesh(const MeshSequence& sequence) : sequence_(sequence), chip_(chip_of(sequence)), routes_(chip_) {
    for (std::uint32_t i = 0; i < cores; ++i) {
      routers_.push_back(std::make_unique<hw::Router>(i, chip_.noc, kernel_, routes_, packets_));
      add(fmt::format("router_{}", i), *routers_[i]);
    }
    link(0, hw::Port::east, 1);
    link(2, hw::Port::east, 3);
    link(0, hw::Port::south, 2);
    link(1, hw::Port::south, 3);
    for (std::uint32_t e = 0; e < mesh_endpoints; ++e) add_endpoint(e);
    for (const MeshPacket& packet : sequence.packets) add_packet(packet);
  }
  MeshArrivals run() {
    for (hw::Unit* unit : units_) kernel_.at(*unit, 0);
    kernel_.run();
    return std::move(arrivals_);
  }

 private:
  void add(const std::string& name, hw::Unit& unit) {
    kernel_.add(name, unit);
    units_.push_back(&unit);
  }
  hw::FlitQueue& queue() {
    return *queues_.emplace_back(std::make_unique<hw::FlitQueue>(kernel_, sequence_.queue_flits));
  }
  void link(std::uint32_t a, hw::Port port, std::uint32_t b) {
    one_way(a, port, b);
    one_way(b, hw::opposite(port), a);
  }
  void one_way(std::uint32_t from, hw::Port port, std::uint32_t to) {
    hw::FlitQueue& q = queue();
    q.connect(*routers_[from], *routers_[to]);
    routers_[from]->connect_output(port, q);
    routers_[to]->connect_input(hw::opposite(port), q);
  }
  void add_endpoint(std::uint32_t e) {
    const bool sends = e != routes_.output_port();
    const hw::Port port = e < cores ? hw::Port::core : sends ? hw::Port::input_port : hw::Port::output_port;
    hw::Router& router = *routers_[routes_.router_of(e)];
    hw::FlitQueue& to = queue();
    endpoints_.push_back(std::make_unique<Endpoint>(kernel_, to, arrivals_.at[e]));
    to.connect(router, *endpoints_[e]);
    to.stall_at_random(sequence_.stall_probability, sequence_.stall_seed * mesh_endpoints + e);
    router.connect_output(port, to);
    add(fmt::format("endpoint_{}", e), *endpoints_[e]);
    if (!sends) return;
    hw::FlitQueue& from = queue();
    sources_.push_back(std::make_unique<Source>(kernel_, from));
    from.connect(*sources_[e], router);
    router.connect_input(port, from);
    add(fmt::format("source_{}", e), *sources_[e]);
  }
  void add_packet(const MeshPacket& packet) {
    std::vector<std::uint32_t> to;
    for (std::uint32_t e = 0; e < mesh_endpoints; ++e)
      if (packet.endpoints >> e & 1u) to.push_back(e);
    const hw::PacketPool::Id id = packets_.make();
    packets_[id].copies = static_cast<std::uint32_t>(to.size());
    packets_[id].route = routes_.intern(std::move(to));
    packets_[id].flits = packet.flits;
    sources_[packet.source]->add({packet.from, id, packets_[id].route, packet.flits});
  }

  const MeshSequence& sequence_;
  hw::WheelKernel kernel_;
  const hw::ChipParams chip_;
  hw::Routes routes_;
  hw::PacketPool packets_;  ///< never freed: an id is the packet's index in the sequence
  MeshArrivals arrivals_;
  std::vector<std::unique_ptr<hw::FlitQueue>> queues_;
  std::vector<std::unique_ptr<hw::Router>> routers_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::vector<hw::Unit*> units_;
};

}  // namespace

MeshArrivals run_mesh_model(const MeshSequence& sequence) { return Mesh(sequence).run(); }

}  // namespace deltasim::sim
