#include "sim/timeline/event_writer.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <iterator>

template <>
struct fmt::formatter<deltasim::sim::TraceTime> {
  static constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <typename Context>
  auto format(const deltasim::sim::TraceTime& time, Context& context) const {
    return fmt::format_to(context.out(), "{}.{:03}", time.ns / 1000, time.ns % 1000);
  }
};

namespace deltasim::sim {
namespace {

constexpr std::size_t flush_bytes = 1u << 18;
constexpr std::uint64_t large_bytes = std::uint64_t{1} << 30;  ///< viewers become slow

}  // namespace

std::string json_name(const std::string& text) {
  const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

/// No `displayTimeUnit`: there are releases of Perfetto that take it for the unit of `ts`.
EventWriter::EventWriter(const std::string& path, Clock clock) : file_(path), clock_(clock) {
  file_.write("{\"traceEvents\":[\n");
}

template <typename... Values>
void EventWriter::event(fmt::format_string<Values...> format, Values&&... values) {
  if (!first_) buffer_.append(std::string_view(",\n"));
  first_ = false;
  fmt::format_to(std::back_inserter(buffer_), format, std::forward<Values>(values)...);
  if (buffer_.size() >= flush_bytes) flush();
}

void EventWriter::flush() {
  file_.write({buffer_.data(), buffer_.size()});
  buffer_.clear();
  if (warned_ || file_.bytes() < large_bytes) return;
  warned_ = true;
  std::cerr << "deltasim: note: " << file_.path()
            << " has passed 1 GiB of text; --timeline-resolution, --timeline-frames, --timeline-cores and "
               "--timeline-executions make it smaller\n";
}

void EventWriter::name_process(std::uint32_t process, std::string_view name) {
  event(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":"{}"}}}})", process, name);
  event(R"({{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}})", process, process);
}

void EventWriter::name_thread(Track track, std::string_view name) {
  event(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":"{}"}}}})", track.process, track.thread,
        name);
  event(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})", track.process,
        track.thread, track.thread);
}

void EventWriter::span(Track track, std::string_view name, std::uint64_t begin, std::uint64_t end,
                       std::string_view arguments) {
  const TraceTime from = time(begin), length{time(end).ns - from.ns};
  event(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","args":{{"cycle":{},"cycles":{}{}{}}}}})",
        track.process, track.thread, from, length, name, begin, end - begin, arguments.empty() ? "" : ",", arguments);
}

void EventWriter::counter(std::uint32_t process, std::string_view name, std::string_view unit, std::uint64_t at,
                          double value) {
  event(R"({{"ph":"C","pid":{},"ts":{},"name":"{}","args":{{"{}":{:.6g}}}}})", process, time(at), name, unit, value);
}

void EventWriter::commit(std::string_view other) {
  fmt::format_to(std::back_inserter(buffer_), "\n],\"otherData\":{{{}}}}}\n", other);
  flush();
  file_.commit();
}

}  // namespace deltasim::sim
