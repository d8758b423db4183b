#include "sim/validation/rtl_core.hpp"

#include "sim/embedded.hpp"
#include "sim/validation/core_model.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace deltasim::sim {
namespace {

constexpr std::string_view record_name = "sim/validation/recorded_rtl_core.json";

/// FNV-1a.
class Digest {
 public:
  void add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i, value >>= 8) state_ = (state_ ^ (value & 255)) * 1099511628211u;
  }
  std::string text() const { return fmt::format("{:016x}", state_); }

 private:
  std::uint64_t state_ = 14695981039346656037u;
};

nlohmann::ordered_json json_of(const CoreTrace& trace) {
  return {{"cycles", trace.cycles}, {"values", trace.values}, {"times", trace.times}};
}

CoreTrace trace_from(const nlohmann::json& json) {
  return {json.at("cycles").get<std::uint64_t>(), json.at("values").get<std::string>(),
          json.at("times").get<std::string>()};
}

double deviation_of(std::uint64_t expected, std::uint64_t got) {
  return static_cast<double>(got) / static_cast<double>(expected) - 1.0;
}

}  // namespace

CoreTrace trace_of(const std::vector<CoreTaken>& log) {
  Digest values, times;
  for (const CoreTaken& taken : log) {
    const CoreFlit& flit = taken.flit;
    // A name of its own for each kind: the enum may grow.
    values.add(flit.kind == hw::PacketKind::event ? 0u : flit.kind == hw::PacketKind::end_of_frame ? 1u : 2u);
    values.add(flit.frame * 2 + (flit.key ? 1u : 0u));
    values.add(flit.event.channel);
    values.add(flit.event.y);
    values.add(flit.event.x);
    values.add(static_cast<std::uint32_t>(flit.event.value));
    times.add(taken.cycle);
  }
  return {log.empty() ? 0 : log.back().cycle, values.text(), times.text()};
}

std::string core_record_text(const std::vector<RecordedCore>& record) {
  std::string text = "[\n";
  for (const RecordedCore& r : record) {
    const nlohmann::ordered_json line{{"name", r.name},
                                      {"events", r.events},
                                      {"stalls", r.stalls},
                                      {"rtl", json_of(r.rtl)},
                                      {"model", json_of(r.model)}};
    text += line.dump() + (&r == &record.back() ? "\n" : ",\n");
  }
  return text + "]\n";
}

std::vector<RecordedCore> read_core_record(std::string_view text) {
  std::vector<RecordedCore> record;
  for (const nlohmann::json& r : nlohmann::json::parse(text))
    record.push_back({r.at("name").get<std::string>(), r.at("events").get<std::uint64_t>(), r.at("stalls").get<bool>(),
                      trace_from(r.at("rtl")), trace_from(r.at("model"))});
  return record;
}

double CoreComparison::deviation() const { return deviation_of(expected, got); }

std::vector<CoreComparison> compare_core_with_recorded_rtl() {
  const std::vector<RecordedCore> record = read_core_record(embedded(record_name));
  const std::vector<CoreSequence> sequences = core_sequences();
  std::vector<CoreComparison> comparisons;
  for (const CoreSequence& sequence : sequences) {
    const auto r = std::find_if(record.begin(), record.end(),
                                [&](const RecordedCore& known) { return known.name == sequence.name; });
    if (r == record.end() || record.size() != sequences.size())
      throw std::logic_error(fmt::format("{} has {} sequences, the program {}: '{}' was not recorded", record_name,
                                         record.size(), sequences.size(), sequence.name));
    const CoreTrace model = trace_of(run_core_model(sequence, core_workload(sequence)));
    comparisons.push_back({sequence.name, r->rtl.cycles, model.cycles, model.values == r->rtl.values,
                           model.times == r->rtl.times, r->stalls});
  }
  return comparisons;
}

std::uint64_t recorded_core_sequences() { return read_core_record(embedded(record_name)).size(); }

double recorded_core_deviation() {
  double largest = 0;
  for (const RecordedCore& r : read_core_record(embedded(record_name)))
    largest = std::max(largest, std::abs(deviation_of(r.rtl.cycles, r.model.cycles)));
  return largest;
}

}  // namespace deltasim::sim
