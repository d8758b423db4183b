#include "sim/sweep/point.hpp"

#include "sim/cache/store.hpp"
#include "sim/progress.hpp"
#include "sim/run.hpp"
#include "sim/run_files.hpp"
#include "sim/sweep/row.hpp"
#include "sim/sweep/tables.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace deltasim::sim {
namespace {

/// The last line of a file that says something.
std::string last_line(const std::string& path) {
  std::ifstream in(path);
  std::string line, last;
  while (std::getline(in, line))
    if (!line.empty()) last = line;
  return last;
}

std::string signal_text(int signal) {
  const char* name = sigabbrev_np(signal);
  const std::string text = name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal);
  return text + (signal == SIGKILL ? " (by somebody, or for want of memory)" : "");
}

}  // namespace

void run_point(const Sweep& sweep, const SweepFolder& folder, std::uint64_t index, const SweepCache& cache) {
  const std::string id = sweep.space().id(index);
  const RunConfig config = sweep.run_of(index);
  Store store(cache.folder, cache.limit_bytes,
              [](const std::string& message) { fmt::print(stderr, "deltasim: warning: {}\n", message); });
  const Result result = run(config, show_progress, &store);
  const auto path_of = [&](const std::string& name) { return folder.unfinished(id) + "/" + name; };
  RunConfig elsewhere = config;
  make_absolute(elsewhere);
  traces::write_file(path_of("run.json"), effective(elsewhere).dump(1) + "\n");
  const Json report = write_run_files(result, config, path_of);
  traces::write_file(path_of("row.json"), row_of(report, host_name()).dump(1) + "\n");
  fmt::print("{}", run_table(result, config));
  std::fflush(stdout);
  folder.finish(id);
}

std::string failure_message(const SweepFolder& folder, const std::string& id, const ChildEnd& end) {
  if (end.signal != 0) return "ended by " + signal_text(end.signal);
  const std::string mark = "deltasim: error: ", line = last_line(folder.unfinished(id) + "/errors.txt");
  if (line.rfind(mark, 0) == 0) return line.substr(mark.size());
  return line.empty() ? fmt::format("exit code {}", end.code) : line;
}

void record_failure(const SweepFolder& folder, const std::string& id, const ChildEnd& end, const std::string& message) {
  namespace fs = std::filesystem;
  const std::string work = folder.unfinished(id);
  for (const auto& entry : fs::directory_iterator(work))
    if (entry.path().extension() != ".txt") fs::remove_all(entry.path());
  Json failure{{"message", message}};
  if (end.signal != 0)
    failure["signal"] = end.signal;
  else
    failure["exit_code"] = end.code;
  traces::write_file(work + "/failure.json", failure.dump(1) + "\n");
  folder.finish(id);
}

}  // namespace deltasim::sim
