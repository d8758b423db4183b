#include "sim/sweep/runner.hpp"

#include "sim/interrupt.hpp"
#include "sim/sweep/sweep_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <filesystem>
#include <map>
#include <vector>

namespace deltasim::sim {
namespace {

constexpr double wait_s = 0.3;                 ///< between looks at points that others run
constexpr double tables_s = 10.0;              ///< sweep.csv is not older than this ..
constexpr double tables_share = 1.0 / 20;      ///< .. unless writing it would take more than this part of the time
constexpr std::uint64_t quick_points = 10000;  ///< whoever pressed Ctrl-C does not wait for the table of more
constexpr std::uintmax_t full_bytes = 1 << 20;

class Runner {
 public:
  Runner(const Sweep& sweep, const SweepFolder& folder, const SweepOptions& options)
      : sweep_(sweep), folder_(folder), options_(options), progress_(survey()) {}

  SweepOutcome run() {
    try {
      work();
    } catch (const Interrupted&) {
      stop();
      if (sweep_.space().size() <= quick_points) tables();
      throw;
    } catch (...) {
      stop();
      throw;
    }
    const PointCounts all = tables();
    return {all, progress_.failed()};
  }

 private:
  struct Running {
    Claim claim;
    int tries = 0;
  };

  SweepProgress survey() const;
  void work();
  void stop();
  bool wanted(std::uint64_t index) const;
  bool start_next();
  bool try_start(std::uint64_t index);
  void start(std::uint64_t index);
  void settle(const ChildEnd& end);
  void refuse_full_disk(const std::string& message) const;
  PointCounts tables();

  const Sweep& sweep_;
  const SweepFolder& folder_;
  const SweepOptions& options_;
  SweepProgress progress_;
  Children children_;
  std::map<std::uint64_t, Running> running_;
  std::uint64_t position_ = 0;           ///< of the next point in the order of running
  std::deque<std::uint64_t> elsewhere_;  ///< passed, because other processes had claimed them
  double tables_at_ = 0.0, tables_took_ = 0.0;
};

/// What of this shard is done and left.
SweepProgress Runner::survey() const {
  const bool fresh = std::filesystem::is_empty(folder_.file("points"));
  std::array<std::uint64_t, 3> counts{};
  for (std::uint64_t index = options_.shard.number; index < sweep_.space().size(); index += options_.shard.of) {
    if (!sweep_.allows(index)) continue;
    PointState state = fresh ? PointState::left : folder_.state(sweep_.space().id(index));
    if (state == PointState::failed && options_.retry_failed) state = PointState::left;
    ++counts[static_cast<std::size_t>(state)];
  }
  return {counts[1], counts[2], counts[0]};
}

bool Runner::wanted(std::uint64_t index) const {
  const PointState state = folder_.state(sweep_.space().id(index));
  return state == PointState::left || (state == PointState::failed && options_.retry_failed);
}

void Runner::work() {
  while (true) {
    while (children_.running() < options_.jobs && start_next()) {
    }
    if (running_.empty() && elsewhere_.empty()) return;
    if (const auto end = children_.wait(wait_s)) settle(*end);
    progress_.show(children_.running());
    const double age = progress_.elapsed_s() - tables_at_;
    if (age > std::max(tables_s, tables_took_ / tables_share)) tables();
  }
}

/// Nothing half written remains of what this process ran.
void Runner::stop() {
  children_.stop();
  for (const auto& [index, running] : running_)
    std::filesystem::remove_all(folder_.unfinished(sweep_.space().id(index)));
  running_.clear();
}

/// Whether a point was started; there may be none that is free.
bool Runner::start_next() {
  while (position_ < sweep_.space().size()) {
    stop_if_interrupted();
    const std::uint64_t index = sweep_.space().in_order(position_++);
    if (!options_.shard.has(index) || !sweep_.allows(index) || !wanted(index)) continue;
    if (try_start(index)) return true;
  }
  for (std::size_t looked = elsewhere_.size(); looked > 0; --looked) {
    const std::uint64_t index = elsewhere_.front();
    elsewhere_.pop_front();
    if (try_start(index)) return true;
  }
  return false;
}

bool Runner::try_start(std::uint64_t index) {
  auto claim = folder_.claim(index);
  if (!claim) {
    elsewhere_.push_back(index);
    return false;
  }
  if (!wanted(index)) {  // somebody finished it a moment ago
    folder_.state(sweep_.space().id(index)) == PointState::done ? progress_.point_done() : progress_.point_failed();
    return false;
  }
  running_.emplace(index, Running{std::move(*claim)});
  start(index);
  return true;
}

void Runner::start(std::uint64_t index) {
  Running& running = running_.at(index);
  ++running.tries;
  const std::string id = sweep_.space().id(index);
  folder_.prepare(id);
  const std::vector<std::string> arguments{"sweep",
                                           sweep_.file(),
                                           "-o",
                                           folder_.path(),
                                           "--point",
                                           id,
                                           "--claimed",
                                           "--cache",
                                           options_.cache.folder,
                                           "--cache-limit",
                                           std::to_string(options_.cache.limit_bytes)};
  children_.start(index, arguments, running.claim.descriptor(), folder_.unfinished(id) + "/output.txt",
                  folder_.unfinished(id) + "/errors.txt");
}

void Runner::settle(const ChildEnd& end) {
  const std::string id = sweep_.space().id(end.index);
  if (folder_.state(id) == PointState::done) {
    progress_.point_done();
    running_.erase(end.index);
    return;
  }
  // Asked to go by somebody: perhaps this process is next. Who tries again does not take that for the point's failure.
  const int signal = end.signal != 0 ? end.signal : end.code > 128 ? end.code - 128 : 0;
  const bool sent_away = signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
  if (sent_away && running_.at(end.index).tries < 2) return start(end.index);
  const std::string message = failure_message(folder_, id, end);
  refuse_full_disk(message);
  record_failure(folder_, id, end, message);
  progress_.point_failed();
  running_.erase(end.index);
}

void Runner::refuse_full_disk(const std::string& message) const {
  std::error_code failed;
  const auto space = std::filesystem::space(folder_.path(), failed);
  if (failed || space.available >= full_bytes) return;
  throw std::runtime_error(
      fmt::format("{}: the disk is full ({}); what is done is kept: free some space and give the same command",
                  folder_.path(), message));
}

PointCounts Runner::tables() {
  const double before = progress_.elapsed_s();
  const PointCounts counts = write_tables(sweep_, folder_, {options_.jobs, before});
  tables_at_ = progress_.elapsed_s();
  tables_took_ = tables_at_ - before;
  return counts;
}

}  // namespace

SweepOutcome run_sweep(const Sweep& sweep, const SweepFolder& folder, const SweepOptions& options) {
  return Runner(sweep, folder, options).run();
}

}  // namespace deltasim::sim
