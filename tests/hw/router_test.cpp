#include "hw/router.hpp"
#include "tests/hw/bench.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace deltasim;
using hw::Port;
using Cycles = std::vector<hw::Cycle>;

namespace {

/// A line of routers, west to east, with a source and a sink at each.
class Line {
 public:
  Line(std::uint32_t n, hw::NocParams noc, hw::Cycle sink_pause = 1, std::uint64_t core_queue = 64,
       bool backwards = false)
      : bench_(backwards), chip_(chip(n, noc)), routes_(chip_) {
    for (std::uint32_t i = 0; i < n; ++i)
      routers_.push_back(std::make_unique<hw::Router>(i, chip_.noc, bench_, routes_, packets_));
    for (std::uint32_t i = 0; i < n; ++i) {
      auto& out = queue(64);
      auto& in = queue(core_queue);
      sources_.push_back(std::make_unique<test::Source>(bench_, out));
      sinks_.push_back(std::make_unique<test::Sink>(bench_, in, sink_pause));
      out.connect(*sources_[i], *routers_[i]);
      in.connect(*routers_[i], *sinks_[i]);
      routers_[i]->connect_input(Port::core, out);
      routers_[i]->connect_output(Port::core, in);
      if (i + 1 < n) link(i, Port::east, i + 1);
      if (i > 0) link(i, Port::west, i - 1);
    }
    for (auto& r : routers_) bench_.add(*r);
    for (auto& s : sources_) bench_.add(*s);
    for (auto& s : sinks_) bench_.add(*s);
  }

  hw::PacketPool::Id send(std::uint32_t from, const std::vector<std::uint32_t>& to, hw::Cycle at,
                          std::uint16_t flits = 1) {
    const auto id = packets_.make();
    packets_[id] = {};
    packets_[id].route = routes_.intern(to);
    packets_[id].copies = static_cast<std::uint32_t>(to.size());
    packets_[id].injected = at;
    packets_[id].flits = flits;
    sources_[from]->add(at, id, flits, packets_[id].route);
    return id;
  }
  void run() {
    for (auto& s : sources_) bench_.at(*s, 0);
    bench_.run();
  }
  Cycles taken(std::uint32_t core) const {
    Cycles cycles;
    for (const auto& t : sinks_[core]->taken) cycles.push_back(t.cycle);
    return cycles;
  }
  std::vector<hw::PacketPool::Id> order(std::uint32_t core) const {
    std::vector<hw::PacketPool::Id> ids;
    for (const auto& t : sinks_[core]->taken) ids.push_back(t.packet);
    return ids;
  }
  const Cycles& pushed(std::uint32_t core) const { return sources_[core]->pushed; }
  std::uint64_t link_flits() const {
    std::uint64_t n = 0;
    for (const auto& r : routers_)
      for (const Port p : hw::directions) n += r->flits_sent(p);
    return n;
  }

 private:
  static hw::ChipParams chip(std::uint32_t n, hw::NocParams noc) {
    hw::ChipParams chip;
    chip.noc = noc;
    chip.noc.columns = n;
    chip.noc.rows = 1;
    return chip;
  }
  hw::FlitQueue& queue(std::uint64_t flits) {
    return *queues_.emplace_back(std::make_unique<hw::FlitQueue>(bench_, flits));
  }
  void link(std::uint32_t from, Port port, std::uint32_t to) {
    auto& q = queue(chip_.noc.router_queue_flits);
    q.connect(*routers_[from], *routers_[to]);
    routers_[from]->connect_output(port, q);
    routers_[to]->connect_input(hw::opposite(port), q);
  }

  test::Bench bench_;
  hw::ChipParams chip_;
  hw::Routes routes_;
  hw::PacketPool packets_;
  std::vector<std::unique_ptr<hw::FlitQueue>> queues_;
  std::vector<std::unique_ptr<hw::Router>> routers_;
  std::vector<std::unique_ptr<test::Source>> sources_;
  std::vector<std::unique_ptr<test::Sink>> sinks_;
};

}  // namespace

TEST_CASE("a lone packet takes links x hop_cycles + flits cycles") {
  for (const std::uint32_t hop : {1u, 2u, 5u})
    for (const std::uint16_t flits : {1, 3})
      for (std::uint32_t to = 0; to < 5; ++to) {
        hw::NocParams noc;
        noc.hop_cycles = hop;
        Line line(5, noc);
        line.send(0, {to}, 10, flits);
        line.run();
        CHECK(line.taken(to) == Cycles{10 + to * hop + flits});
        CHECK(line.link_flits() == to * flits);
      }
}

TEST_CASE("a link moves one flit a cycle") {
  for (const std::uint16_t flits : {1, 2, 4}) {
    Line line(3, {});
    for (int i = 0; i < 6; ++i) line.send(0, {2}, 0, flits);
    line.run();
    Cycles expected;
    for (hw::Cycle i = 0; i < 6; ++i) expected.push_back(2 + flits + i * flits);
    CHECK(line.taken(2) == expected);
  }
}

TEST_CASE("round robin alternates between inputs, oldest first follows the injection cycle, ties by input") {
  const auto order = [](hw::Arbitration arbitration) {
    hw::NocParams noc;
    noc.arbitration = arbitration;
    noc.router_queue_flits = 8;
    Line line(3, noc);
    // All for core 1: ids 0-2 from the west, old; 3-5 from the east, young; both wait at router 1 from cycle 5 on
    for (hw::Cycle i = 0; i < 3; ++i) line.send(0, {1}, i);
    for (hw::Cycle i = 0; i < 3; ++i) line.send(2, {1}, i + 1);
    line.run();
    return std::pair(line.order(1), line.taken(1));
  };
  using Ids = std::vector<hw::PacketPool::Id>;
  // Arrivals at router 1: west (input 3) 1 2 3, east (input 1) 2 3 4. One grant a cycle from 1 on, taken a cycle later.
  const auto [robin, robin_cycles] = order(hw::Arbitration::round_robin);
  CHECK(robin == Ids{0, 3, 1, 4, 2, 5});
  CHECK(robin_cycles == Cycles{2, 3, 4, 5, 6, 7});
  const auto [oldest, oldest_cycles] = order(hw::Arbitration::oldest_first);
  // Injected: 0 at 0, 1 and 3 at 1 (the east's input is 1, the west's 3: 3 before 1), 2 and 4 at 2, 5 at 3.
  CHECK(oldest == Ids{0, 3, 1, 4, 2, 5});
  CHECK(oldest_cycles == robin_cycles);
}

TEST_CASE("oldest first lets a burst of old packets pass, round robin does not") {
  const auto order = [](hw::Arbitration arbitration) {
    hw::NocParams noc;
    noc.arbitration = arbitration;
    noc.router_queue_flits = 8;
    noc.hop_cycles = 10;
    Line line(4, noc);
    for (hw::Cycle i = 0; i < 3; ++i) line.send(0, {2}, i);       // ids 0-2 at router 2 from cycle 20 on
    for (hw::Cycle i = 0; i < 3; ++i) line.send(3, {2}, 10 + i);  // ids 3-5 at router 2 from cycle 20 on
    line.run();
    return line.order(2);
  };
  using Ids = std::vector<hw::PacketPool::Id>;
  CHECK(order(hw::Arbitration::oldest_first) == Ids{0, 1, 2, 3, 4, 5});
  CHECK(order(hw::Arbitration::round_robin) == Ids{3, 0, 4, 1, 5, 2});  // first after input 0 in order N E S W
}

TEST_CASE("a multicast packet crosses each link of its tree once") {
  Line line(6, {});
  line.send(2, {0, 1, 2, 4, 5}, 0, 2);
  line.run();
  CHECK(line.link_flits() == 2 * 5);  // two to the west, three to the east
  for (const std::uint32_t to : {0u, 1u, 2u, 4u, 5u}) CHECK(line.taken(to) == Cycles{(to > 2 ? to - 2 : 2 - to) + 2});
  CHECK(line.taken(3).empty());
}

TEST_CASE("a multicast packet whose one branch is blocked still leaves by the others, and holds its queue") {
  hw::NocParams noc;
  noc.router_queue_flits = 1;
  Line line(3, noc, 50, 1);
  line.send(1, {0}, 0);  // fills core 0's queue: taken at 2, the next not before 52
  line.send(1, {0}, 1);
  line.send(1, {0, 2}, 2);  // its copy for 2 is not held up
  line.send(1, {2}, 3);     // behind it
  line.run();
  CHECK(line.taken(0) == Cycles{2, 52, 102});
  REQUIRE(line.taken(2).size() == 2);
  CHECK(line.taken(2)[0] < 10);
  CHECK(line.taken(2)[1] > 50);  // its head of line waited for core 0
}

TEST_CASE("a full queue holds back the whole way to the source") {
  hw::NocParams noc;
  noc.router_queue_flits = 2;
  Line line(3, noc, 100, 4);
  for (int i = 0; i < 80; ++i) line.send(0, {2}, 0);
  line.run();
  const Cycles taken = line.taken(2);
  REQUIRE(taken.size() == 80);
  for (std::size_t i = 1; i < taken.size(); ++i) CHECK(taken[i] == taken[i - 1] + 100);
  // In flight when the first is taken: 64 at the source, 2 + 2 on links, 4 at the core.
  CHECK(line.pushed(0)[63] == 0);
  CHECK(line.pushed(0)[79] > taken[7]);
}

TEST_CASE("results do not depend on who is woken first") {
  std::vector<Cycles> all;
  for (const bool backwards : {false, true}) {
    hw::NocParams noc;
    noc.router_queue_flits = 2;
    Line line(4, noc, 2, 2, backwards);
    for (int i = 0; i < 60; ++i)
      line.send(i % 4, {static_cast<std::uint32_t>(i * 7 % 4), 3}, i / 9, i % 3 == 0 ? 2 : 1);
    line.run();
    Cycles cycles;
    for (std::uint32_t core = 0; core < 4; ++core)
      for (const hw::Cycle c : line.taken(core)) cycles.push_back(c);
    all.push_back(cycles);
  }
  CHECK(all[0] == all[1]);
}
