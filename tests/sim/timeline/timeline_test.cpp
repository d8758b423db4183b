#include "tests/sim/timeline/traced_run.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

using namespace deltasim::test;
using Json = nlohmann::json;

namespace {

struct Trace {
  explicit Trace(const std::string& text) : json(Json::parse(text)) {
    for (const Json& e : json.at("traceEvents"))
      if (e.at("ph") == "M" && e.at("name") == "process_name") process_of[e.at("args").at("name")] = e.at("pid");
  }
  std::vector<Json> events(const std::string& process, const std::string& phase) const {
    std::vector<Json> found;
    const auto pid = process_of.find(process);
    if (pid == process_of.end()) return found;
    for (const Json& e : json.at("traceEvents"))
      if (e.at("pid") == pid->second && e.at("ph") == phase) found.push_back(e);
    return found;
  }
  CausesByCore causes(const std::string& execution) const {
    CausesByCore all;
    for (const Json& e : events(execution + ": cores", "X")) {
      const std::size_t core = e.at("tid").get<std::size_t>() - 1;
      if (all.size() <= core) all.resize(core + 1);
      all[core][e.at("name")] += e.at("args").at("cycles").get<std::uint64_t>();
    }
    return all;
  }
  Json json;
  std::map<std::string, int> process_of;
};

std::uint64_t nanoseconds(const Json& us) { return static_cast<std::uint64_t>(std::llround(us.get<double>() * 1000)); }

/// Known phases with all that they need; spans of one row do not overlap, in cycles or in time.
void check_structure(const Trace& trace, double clock_mhz) {
  std::map<std::pair<int, int>, std::vector<std::array<std::uint64_t, 4>>> rows;
  std::set<int> named;
  for (const Json& e : trace.json.at("traceEvents")) {
    const std::string phase = e.at("ph");
    const int pid = e.at("pid");
    if (phase == "M" && e.at("name") == "process_name") named.insert(pid);
    if (phase == "C") CHECK(e.at("args").begin()->is_number());
    if (phase != "X") {
      REQUIRE((phase == "M" || phase == "C"));
      continue;
    }
    const std::uint64_t cycle = e.at("args").at("cycle"), cycles = e.at("args").at("cycles");
    REQUIRE(cycles > 0);
    const std::uint64_t ts = nanoseconds(e.at("ts")), dur = nanoseconds(e.at("dur"));
    REQUIRE(ts == static_cast<std::uint64_t>(static_cast<double>(cycle) * 1000 / clock_mhz));
    rows[{pid, e.at("tid")}].push_back({ts, ts + dur, cycle, cycle + cycles});
  }
  for (auto& [row, spans] : rows) {
    CHECK(named.count(row.first) == 1);
    std::sort(spans.begin(), spans.end());
    for (std::size_t i = 1; i < spans.size(); ++i) {
      REQUIRE(spans[i - 1][1] <= spans[i][0]);
      REQUIRE(spans[i - 1][3] <= spans[i][2]);
    }
  }
}

std::string gunzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string text;
  char buffer[65536];
  for (int n = 0; (n = gzread(file, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  gzclose(file);
  return text;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == ',') line.pop_back();
    lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

TEST_CASE(
    "spans of a core add up, cause by cause, to cycles_by_cause of the report; results are those without a trace") {
  const TemporaryFolder folder, blind;
  REQUIRE(traced_run(blind, {}, R"(["delta"])").code == 0);
  const Outcome outcome = traced_run(folder, {"--timeline", folder / "t.json"}, R"(["delta"])");
  REQUIRE(outcome.code == 0);
  CHECK(contains(outcome.out, "timeline: " + (folder / "t.json")));
  CHECK(folder.read("out/frames.csv") == blind.read("out/frames.csv"));
  const Trace trace(folder.read("t.json"));
  check_structure(trace, 500);
  const auto causes = trace.causes("delta");
  CHECK(causes == reported_causes(folder, "delta"));
  CHECK(causes == reported_causes(blind, "delta"));
  CHECK(causes.size() == 16);
}

TEST_CASE("frames: start, latency, events, energy, the layers of a frame work one after another") {
  const TemporaryFolder folder;
  REQUIRE(traced_run(folder, {"--timeline", folder / "t.json", "--timeline-resolution", "512"}, R"(["delta"])").code ==
          0);
  const Trace trace(folder.read("t.json"));
  const auto report = Json::parse(folder.read("out/report.json"));
  const auto frames = trace.events("delta: frames", "X");
  REQUIRE(frames.size() == 2);
  std::uint64_t latency = 0;
  double pj = 0;
  for (const Json& frame : frames) {
    latency += frame.at("args").at("latency_cycles").get<std::uint64_t>();
    CHECK(frame.at("args").at("latency_cycles") == frame.at("args").at("cycles"));
    pj += frame.at("args").at("energy_pj").get<double>();
  }
  const Json& delta = report.at("executions").at("delta");
  CHECK((latency + 1) / 2 == delta.at("latency_cycles").get<std::uint64_t>());
  const Json& energy = delta.at("energy_pj");
  const double always =
      energy.at("by_component").at("leakage").get<double>() + energy.at("by_component").at("idle_clock").get<double>();
  CHECK(pj == doctest::Approx(energy.at("total").get<double>() - always).epsilon(1e-5));
  std::map<std::string, std::uint64_t> begins;
  for (const Json& e : trace.events("delta: layers", "X"))
    if (e.at("args").at("task") == "integrate" && e.at("args").at("frame") == 1)
      begins[e.at("args").at("layer")] = e.at("args").at("cycle");
  CHECK(begins.at("stem") < begins.at("depthwise1"));
  CHECK(begins.at("depthwise1") < begins.at("pointwise1"));
  CHECK(begins.at("down2") < begins.at("classifier"));
}

TEST_CASE("a coarser resolution keeps the sums of every execution, a file in .gz holds the same") {
  const TemporaryFolder folder;
  for (const std::string resolution : {"64", "1000000"}) {
    CAPTURE(resolution);
    REQUIRE(traced_run(folder, {"--timeline", folder / "t.json.gz", "--timeline-resolution", resolution}).code == 0);
    const std::string text = gunzip(folder / "t.json.gz");
    CHECK(folder.read("t.json.gz").size() < text.size() / 5);
    const Trace trace(text);
    check_structure(trace, 500);
    for (const std::string execution : {"spatial", "delta"})
      CHECK(trace.causes(execution) == reported_causes(folder, execution));
    // one span for each cause at most
    if (resolution == "1000000") CHECK(trace.events("delta: cores", "X").size() <= 16 * 9);
  }
}

TEST_CASE("both engines write the same events") {
  const TemporaryFolder folder;
  for (const std::string engine : {"wheel", "systemc"})
    REQUIRE(traced_run(folder,
                       {"--timeline", folder / engine, "--vcd", folder / (engine + ".vcd"), "--vcd-core", "5",
                        "--engine", engine},
                       R"(["delta"])")
                .code == 0);
  CHECK(sorted_lines(folder.read("wheel")) == sorted_lines(folder.read("systemc")));
  CHECK(folder.read("wheel.vcd") == folder.read("systemc.vcd"));
  CHECK(folder.read("wheel").size() > 1000000);
}

TEST_CASE("filters: cores, executions, frames, cycles") {
  const TemporaryFolder folder;
  REQUIRE(traced_run(folder, {"--timeline", folder / "t.json", "--timeline-cores", "0,5-6", "--timeline-executions",
                              "delta", "--timeline-frames", "1"})
              .code == 0);
  const Trace frames(folder.read("t.json"));
  std::set<int> cores;
  for (const Json& e : frames.events("delta: cores", "X")) {
    cores.insert(e.at("tid").get<int>() - 1);
    CHECK(e.at("args").at("frame") == 1);
  }
  CHECK(cores == std::set<int>{0, 5, 6});
  CHECK(frames.events("spatial: cores", "X").empty());
  CHECK(frames.events("delta: frames", "X").size() == 1);

  REQUIRE(
      traced_run(folder, {"--timeline", folder / "t.json", "--timeline-cycles", "20000:20100"}, R"(["delta"])").code ==
      0);
  const Trace cycles(folder.read("t.json"));
  std::map<int, std::uint64_t> sums;
  for (const Json& e : cycles.events("delta: cores", "X")) {
    CHECK(e.at("args").at("cycle") >= 20000);
    sums[e.at("tid")] += e.at("args").at("cycles").get<std::uint64_t>();
  }
  CHECK(sums.size() == 16);
  for (const auto& [core, sum] : sums) CHECK(sum == 100);
}

TEST_CASE("--timeline-packets: as many events, in more spans") {
  const TemporaryFolder folder;
  std::vector<std::size_t> spans;
  std::vector<std::uint64_t> events;
  for (const bool packets : {false, true}) {
    std::vector<std::string> options{"--timeline", folder / "t.json", "--timeline-cores", "3"};
    if (packets) options.emplace_back("--timeline-packets");
    REQUIRE(traced_run(folder, options, R"(["delta"])").code == 0);
    const Trace trace(folder.read("t.json"));
    std::uint64_t sum = 0;
    for (const Json& e : trace.events("delta: cores", "X")) sum += e.at("args").value("events", std::uint64_t{0});
    spans.push_back(trace.events("delta: cores", "X").size());
    events.push_back(sum);
  }
  CHECK(spans[0] < spans[1]);
  CHECK(events[0] == events[1]);
  CHECK(events[0] > 0);
}
