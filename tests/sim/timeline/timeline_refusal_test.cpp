#include "tests/sim/timeline/traced_run.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <thread>

using namespace deltasim::test;

namespace {

/// Refused before anything runs, or after; nothing remains.
void check_trace_refused(const std::vector<std::string>& options, const std::string& message) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments{"run", example_run, "--set", "/frames=1", "--set", R"(/executions=["delta"])"};
  for (std::string option : options) {
    if (option == "T") option = folder / "t.json";
    arguments.push_back(option);
  }
  check_refused(arguments, message);
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace

TEST_CASE("options that do not fit are refused") {
  check_trace_refused({"--timeline", "T", "--timeline-cores", "3,16"},
                      "command line: --timeline-cores: there is no core 16; the chip has cores 0 to 15");
  check_trace_refused({"--timeline", "T", "--timeline-cores", "5-3"},
                      "command line: --timeline-cores: '5-3' are no cores; numbers and ranges: 0,3,5-7");
  check_trace_refused({"--timeline", "T", "--timeline-cores", "1,,2"},
                      "command line: --timeline-cores: '' are no cores; numbers and ranges: 0,3,5-7");
  check_trace_refused({"--timeline", "T", "--timeline-cycles", "500"},
                      "command line: --timeline-cycles: '500' is no window of cycles; FROM:TO, without TO itself: "
                      "10000:20000");
  check_trace_refused({"--timeline", "T", "--timeline-cycles", "500:500"},
                      "command line: --timeline-cycles: '500:500' is no window of cycles; FROM:TO, without TO itself: "
                      "10000:20000");
  check_trace_refused({"--timeline", "T", "--timeline-frames", "5:3"},
                      "command line: --timeline-frames: '5:3' are no frames; FIRST:LAST, from 0 on: 3:5, or 3");
  check_trace_refused(
      {"--timeline", "T", "--timeline-executions", "spatial"},
      "command line: --timeline-executions: the run has no execution 'spatial' on the chip; it has delta");
  check_trace_refused({"--vcd", "T", "--vcd-core", "16"},
                      "command line: --vcd-core: there is no core '16'; the chip has cores 0 to 15");
  check_trace_refused({"--vcd", "T", "--vcd-execution", "dense"},
                      "command line: --vcd-execution: the run has no execution 'dense' on the chip; it has delta");
  check_trace_refused({"--vcd", "T", "--timeline", "T"},
                      "command line: --vcd: is the timeline's file; a file of its own");
  check_trace_refused({"--timeline-frames", "0:1"},
                      "command line: --timeline-...: says what to trace, but not where to; --timeline FILE");
  check_trace_refused({"--vcd-core", "1"}, "command line: --vcd-...: says what to trace, but not where to; --vcd FILE");
}

TEST_CASE("a window behind the run's end is refused when the end is known, no file remains") {
  check_trace_refused({"--timeline", "T", "--timeline-frames", "1:2"},
                      "command line: --timeline-frames: begins at frame 1, and the run has 1; frames from 0 to 0");
  const TemporaryFolder folder;
  const Outcome outcome =
      traced_run(folder, {"--timeline", folder / "t.json", "--timeline-cycles", "900000000:900000001"});
  CHECK(outcome.code == 2);
  CHECK(contains(outcome.err,
                 "--timeline-cycles: begins at cycle 900000000, where nothing runs any more; a window that "
                 "begins before cycle "));
  CHECK_FALSE(std::filesystem::exists(folder / "t.json"));
}

TEST_CASE("files that cannot be written, and runs without a chip") {
  const TemporaryFolder folder;
  const Outcome missing = traced_run(folder, {"--timeline", folder / "none/t.json"});
  CHECK(missing.code == 2);
  CHECK(contains(missing.err, "none/t.json: cannot be written (No such file or directory); name a file in a folder"));
  const Outcome full = traced_run(folder, {"--vcd", "/dev/full/x.vcd"});
  CHECK(full.code == 2);
  const Outcome systolic = traced_run(folder, {"--timeline", folder / "t.json"}, R"(["systolic"])");
  CHECK(systolic.code == 2);
  CHECK(systolic.err ==
        "deltasim: error: command line: --timeline: nothing here runs on the chip, cycle by cycle; an execution dense, "
        "spatial or delta\n");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("an interrupted run leaves nothing half written") {
  const TemporaryFolder folder, output;
  const pid_t child = start(output, {"run", example_run, "--timeline", folder / "t.json", "--vcd", folder / "t.vcd"});
  while (std::filesystem::is_empty(folder.path())) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kill(child, SIGINT);
  CHECK(finish(output, child).code == 128 + SIGINT);
  CHECK(std::filesystem::is_empty(folder.path()));
}
