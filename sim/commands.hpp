#pragma once

#include "sim/timeline/trace_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the commands of the program do, without the command line: each returns the exit code and throws
/// models::InputError where the user's input is at fault.
namespace deltasim::sim {

struct RunCommand {
  std::string file;
  std::vector<std::string> overrides;  ///< "/pointer=value"
  std::string engine;                  ///< wins over the run file's; empty: no wish
  std::string output;                  ///< folder; empty: no files, only the table
  std::string cache;                   ///< folder of what earlier runs computed; empty: none
  std::uint64_t cache_limit_bytes = std::uint64_t{4} << 30;
  TraceOptions trace;
};
int run_command(const RunCommand& command);

struct RecordCommand {
  std::string file;
  std::vector<std::string> overrides;
  std::string output;  ///< .h5
};
int record_command(const RecordCommand& command);

struct TraceInfoCommand {
  std::string file;
  bool json = false;
};
int trace_info_command(const TraceInfoCommand& command);

struct ConfigCheckCommand {
  std::vector<std::string> files;
  std::vector<std::string> overrides;  ///< for run files
};
int config_check_command(const ConfigCheckCommand& command);

/// `kind`: run, sweep, hw, systolic or network, or a file: its effective configuration.
struct ConfigDefaultsCommand {
  std::string kind = "run";
};
int config_defaults_command(const ConfigDefaultsCommand& command);

struct ConfigKeysCommand {
  std::string kind = "run";
  bool schema = false;  ///< JSON Schema in the place of the table
};
int config_keys_command(const ConfigKeysCommand& command);

struct ConfigEnergyCommand {
  std::vector<std::string> files;
};
int config_energy_command(const ConfigEnergyCommand& command);

struct SweepCommand {
  std::string file;
  std::string output;                 ///< folder
  std::optional<std::uint64_t> jobs;  ///< absent: one for each core
  std::string shard;                  ///< "I/N" or "auto"; empty: all points
  std::string cache;                  ///< as for run; empty: <output>/cache
  std::uint64_t cache_limit_bytes = std::uint64_t{4} << 30;
  bool list = false;
  std::string status;  ///< a sweep's folder: only say where it stands
  std::string point;   ///< id: only this point, in this process
  bool claimed = false;
  bool retry_failed = false;
  bool slurm = false, dry_run = false;
  std::string partition, time, memory;  ///< of a task
  std::uint64_t tasks = 4;
};
/// 1 where points failed.
int sweep_command(const SweepCommand& command);

struct ValidateCommand {
  std::string output;  ///< folder; empty: no files, only the table
  std::string data;    ///< folder with golden vectors; empty: their comparisons are skipped
};
/// 1 where a comparison fails.
int validate_command(const ValidateCommand& command);

/// Per-layer thresholds that cost least within an allowed loss.
struct TuneCommand {
  std::string file;
  std::vector<std::string> overrides;
  std::string output;  ///< folder
  double max_loss = 0.0;
  std::string metric = "relative_l2", objective = "energy";
  std::optional<std::uint64_t> calibration_frames;
  std::string held_out;  ///< another input, a path or an object; empty: the frames after calibration
  std::uint64_t held_out_frames = 144, seed = 1;
  std::uint32_t restarts = 1;
};
int tune_command(const TuneCommand& command);

/// One page of runs, or of a sweep.
struct ReportCommand {
  std::vector<std::string> inputs;
  std::string output;  ///< .html
};
int report_command(const ReportCommand& command);

}  // namespace deltasim::sim
