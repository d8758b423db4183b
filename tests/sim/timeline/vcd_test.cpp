#include "tests/sim/timeline/traced_run.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <sstream>

using namespace deltasim::test;

namespace {

constexpr std::uint64_t cycle_ps = 2000;  // the example runs at 500 MHz

/// Reads a dump back: every signal's value, cycle by cycle.
struct Dump {
  explicit Dump(const std::string& text) {
    std::istringstream in(text);
    for (std::string word; in >> word && word != "$enddefinitions";) {
      if (word == "$scope") in >> word >> word, scope += "/" + word;
      if (word != "$var") continue;
      std::string kind, bits, id, name;
      in >> kind >> bits >> id >> name;
      name_of[id] = name;
    }
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) read(line);
  }
  void read(const std::string& line) {
    if (line.empty() || line[0] == '$') return;
    if (line[0] == '#') {
      const std::uint64_t next = std::stoull(line.substr(1));
      REQUIRE((next > time || values.empty()));
      if (next > time) pass(next - time);
      time = next;
      return;
    }
    const bool scalar = line[0] == '0' || line[0] == '1';
    const std::string id = scalar ? line.substr(1) : line.substr(line.find(' ') + 1);
    const std::string value = scalar ? line.substr(0, 1) : line.substr(1, line.find(' ') - 1);
    REQUIRE(name_of.count(id) == 1);
    CHECK(values[name_of[id]] != value);
    values[name_of[id]] = value;
  }
  /// Time goes by with the values as they are.
  void pass(std::uint64_t ps) {
    REQUIRE(ps % cycle_ps == 0);
    const std::uint64_t cycles = ps / cycle_ps;
    if (values["cause"] != "-") by_cause[values["cause"]] += cycles;
    for (const auto& [name, value] : values)
      if (value == "1" && name_of_cause(name)) by_bit[name] += cycles;
    for (const auto* name : {"flits_arrived", "flits_taken", "flits_written", "flits_sent"})
      flits[name] += number(name) * cycles;
    CHECK(number("input_queue_flits") == flits["flits_arrived"] - flits["flits_taken"]);
    CHECK(number("output_queue_flits") == flits["flits_written"] - flits["flits_sent"]);
    most_input = std::max(most_input, number("input_queue_flits"));
  }
  static bool name_of_cause(const std::string& name) {
    return name.find("flits") == std::string::npos && name != "frame" && name != "events" && name != "layer" &&
           name != "task" && name != "cause";
  }
  std::uint64_t number(const std::string& name) { return std::stoull(values.at(name), nullptr, 2); }

  std::string scope;
  std::map<std::string, std::string> name_of, values;
  std::map<std::string, std::uint64_t> by_cause, by_bit, flits;
  std::uint64_t time = 0, most_input = 0;
};

}  // namespace

TEST_CASE("the time that a core's cause signal spends in each value is the report's, bits and text agree") {
  for (const std::string core : {"0", "5"}) {
    CAPTURE(core);
    const TemporaryFolder folder;
    const Outcome outcome = traced_run(folder, {"--vcd", folder / "core.vcd", "--vcd-core", core}, R"(["delta"])");
    REQUIRE(outcome.code == 0);
    CHECK(contains(outcome.out, "signals: " + (folder / "core.vcd")));
    const Dump dump(folder.read("core.vcd"));
    CHECK(dump.scope == "/delta/core_" + core);
    CHECK(dump.by_cause == reported_causes(folder, "delta")[std::stoul(core)]);
    CHECK(dump.by_bit == dump.by_cause);
    CHECK(dump.flits.at("flits_arrived") > 0);
    CHECK(dump.flits.at("flits_arrived") == dump.flits.at("flits_taken"));
    CHECK(dump.flits.at("flits_written") == dump.flits.at("flits_sent"));
  }
}

TEST_CASE("without a wish the last execution and the first core with a layer are shown") {
  const TemporaryFolder folder;
  REQUIRE(traced_run(folder, {"--vcd", folder / "a.vcd"}).code == 0);
  CHECK(Dump(folder.read("a.vcd")).scope == "/delta/core_0");
  REQUIRE(traced_run(folder, {"--vcd", folder / "a.vcd", "--vcd-execution", "spatial"}).code == 0);
  CHECK(Dump(folder.read("a.vcd")).scope == "/spatial/core_0");
}
