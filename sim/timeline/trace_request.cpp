#include "sim/timeline/trace_request.hpp"

#include "sim/input.hpp"
#include "sim/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace deltasim::sim {
namespace {

[[noreturn]] void refuse(const char* option, const std::string& problem, const std::string& remedy) {
  throw models::InputError("command line", option, problem, remedy);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// FIRST and LAST around `separator`; a number alone is both.
std::optional<std::pair<std::uint64_t, std::uint64_t>> numbers(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  const auto first = number(text.substr(0, at));
  const auto last = at == std::string_view::npos ? first : number(text.substr(at + 1));
  if (!first || !last) return std::nullopt;
  return std::pair(*first, *last);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<TraceRequest::Range> read_cycles(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto ends = text.find(':') == std::string::npos ? std::nullopt : numbers(text, ':');
  if (!ends || ends->first >= ends->second)
    refuse("--timeline-cycles", fmt::format("'{}' is no window of cycles", text),
           "FROM:TO, without TO itself: 10000:20000");
  return TraceRequest::Range{ends->first, ends->second};
}

std::optional<TraceRequest::Range> read_frames(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto ends = numbers(text, ':');
  if (!ends || ends->first > ends->second)
    refuse("--timeline-frames", fmt::format("'{}' are no frames", text), "FIRST:LAST, from 0 on: 3:5, or 3");
  return TraceRequest::Range{ends->first, ends->second + 1};
}

std::vector<bool> read_cores(const std::string& text, std::uint32_t total) {
  if (text.empty()) return std::vector<bool>(total, true);
  std::vector<bool> wanted(total);
  for (const std::string& part : split(text)) {
    const auto ends = numbers(part, '-');
    if (!ends || ends->first > ends->second)
      refuse("--timeline-cores", fmt::format("'{}' are no cores", part), "numbers and ranges: 0,3,5-7");
    if (ends->second >= total)
      refuse("--timeline-cores", fmt::format("there is no core {}", ends->second),
             fmt::format("the chip has cores 0 to {}", total - 1));
    for (std::uint64_t core = ends->first; core <= ends->second; ++core) wanted[core] = true;
  }
  return wanted;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void require_execution(const char* option, const std::string& name, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) == known.end())
    refuse(option, fmt::format("the run has no execution '{}' on the chip", name), "it has " + joined(known));
}

/// Those that run on the chip: a systolic array has closed formulas and no time to look at.
std::vector<std::string> executions_on_chip(const RunConfig& config) {
  if (config.input.kind == InputKind::stream) return {"delta"};
  std::vector<std::string> names;
  for (const char* name : {"dense", "spatial", "delta"})
    if (config.wants(name)) names.emplace_back(name);
  return names;
}

void refuse_without_file(const TraceOptions& o) {
  const bool of_timeline = !o.cycles.empty() || !o.frames.empty() || !o.cores.empty() || !o.executions.empty();
  if (o.timeline.empty() && of_timeline)
    refuse("--timeline-...", "says what to trace, but not where to", "--timeline FILE");
  if (o.vcd.empty() && (!o.vcd_core.empty() || !o.vcd_execution.empty()))
    refuse("--vcd-...", "says what to trace, but not where to", "--vcd FILE");
}

}  // namespace

std::optional<TraceRequest> read_trace_request(const TraceOptions& options, const RunConfig& config) {
  refuse_without_file(options);
  if (options.timeline.empty() && options.vcd.empty()) return std::nullopt;
  const auto known = executions_on_chip(config);
  if (known.empty())
    refuse(options.timeline.empty() ? "--vcd" : "--timeline", "nothing here runs on the chip, cycle by cycle",
           "an execution dense, spatial or delta");
  const std::uint32_t cores = config.hardware.noc.columns * config.hardware.noc.rows;
  TraceRequest request;
  request.timeline = options.timeline;
  request.vcd = options.vcd;
  if (!options.timeline.empty() && options.timeline == options.vcd)
    refuse("--vcd", "is the timeline's file", "a file of its own");
  request.cycles = read_cycles(options.cycles);
  request.frames = read_frames(options.frames);
  request.cores = read_cores(options.cores, cores);
  request.executions = options.executions.empty() ? known : split(options.executions);
  for (const auto& name : request.executions) require_execution("--timeline-executions", name, known);
  request.interval = options.interval;
  request.resolution = options.resolution;
  request.packets = options.packets;
  if (!options.vcd_core.empty()) {
    const auto core = number(options.vcd_core);
    if (!core || *core >= cores)
      refuse("--vcd-core", fmt::format("there is no core '{}'", options.vcd_core),
             fmt::format("the chip has cores 0 to {}", cores - 1));
    request.vcd_core = static_cast<std::uint32_t>(*core);
  }
  request.vcd_execution = options.vcd_execution.empty() ? known.back() : options.vcd_execution;
  if (!options.vcd_execution.empty()) require_execution("--vcd-execution", options.vcd_execution, known);
  return request;
}

}  // namespace deltasim::sim
