#include "hw/probe.hpp"

#include "hw/plan.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace deltasim::hw {
namespace {

constexpr std::array in_order{Cause::input_empty,    Cause::dram,    Cause::output_full,
                              Cause::control,        Cause::busy,    Cause::weight_conflict,
                              Cause::state_conflict, Cause::evaluate};

}  // namespace

Probe::Probe(Observer& observer, const Plan& plan, std::uint32_t core)
    : observer_(observer),
      core_(core),
      input_(observer, core, QueueEnd::input),
      output_(observer, core, QueueEnd::output),
      reader_(plan.network().layers.size()) {
  for (models::LayerId l = 0; l < reader_.size(); ++l)
    for (const Feed& feed : plan.feeds(l)) {
      const Slice& slice = plan.slices()[feed.slice];
      if (slice.core == core && (reader_[l] == 0 || slice.layer < reader_[l])) reader_[l] = slice.layer;
    }
}

void Probe::wait(Cause cause, Cycle begin, Cycle end) {
  if (!waits_.empty() && waits_.back().cause == cause) {
    waits_.back().end = end;
    return;
  }
  waits_.emplace_back();
  waits_.back().cause = cause;
  waits_.back().begin = begin;
  waits_.back().end = end;
}

void Probe::absorb(const Causes& waited) { seen_ += waited; }

void Probe::take(const Packet& packet, const Causes& causes) {
  Span work;
  const bool event = packet.kind == PacketKind::event;
  work.task = event ? Task::integrate : Task::token;
  work.frame = packet.frame;
  work.from = packet.layer;
  work.layer = packet.kind == PacketKind::ready ? packet.layer : reader_[packet.layer];
  work.events = event ? packet.values : 0;
  lay(work, causes);
}

void Probe::evaluate(models::LayerId layer, std::uint64_t frame, std::uint64_t events, const Causes& causes) {
  Span work;
  work.task = Task::evaluate;
  work.frame = frame;
  work.layer = work.from = layer;
  work.events = events;
  lay(work, causes);
}

void Probe::lay(const Span& work, const Causes& causes) {
  Span waiting = work;
  waiting.events = 0;
  if (causes != seen_) {
    for (const Span& wait : waits_) emit(waiting, wait.cause, wait.end - wait.begin);
    waits_.clear();
  }
  Span next = work;
  for (const Cause cause : in_order) {
    const bool is_wait = cause == Cause::input_empty;
    const Cycle cycles = causes[cause] - seen_[cause];
    if (cycles == 0) continue;
    emit(is_wait ? waiting : next, cause, cycles);
    if (!is_wait) next.events = 0;
  }
  seen_ = causes;
}

void Probe::emit(Span span, Cause cause, Cycle cycles) {
  span.core = core_;
  span.cause = cause;
  span.begin = cursor_;
  span.end = cursor_ += cycles;
  observer_.span(span);
}

void Probe::settle(Cycle now) {
  input_.settle(now);
  output_.settle(now);
  observer_.settled(core_, now);
}

void Probe::finish(Cycle end) {
  waits_.clear();
  settle(never);
  if (end > cursor_) emit(Span(), Cause::idle, end - cursor_);
}

}  // namespace deltasim::hw
