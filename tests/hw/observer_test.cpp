// What an observer is told adds up to what the machine reports, and looking changes nothing.
#include "hw/observer.hpp"

#include "tests/hw/subject.hpp"

#include <doctest/doctest.h>

#include <map>
#include <tuple>

using namespace deltasim;
using hw::Cycle;
using models::Rule;
using test::mesh;
using test::Subject;

namespace {

/// Writes down everything, in an order that does not depend on who was woken first.
class Recorder final : public hw::Observer {
 public:
  explicit Recorder(std::optional<std::uint32_t> only = std::nullopt) : only_(only) {}
  bool wants_core(std::uint32_t core) const override { return !only_ || *only_ == core; }
  Cycle link_interval() const override { return 16; }
  void frame_started(std::uint64_t frame, Cycle at) override { started[frame] = at; }
  void frame_finished(std::uint64_t frame, Cycle at) override { finished[frame] = at; }
  void span(const hw::Span& s) override { spans[s.core].push_back(s); }
  void queue(const hw::QueueChange& c) override { queues[{c.core, c.queue}].push_back(c); }
  void settled(std::uint32_t, Cycle) override {}
  void link(const hw::LinkUse& u) override { links[{u.from, u.to}].push_back(u); }
  void dram(const hw::DramTransfer& t) override { transfers.push_back(t); }

  std::map<std::uint64_t, Cycle> started, finished;
  std::map<std::uint32_t, std::vector<hw::Span>> spans;
  std::map<std::pair<std::uint32_t, hw::QueueEnd>, std::vector<hw::QueueChange>> queues;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<hw::LinkUse>> links;
  std::vector<hw::DramTransfer> transfers;

 private:
  std::optional<std::uint32_t> only_;
};

auto fields(const hw::Span& s) {
  return std::tuple(s.core, s.begin, s.end, s.cause, s.task, s.frame, s.layer, s.from, s.events);
}
auto fields(const hw::QueueChange& c) { return std::tuple(c.at, c.entered, c.left, c.depth); }
auto fields(const hw::LinkUse& u) { return std::tuple(u.begin, u.end, u.flits); }
auto fields(const hw::DramTransfer& t) { return std::tuple(t.core, t.asked, t.begin, t.end, t.bursts); }

template <class Record>
auto all_fields(const std::vector<Record>& records) {
  std::vector<decltype(fields(records.front()))> all;
  all.reserve(records.size());
  for (const Record& record : records) all.push_back(fields(record));
  return all;
}

template <class Key, class Record>
void check_same(const std::map<Key, std::vector<Record>>& a, const std::map<Key, std::vector<Record>>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [key, records] : a) CHECK(all_fields(records) == all_fields(b.at(key)));
}

void check_same(const Recorder& a, const Recorder& b) {
  CHECK(a.started == b.started);
  CHECK(a.finished == b.finished);
  check_same(a.spans, b.spans);
  check_same(a.queues, b.queues);
  check_same(a.links, b.links);
  CHECK(all_fields(a.transfers) == all_fields(b.transfers));
}

/// Spans without gaps whose lengths by cause are the core's causes.
void check_spans(const Recorder& seen, const hw::MachineResult& result) {
  REQUIRE(seen.spans.size() == result.cores.size());
  for (const auto& [core, spans] : seen.spans) {
    hw::Causes causes;
    Cycle cursor = 0;
    for (const hw::Span& span : spans) {
      REQUIRE(span.begin == cursor);
      REQUIRE(span.end > span.begin);
      cursor = span.end;
      causes[span.cause] += span.end - span.begin;
      CHECK((span.frame == hw::Span::no_frame) == (span.cause == hw::Cause::idle));
    }
    CHECK(causes == result.cores[core].causes);
    CHECK(cursor == result.cycles);
  }
}

/// Everything that enters leaves, and the most at a time is the report's.
void check_queues(const Recorder& seen, const hw::MachineResult& result) {
  for (const auto& [key, changes] : seen.queues) {
    std::uint64_t depth = 0, most = 0, before = 0;
    for (const auto& change : changes) {
      CHECK(change.at >= before);
      before = change.at;
      most = std::max(most, depth + change.entered);
      depth += change.entered - change.left;
      REQUIRE(change.depth == depth);
    }
    CHECK(depth == 0);
    const auto& core = result.cores[key.first];
    CHECK(most == (key.second == hw::QueueEnd::input ? core.input_queue_high_water : core.output_queue_high_water));
  }
}

void check_links(const Recorder& seen, const hw::MachineResult& result) {
  for (const auto& link : result.links) {
    std::uint64_t flits = 0;
    if (const auto known = seen.links.find({link.from, link.to}); known != seen.links.end())
      for (const auto& use : known->second) {
        CHECK(use.end == use.begin + 16);
        CHECK(use.flits <= 16 + 4);  // a packet is counted when it starts
        flits += use.flits;
      }
    CHECK(flits == link.flits);
  }
}

void check_all(const Recorder& seen, const hw::MachineResult& result) {
  check_spans(seen, result);
  check_queues(seen, result);
  check_links(seen, result);
  for (std::size_t f = 0; f < result.frames.size(); ++f) {
    CHECK(seen.started.at(f) == result.frames[f].started);
    CHECK(seen.finished.at(f) == result.frames[f].finished);
  }
}

struct Case {
  std::uint32_t seed;
  hw::ChipParams chip;
  double stalls = 0.0;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) all.push_back({seed, mesh(3, 2, seed % 2 == 0 ? 2 : 64)});
  all[1].stalls = 0.2;
  all[2].chip.core.decode_overlap = false;
  all[2].chip.core.pixel_cycles = 3;
  test::set_packets(all[3].chip.noc, 1, 2, 2);
  all.push_back({5, mesh(3, 2)});
  all.back().chip.core.schedule = hw::SliceSchedule::depth_first;
  all.push_back({2, mesh(2, 1)});
  all.back().chip.core.weight_memory.banks = 1;
  return all;
}

}  // namespace

TEST_CASE("what is observed adds up to the result, observing changes nothing, both engines tell the same") {
  for (const Case& c : cases())
    for (const Rule rule : {Rule::dense, Rule::delta}) {
      CAPTURE(c.seed);
      CAPTURE(static_cast<int>(rule));
      Subject subject(c.seed, rule);
      const std::uint32_t cores = c.chip.noc.columns * c.chip.noc.rows;
      const auto mapping = test::random_mapping(subject.network, cores, c.seed);
      hw::MachineOptions options;
      options.rules = &subject.rules;
      options.output_stall_probability = c.stalls;
      const auto run = [&](hw::Hosting hosting, hw::Observer* observer, std::uint64_t construction = 0) {
        options.hosting = hosting;
        options.observer = observer;
        options.construction_seed = construction;
        subject.stream.rewind();
        return hw::simulate(subject.network, mapping, c.chip, subject.stream, options);
      };
      Recorder on_wheel, on_processes, permuted;
      const auto blind = run(hw::Hosting::wheel, nullptr);
      const auto result = run(hw::Hosting::wheel, &on_wheel);
      CHECK(test::same_time(blind, result));
      CHECK(test::same_counts(blind, result));
      check_all(on_wheel, result);
      run(hw::Hosting::processes, &on_processes);
      check_same(on_wheel, on_processes);
      run(hw::Hosting::processes, &permuted, 7);
      check_same(on_wheel, permuted);
    }
}

TEST_CASE("a chosen core is told as among all") {
  Subject subject(1, Rule::delta);
  const auto mapping = test::random_mapping(subject.network, 6, 1);
  Recorder all, one(2);
  for (Recorder* recorder : {&all, &one}) {
    hw::MachineOptions options;
    options.observer = recorder;
    subject.stream.rewind();
    hw::simulate(subject.network, mapping, mesh(3, 2), subject.stream, options);
  }
  REQUIRE(one.spans.size() == 1);
  CHECK(all_fields(one.spans.at(2)) == all_fields(all.spans.at(2)));
  CHECK(one.queues.size() <= 2);
  CHECK(all.spans.size() == 6);
}

TEST_CASE("transfers of the memory channel are told one after another, as long as it was busy") {
  Subject subject(2, Rule::delta);
  for (const hw::Reuse reuse : {hw::Reuse::frame, hw::Reuse::none}) {
    auto chip = mesh(2, 2);
    chip.dram.emplace();
    chip.dram->reuse = reuse;
    auto mapping = test::random_mapping(subject.network, 4, 3);
    for (auto& slice : mapping.slices) slice.weights_in_dram = slice.state_in_dram = true;
    Recorder seen;
    hw::MachineOptions options;
    options.observer = &seen;
    subject.stream.rewind();
    const auto result = hw::simulate(subject.network, mapping, chip, subject.stream, options);
    check_all(seen, result);
    std::uint64_t busy = 0, bursts = 0;
    Cycle free_at = 0;
    for (const auto& t : seen.transfers) {
      CHECK(t.asked <= t.begin);
      CHECK(t.begin >= free_at);
      free_at = t.end;
      busy += t.end - t.begin;
      bursts += t.bursts;
    }
    CHECK(busy == result.dram->busy_cycles);
    CHECK(bursts == result.dram->weight_bursts + result.dram->state_read_bursts + result.dram->state_write_bursts);
    CHECK(busy > 0);
  }
}
