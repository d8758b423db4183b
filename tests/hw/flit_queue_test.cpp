#include "tests/hw/bench.hpp"

#include <doctest/doctest.h>

using namespace deltasim;
using Cycles = std::vector<hw::Cycle>;

namespace {

struct Pair {
  explicit Pair(std::uint64_t capacity, hw::Cycle pause, bool backwards = false)
      : bench(backwards), queue(bench, capacity), source(bench, queue, 1), sink(bench, queue, pause) {
    bench.add(source);
    bench.add(sink);
    queue.connect(source, sink);
  }
  void run() {
    bench.at(source, 0);
    bench.run();
  }
  Cycles taken() const {
    Cycles cycles;
    for (const auto& t : sink.taken) cycles.push_back(t.cycle);
    return cycles;
  }
  test::Bench bench;
  hw::FlitQueue queue;
  test::Source source;
  test::Sink sink;
};

}  // namespace

TEST_CASE("a queue takes as many flits as it has room for, not one more") {
  Pair pair(3, 100);
  for (hw::PacketPool::Id i = 0; i < 5; ++i) pair.source.add(0, i);
  pair.run();
  // Three at once; room that is freed in a cycle is seen in the next one.
  CHECK(pair.source.pushed == Cycles{0, 0, 0, 2, 102});
  CHECK(pair.taken() == Cycles{1, 101, 201, 301, 401});
  CHECK(pair.queue.high_water() == 3);
}

TEST_CASE("a packet needs room for all its flits") {
  for (const std::uint64_t capacity : {3u, 4u}) {
    CAPTURE(capacity);
    Pair pair(capacity, 10);
    pair.source.add(0, 0, 2);
    pair.source.add(0, 1, 2);
    pair.run();
    CHECK(pair.source.pushed == (capacity == 4 ? Cycles{0, 0} : Cycles{0, 2}));
    CHECK(pair.taken() == Cycles{1, 11});
  }
}

TEST_CASE("one flit leaves in a cycle: a packet of n flits holds back the next one for n cycles") {
  Pair pair(64, 0);
  for (hw::PacketPool::Id i = 0; i < 3; ++i) pair.source.add(0, i, 5);
  pair.run();
  CHECK(pair.taken() == Cycles{1, 6, 11});
}

TEST_CASE("who is woken first in a cycle does not matter") {
  for (const std::uint64_t capacity : {1u, 2u, 3u}) {
    std::vector<Cycles> taken;
    for (const bool backwards : {false, true}) {
      Pair pair(capacity, 1, backwards);
      for (hw::PacketPool::Id i = 0; i < 20; ++i)
        pair.source.add(i / 3, i, static_cast<std::uint16_t>(i % 2 % capacity + 1));
      pair.run();
      REQUIRE(pair.sink.taken.size() == 20);
      taken.push_back(pair.taken());
    }
    CHECK(taken[0] == taken[1]);
  }
}

TEST_CASE("random stalls delay a queue, keep its order and repeat with their seed") {
  std::vector<Cycles> taken;
  for (const std::uint64_t seed : {1u, 1u, 2u}) {
    Pair pair(8, 1);
    pair.queue.stall_at_random(0.5, seed);
    for (hw::PacketPool::Id i = 0; i < 200; ++i) pair.source.add(0, i);
    pair.run();
    REQUIRE(pair.sink.taken.size() == 200);
    for (std::size_t i = 0; i < 200; ++i) CHECK(pair.sink.taken[i].packet == i);
    taken.push_back(pair.taken());
  }
  CHECK(taken[0] == taken[1]);
  CHECK(taken[0] != taken[2]);
  CHECK(taken[0].back() > 300);  // half of all cycles stall: about two cycles a packet
  CHECK(taken[0].back() < 500);
}

TEST_CASE("the high water mark counts what is there, not what was pushed ahead of time") {
  test::Bench bench;
  hw::FlitQueue queue(bench, 100);
  test::Source nobody(bench, queue);
  test::Sink sink(bench, queue);
  bench.add(nobody);
  bench.add(sink);
  queue.connect(nobody, sink);
  for (hw::Cycle i = 0; i < 10; ++i) queue.push(3 * i, 0, 0, 1);
  bench.run();
  CHECK(sink.taken.size() == 10);
  CHECK(queue.high_water() == 1);
}

namespace {

/// Takes all that is in the queue at once, each packet at its time.
class AheadSink final : public hw::Unit {
 public:
  AheadSink(hw::Schedule& schedule, hw::FlitQueue& queue, hw::Cycle pause)
      : Unit(Phase::whole), schedule_(schedule), queue_(queue), pause_(pause) {}
  void wake(hw::Cycle now) override {
    queue_.settle(now);
    if (now < free_at_ || queue_.empty()) return schedule_.at(*this, std::max(now + 1, free_at_));
    hw::Cycle left = 0;
    while (const hw::FlitQueue::Entry* entry = queue_.next()) {
      const hw::Cycle at = std::max({entry->available, left, free_at_});
      if (left == 0 && at > now) return schedule_.at(*this, at);
      left = at + entry->flits;
      taken.push_back(at);
      queue_.take(at);
      free_at_ = at + pause_;
    }
    if (taken.size() < 40) schedule_.at(*this, free_at_);
  }
  Cycles taken;

 private:
  hw::Schedule& schedule_;
  hw::FlitQueue& queue_;
  hw::Cycle pause_, free_at_ = 0;
};

}  // namespace

TEST_CASE("taking packets ahead of time changes no cycle, neither the reader's nor the writer's") {
  for (const std::uint64_t capacity : {2u, 3u, 8u})
    for (const hw::Cycle pause : {1u, 4u})
      for (const bool backwards : {false, true}) {
        CAPTURE(capacity);
        CAPTURE(pause);
        Pair usual(capacity, pause);
        test::Bench bench(backwards);
        hw::FlitQueue queue(bench, capacity);
        test::Source source(bench, queue, 1);
        AheadSink sink(bench, queue, pause);
        bench.add(source);
        bench.add(sink);
        queue.connect(source, sink);
        for (hw::PacketPool::Id i = 0; i < 40; ++i)
          for (test::Source* s : {&usual.source, &source})
            s->add(3 * (i / 5), i, static_cast<std::uint16_t>(i % 2 + 1));
        usual.run();
        bench.at(source, 0);
        bench.run();
        REQUIRE(sink.taken.size() == 40);
        queue.settle(sink.taken.back());
        CHECK(sink.taken == usual.taken());
        CHECK(source.pushed == usual.source.pushed);
        CHECK(queue.high_water() == usual.queue.high_water());
      }
}
