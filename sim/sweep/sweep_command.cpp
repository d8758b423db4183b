#include "models/error.hpp"
#include "sim/commands.hpp"
#include "sim/interrupt.hpp"
#include "sim/sweep/runner.hpp"
#include "sim/sweep/slurm.hpp"
#include "sim/sweep/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <sched.h>

namespace deltasim::sim {
namespace {

/// Those that this process may use: containers and Slurm give fewer than there are.
std::uint64_t cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(CPU_COUNT(&set)));
}

void require(const SweepCommand& command) {
  if (command.file.empty())
    throw models::InputError("command line", "", "SWEEP.json is required", "'deltasim sweep --help' shows the options");
  if (command.output.empty() && !command.list)
    throw models::InputError("command line", "", "--output is required",
                             "a folder for the sweep; or --list, which writes nothing");
}

int list_points(const Sweep& sweep, const Shard& shard) {
  fmt::print("{}\n", list_header(sweep));
  for (std::uint64_t index = shard.number; index < sweep.space().size(); index += shard.of) {
    stop_if_interrupted();
    if (sweep.allows(index)) fmt::print("{}\n", list_row(sweep, index));
  }
  return 0;
}

int run_one(const Sweep& sweep, const SweepFolder& folder, const SweepCommand& command, const SweepCache& cache) {
  const auto index = sweep.space().index_of(command.point);
  if (!index || !sweep.allows(*index))
    throw models::InputError("--point " + command.point, "", "there is no such point", "an id that --list prints");
  const std::string id = sweep.space().id(*index);
  std::optional<Claim> claim;
  if (!command.claimed) {
    claim = folder.claim(*index);
    if (!claim) throw std::runtime_error(fmt::format("point {} is under way in another process", id));
    if (folder.state(id) == PointState::done) {
      fmt::print("point {} is done: {}/report.json\n", id, folder.point(id));
      return 0;
    }
    folder.prepare(id);
  }
  run_point(sweep, folder, *index, cache);
  return 0;
}

int run_all(const Sweep& sweep, const SweepFolder& folder, const SweepOptions& options) {
  const SweepOutcome outcome = run_sweep(sweep, folder, options);
  fmt::print("{}", sweep_status(folder.path()));
  fmt::print("\ntable: {}\n", folder.file("sweep.csv"));
  return outcome.failed_in_shard > 0 ? 1 : 0;
}

}  // namespace

int sweep_command(const SweepCommand& command) {
  if (!command.status.empty()) {
    fmt::print("{}", sweep_status(command.status));
    return 0;
  }
  require(command);
  const Environment environment = [](const char* name) -> const char* { return std::getenv(name); };
  SweepOptions options;
  options.shard = read_shard(command.shard, environment);
  options.jobs = command.jobs.value_or(std::max<std::uint64_t>(1, cores() / processes_here(environment)));
  options.retry_failed = command.retry_failed;
  const Sweep sweep(command.file);
  if (command.list) return list_points(sweep, options.shard);
  SweepFolder folder(command.output);
  options.cache = {command.cache.empty() ? folder.file("cache") : command.cache, command.cache_limit_bytes};
  if (!command.claimed) {
    folder.open_for_writing();
    settle_folder(sweep, folder, {options.jobs, 0.0});
  }
  if (command.slurm) return submit_to_slurm(command, folder);
  if (!command.point.empty()) return run_one(sweep, folder, command, options.cache);
  return run_all(sweep, folder, options);
}

}  // namespace deltasim::sim
