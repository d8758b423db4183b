#include "sim/timeline/core_track.hpp"

#include <algorithm>
#include <array>

namespace deltasim::sim {
namespace {

std::string_view name(hw::Cause cause) { return hw::cause_info[static_cast<std::size_t>(cause)].name; }

bool same_work(const hw::Span& a, const hw::Span& b) {
  return a.task == b.task && a.frame == b.frame && a.layer == b.layer;
}

}  // namespace

void CoreTrack::add(const hw::Span& span) {
  if (detail_.resolution <= 1) return add_exact(span);
  hw::Span piece = span;
  while (piece.begin < span.end) {
    piece.end = std::min(span.end, (piece.begin / detail_.resolution + 1) * detail_.resolution);
    add_to_slot(piece);
    piece.begin = piece.end;
    piece.events = 0;
  }
}

void CoreTrack::add_to_slot(const hw::Span& span) {
  const bool is_new = slot_.end != span.begin || span.begin % detail_.resolution == 0;
  if (is_new) {
    end_slot();
    slot_ = span;
  } else if (!same_work(slot_, span)) {
    slot_.task = hw::Task::nothing;
    slot_.frame = hw::Span::no_frame;
    slot_.layer = 0;
  }
  slot_.end = span.end;
  of_slot_[span.cause] += span.end - span.begin;
}

void CoreTrack::end_slot() {
  hw::Span span = slot_;
  span.events = 0;
  for (std::size_t c = 0; c < hw::cause_total; ++c) {
    span.cause = static_cast<hw::Cause>(c);
    if (of_slot_[span.cause] == 0) continue;
    span.end = span.begin + of_slot_[span.cause];
    add_exact(span);
    span.begin = span.end;
  }
  of_slot_ = hw::Causes();
}

bool CoreTrack::extends_held(const hw::Span& span) const {
  return !detail_.packets && holds_ && held_.end == span.begin && held_.cause == span.cause && same_work(held_, span);
}

void CoreTrack::add_exact(const hw::Span& span) {
  if (extends_held(span)) {
    held_.end = span.end;
    held_.events += span.events;
  } else {
    write_held();
    held_ = span;
    holds_ = true;
    pieces_ = 0;
  }
  pieces_ += span.events != 0 && span.task == hw::Task::integrate;
}

void CoreTrack::write_held() {
  if (!holds_) return;
  holds_ = false;
  fmt::memory_buffer text;
  const auto out = std::back_inserter(text);
  if (held_.frame != hw::Span::no_frame) {
    static constexpr std::array tasks{"", "integrate", "token", "evaluate"};
    fmt::format_to(out, R"("task":"{}","frame":{},"layer":"{}")", tasks[static_cast<std::size_t>(held_.task)],
                   held_.frame, (*layers_)[held_.layer]);
    if (held_.events != 0) fmt::format_to(out, R"(,"events":{})", held_.events);
    if (pieces_ > 1) fmt::format_to(out, R"(,"packets":{})", pieces_);
  }
  writer_->span(track_, name(held_.cause), held_.begin, held_.end, {text.data(), text.size()});
}

void CoreTrack::finish() {
  end_slot();
  write_held();
}

}  // namespace deltasim::sim
