#include "tests/rtl/noc/mesh_rtl.hpp"

#include "hw/flit_queue.hpp"

#include <Vmesh_depths.h>
#include <doctest/doctest.h>
#include <verilated.h>

#include <algorithm>
#include <deque>
#include <memory>

namespace deltasim::test {
namespace {

using sim::mesh_endpoints;
constexpr std::uint32_t no_packet = ~0u;

/// A header names endpoints (6 bits), length (2) and packet; what follows it has the packet and its own number.
std::uint32_t header(const sim::MeshPacket& packet, std::uint32_t number) {
  return packet.endpoints | static_cast<std::uint32_t>(packet.flits) << 6 | number << 8;
}
std::uint32_t body(std::uint32_t number, std::uint32_t flit) { return number << 8 | flit; }

/// The sending half of a link: a flit a cycle, a packet begins when there are credits for all of it.
class Source {
 public:
  explicit Source(std::uint32_t credits) : credits_(credits) {}
  void add(std::uint32_t number, const sim::MeshPacket& packet) { waiting_.emplace_back(number, packet); }
  bool drive(std::uint64_t now, std::uint32_t& flit) {
    if (waiting_.empty()) return false;
    const auto& [number, packet] = waiting_.front();
    if (sent_ == 0) {
      if (packet.from > now || credits_ < packet.flits) return false;
      credits_ -= packet.flits;
      flit = header(packet, number);
    } else {
      flit = body(number, sent_);
    }
    if (++sent_ == packet.flits) {
      sent_ = 0;
      waiting_.pop_front();
    }
    return true;
  }
  void credit(std::uint32_t flits) { credits_ += flits; }

 private:
  std::uint32_t credits_, sent_ = 0;
  std::deque<std::pair<std::uint32_t, sim::MeshPacket>> waiting_;
};

/// The receiving end: takes complete packets after the stalls that it draws, gives their room back.
class Sink {
 public:
  Sink(std::uint32_t endpoint, const sim::MeshSequence& sequence, std::vector<sim::MeshArrival>& arrivals)
      : endpoint_(endpoint),
        sequence_(sequence),
        arrivals_(arrivals),
        stalls_(sequence.stall_probability, sequence.stall_seed * mesh_endpoints + endpoint) {}
  /// Room given back in this cycle.
  std::uint32_t take(std::uint64_t now) {
    if (complete_.empty() || std::max(complete_.front().from, free_from_) + complete_.front().stall > now) return 0;
    const Waiting head = complete_.front();
    complete_.pop_front();
    const std::uint32_t flits = sequence_.packets[head.packet].flits;
    free_from_ = now + flits;
    arrivals_.push_back({now, head.packet});
    return flits;
  }
  void receive(std::uint64_t now, std::uint32_t flit) {
    if (arriving_ == no_packet) {
      arriving_ = flit >> 8;
      REQUIRE(arriving_ < sequence_.packets.size());
      REQUIRE((flit & 0x3f) == 1u << endpoint_);
      REQUIRE((flit >> 6 & 3) == sequence_.packets[arriving_].flits);
      flits_ = 1;
    } else {
      REQUIRE(flit == body(arriving_, flits_));
      ++flits_;
    }
    if (flits_ < sequence_.packets[arriving_].flits) return;
    complete_.push_back({now + 1, arriving_, stalls_.draw()});
    arriving_ = no_packet;
  }

 private:
  struct Waiting {
    std::uint64_t from;
    std::uint32_t packet;
    std::uint32_t stall;
  };
  const std::uint32_t endpoint_;
  const sim::MeshSequence& sequence_;
  std::vector<sim::MeshArrival>& arrivals_;
  hw::RandomStalls stalls_;
  std::deque<Waiting> complete_;
  std::uint64_t free_from_ = 0;
  std::uint32_t arriving_ = no_packet, flits_ = 0;
};

/// Everything around one of the meshes.
struct Surroundings {
  Surroundings(const sim::MeshSequence& sequence, sim::MeshArrivals& arrivals)
      : mesh(static_cast<std::size_t>(
            std::find(sim::mesh_queue_flits.begin(), sim::mesh_queue_flits.end(), sequence.queue_flits) -
            sim::mesh_queue_flits.begin())) {
    for (std::uint32_t e = 0; e < mesh_endpoints; ++e) {
      sources.emplace_back(sequence.queue_flits);
      sinks.emplace_back(e, sequence, arrivals.at[e]);
    }
    for (std::uint32_t i = 0; i < sequence.packets.size(); ++i) {
      sources[sequence.packets[i].source].add(i, sequence.packets[i]);
      for (std::uint32_t e = 0; e < mesh_endpoints; ++e) expected += sequence.packets[i].endpoints >> e & 1u;
    }
  }
  void before_clock(Vmesh_depths& top, std::uint64_t now) {
    for (std::uint32_t e = 0; e < mesh_endpoints; ++e) {
      std::uint32_t flit = 0;
      top.in_valid[mesh][e] = sources[e].drive(now, flit);
      top.in_flit[mesh][e] = flit;
      top.out_credit[mesh][e] = static_cast<std::uint8_t>(sinks[e].take(now));
      if (top.out_credit[mesh][e] != 0) ++arrived;
    }
  }
  void at_clock(const Vmesh_depths& top, std::uint64_t now) {
    for (std::uint32_t e = 0; e < mesh_endpoints; ++e) {
      sources[e].credit(top.in_credit[mesh][e]);
      if (top.out_valid[mesh][e]) sinks[e].receive(now, top.out_flit[mesh][e]);
    }
  }

  std::size_t mesh;
  std::vector<Source> sources;
  std::vector<Sink> sinks;
  std::uint64_t expected = 0, arrived = 0;
};

void clock_edge(Vmesh_depths& top) {
  top.clk = 1;
  top.eval();
  top.clk = 0;
}

}  // namespace

std::vector<sim::MeshArrivals> run_mesh_rtl(const std::vector<sim::MeshSequence>& sequences) {
  const auto context = std::make_unique<VerilatedContext>();
  const auto top = std::make_unique<Vmesh_depths>(context.get());
  std::vector<sim::MeshArrivals> arrivals(sequences.size());
  std::vector<Surroundings> all;
  for (std::size_t i = 0; i < sequences.size(); ++i) all.emplace_back(sequences[i], arrivals[i]);
  top->rst_n = 0;
  top->clk = 0;
  top->eval();
  clock_edge(*top);
  top->rst_n = 1;
  const auto under_way = [](const Surroundings& s) { return s.arrived < s.expected; };
  for (std::uint64_t now = 0; std::any_of(all.begin(), all.end(), under_way); ++now) {
    REQUIRE_MESSAGE(now < 100000, "packets are lost or stuck");
    for (Surroundings& s : all) s.before_clock(*top, now);
    top->eval();
    for (Surroundings& s : all) s.at_clock(*top, now);
    clock_edge(*top);
  }
  top->final();
  return arrivals;
}

}  // namespace deltasim::test
