#include "sim/timeline/vcd.hpp"

#include "sim/version.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace deltasim::sim {
namespace {

/// VCD has no blanks in names and texts.
std::string without_blanks(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c > '~'; }, '_');
  return text.empty() ? "_" : text;
}

}  // namespace

Vcd::Vcd(TraceFile& file, Clock clock, std::uint32_t core, const std::string& execution, const models::Network& network)
    : file_(file), clock_(clock), core_(core) {
  for (const auto& layer : network.layers) layers_.push_back(without_blanks(layer.name));
  cause_ = add("cause", 0);
  task_ = add("task", 0);
  layer_ = add("layer", 0);
  frame_ = add("frame", 32);
  events_ = add("events", 16);
  first_cause_ = signals_.size();
  for (const auto& cause : hw::cause_info) add(std::string(cause.name), 1);
  input_depth_ = add("input_queue_flits", 32);
  packet_in_ = add("flits_arrived", 16, true);
  packet_taken_ = add("flits_taken", 16, true);
  output_depth_ = add("output_queue_flits", 32);
  flits_written_ = add("flits_written", 16, true);
  flits_sent_ = add("flits_sent", 16, true);
  declare(execution);
}

std::size_t Vcd::add(std::string name, std::uint32_t bits, bool pulse) {
  Signal signal;
  signal.name = std::move(name);
  signal.bits = bits;
  signal.pulse = pulse;
  signals_.push_back(std::move(signal));
  return signals_.size() - 1;
}

void Vcd::declare(const std::string& execution) {
  const auto out = std::back_inserter(text_);
  fmt::format_to(out, "$version deltasim {} $end\n$timescale 1 ps $end\n", version);
  fmt::format_to(out, "$comment one cycle = {} ps, rounded down $end\n", clock_.ps(1));
  fmt::format_to(out, "$scope module {} $end\n$scope module core_{} $end\n", without_blanks(execution), core_);
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    const Signal& signal = signals_[i];
    const std::string range = signal.bits > 1 ? fmt::format(" [{}:0]", signal.bits - 1) : "";
    fmt::format_to(out, "$var {} {} {} {}{} $end\n", signal.bits == 0 ? "string" : "wire", std::max(signal.bits, 1u),
                   id(i), signal.name, range);
  }
  fmt::format_to(out, "$upscope $end\n$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n");
  for (std::size_t i = 0; i < signals_.size(); ++i) write(i, signals_[i].bits == 0 ? "-" : number(i, 0));
  fmt::format_to(out, "$end\n");
}

std::string Vcd::number(std::size_t signal, std::uint64_t value) const {
  return signals_[signal].bits == 1 ? fmt::format("{}", value) : fmt::format("b{:b}", value);
}

void Vcd::write(std::size_t signal, const std::string& value) {
  signals_[signal].told = value;
  const char* const format = signals_[signal].bits == 0   ? "s{} {}\n"
                             : signals_[signal].bits == 1 ? "{}{}\n"
                                                          : "{} {}\n";
  fmt::format_to(std::back_inserter(text_), fmt::runtime(format), value, id(signal));
}

void Vcd::stamp(hw::Cycle at) {
  if (at > stamped_) fmt::format_to(std::back_inserter(text_), "#{}\n", clock_.ps(at));
  stamped_ = std::max(stamped_, at);
}

void Vcd::change(std::size_t signal, hw::Cycle at, std::string value) {
  Signal& s = signals_[signal];
  if (s.pulse) {
    if (s.falls < at) changes_.emplace(s.falls, std::pair(signal, number(signal, 0)));
    s.falls = at + 1;
  }
  changes_.emplace(at, std::pair(signal, std::move(value)));
}

void Vcd::span(const hw::Span& span) {
  static constexpr std::array tasks{"-", "integrate", "token", "evaluate"};
  const bool known = span.frame != hw::Span::no_frame;
  const auto cause = static_cast<std::size_t>(span.cause);
  change(cause_, span.begin, std::string(hw::cause_info[cause].name));
  change(task_, span.begin, tasks[static_cast<std::size_t>(span.task)]);
  change(layer_, span.begin, known ? layers_[span.layer] : "-");
  change(frame_, span.begin, known ? number(frame_, span.frame) : "bx");
  change(events_, span.begin, number(events_, span.events));
  for (std::size_t c = 0; c < hw::cause_total; ++c)
    change(first_cause_ + c, span.begin, number(first_cause_ + c, c == cause ? 1 : 0));
  spans_until_ = span.end;
}

void Vcd::queue(const hw::QueueChange& c) {
  const bool input = c.queue == hw::QueueEnd::input;
  const std::size_t depth = input ? input_depth_ : output_depth_, in = input ? packet_in_ : flits_written_,
                    out = input ? packet_taken_ : flits_sent_;
  change(depth, c.at, number(depth, c.depth));
  if (c.entered != 0) change(in, c.at, number(in, c.entered));
  if (c.left != 0) change(out, c.at, number(out, c.left));
}

void Vcd::settled(std::uint32_t, hw::Cycle until) {
  queues_until_ = until;
  flush(std::min(spans_until_, queues_until_));
}

/// Pulses that nothing has followed.
void Vcd::let_fall(hw::Cycle until) {
  for (std::size_t i = 0; i < signals_.size(); ++i) {
    Signal& s = signals_[i];
    if (s.falls >= until) continue;
    changes_.emplace(s.falls, std::pair(i, number(i, 0)));
    s.falls = hw::never;
  }
}

/// Changes before `until`: everything that could come between them is told.
void Vcd::flush(hw::Cycle until) {
  let_fall(until);
  while (!changes_.empty() && changes_.begin()->first < until) {
    const hw::Cycle at = changes_.begin()->first;
    for (; !changes_.empty() && changes_.begin()->first == at; changes_.erase(changes_.begin())) {
      const auto& [signal, value] = changes_.begin()->second;
      if (value == signals_[signal].told) continue;
      stamp(at);
      write(signal, value);
    }
  }
  if (text_.size() < (1u << 18)) return;
  file_.write({text_.data(), text_.size()});
  text_.clear();
}

void Vcd::finish() {
  flush(hw::never);
  stamp(spans_until_);
  file_.write({text_.data(), text_.size()});
  text_.clear();
}

}  // namespace deltasim::sim
