#include "sim/cache/store.hpp"
#include "sim/commands.hpp"
#include "sim/output_folder.hpp"
#include "sim/progress.hpp"
#include "sim/run.hpp"
#include "sim/run_files.hpp"
#include "sim/timeline/trace_request.hpp"
#include "sim/timeline/tracing.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <optional>

namespace deltasim::sim {
namespace {

void warn(const std::string& message) { std::cerr << "deltasim: warning: " << message << "\n"; }

}  // namespace

int run_command(const RunCommand& command) {
  std::vector<std::string> overrides = command.overrides;
  if (!command.engine.empty()) overrides.push_back("/engine=" + command.engine);
  const RunConfig config = read_run(command.file, overrides);
  std::optional<OutputFolder> folder;
  if (!command.output.empty()) folder.emplace(command.output);
  std::optional<Store> store;
  if (!command.cache.empty()) store.emplace(command.cache, command.cache_limit_bytes, warn);
  const auto request = read_trace_request(command.trace, config);
  std::optional<Tracing> tracing;
  if (request) tracing.emplace(*request, config);
  const Result result = run(config, show_progress, store ? &*store : nullptr, tracing ? &*tracing : nullptr);
  if (tracing) tracing->commit();
  if (folder) {
    write_run_files(result, config, [&](const std::string& name) { return folder->file(name); });
    folder->commit();
  }
  fmt::print("{}", run_table(result, config));
  if (tracing) fmt::print("\n{}", tracing->summary());
  if (folder) fmt::print("\nreport: {}\n", (std::filesystem::path(folder->path()) / "report.json").string());
  return 0;
}

int record_command(const RecordCommand& command) {
  const RunConfig config = read_run(command.file, command.overrides);
  const std::uint64_t frames = record(config, command.output, show_progress);
  fmt::print("{}: {} frames, {:.1f} KiB\n", command.output, frames,
             static_cast<double>(std::filesystem::file_size(command.output)) / 1024.0);
  return 0;
}

}  // namespace deltasim::sim
