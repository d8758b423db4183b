#include "sim/cli.hpp"

#include "sim/command_line.hpp"
#include "sim/commands.hpp"
#include "sim/interrupt.hpp"
#include "sim/version.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace deltasim::sim {
namespace {

constexpr const char* examples = R"(Examples:
  deltasim run configs/runs/example.json -o out/example
  deltasim run configs/runs/example.json --set /delta/threshold=2 --set /hardware/core/lanes=8
  deltasim sweep configs/sweeps/threshold.json -o out/threshold
  deltasim report out/example -o out/example.html
  deltasim tune configs/runs/example.json --max-loss 0.05 -o out/tuned
  deltasim record configs/runs/example.json -o example.h5
  deltasim trace info example.h5
  deltasim config check configs/runs/example.json
  deltasim config keys run
  deltasim validate -o out/validation
  deltasim config defaults hw > my_chip.json

Results go to stdout, progress and messages to stderr.
Exit codes: 0 done; 2 the input is at fault; 1 anything else.)";

constexpr const char* override_meaning = "Override a value of the run file or of a file that it names: /pointer=value";

void add_trace_options(CLI::App& app, TraceOptions& trace) {
  const auto add = [&app](const char* name, std::string& value, const char* type, const char* meaning) {
    app.add_option(name, value, meaning)->type_name(type)->group("Traces");
  };
  add("--timeline", trace.timeline, "T.json[.gz]",
      "What every core, link and memory does over time, for ui.perfetto.dev and chrome://tracing");
  add("--timeline-frames", trace.frames, "FIRST:LAST", "Only these frames");
  add("--timeline-cycles", trace.cycles, "FROM:TO", "Only these cycles, without TO");
  add("--timeline-cores", trace.cores, "LIST", "Only these cores: 0,3,5-7");
  add("--timeline-executions", trace.executions, "LIST", "Only these executions: dense,delta");
  const auto add_cycles = [&app](const char* name, std::uint64_t& value, const char* meaning) {
    app.add_option(name, value, meaning)
        ->type_name("CYCLES")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40))
        ->capture_default_str()
        ->group("Traces");
  };
  add_cycles("--timeline-interval", trace.interval, "Between two values of a counter");
  add_cycles("--timeline-resolution", trace.resolution,
             "Sort what a core does within so many cycles by cause: smaller, sums stay exact");
  app.add_flag("--timeline-packets", trace.packets, "A span for each packet, even where nothing lies between two")
      ->group("Traces");
  add("--vcd", trace.vcd, "F.vcd", "A core's signals, for GTKWave");
  add("--vcd-core", trace.vcd_core, "CORE", "Which core; else the first that holds a layer");
  add("--vcd-execution", trace.vcd_execution, "NAME", "Of which execution; else the last");
}

void add_run(CLI::App& app, RunCommand& command, Work& work) {
  auto* sub = app.add_subcommand("run", "Simulate a network on a chip; print the comparison");
  sub->add_option("RUN.json", command.file, "The run file")->required();
  add_overrides(*sub, command.overrides, override_meaning);
  sub->add_option("--engine", command.engine,
                  "wheel (fast) or systemc (the reference: same results); else the run file's")
      ->check(CLI::IsMember({"wheel", "systemc"}));
  add_folder(*sub, "-o,--output", command.output, "Folder for report.json, frames.csv and outputs.npy");
  auto* cache =
      add_folder(*sub, "--cache", command.cache, "Folder that keeps what is computed, for this and other runs");
  add_cache_limit(*sub, command.cache_limit_bytes)->needs(cache);
  add_trace_options(*sub, command.trace);
  sub->callback([&] { work = [&] { return run_command(command); }; });
}

void add_slurm(CLI::App& sub, SweepCommand& command) {
  const char* group = "Slurm";
  sub.add_flag("--slurm", command.slurm, "Write DIR/slurm.sh, a job array that runs the sweep, and submit it")
      ->group(group);
  sub.add_flag("--dry-run", command.dry_run, "With --slurm: do not submit")->group(group);
  sub.add_option("--partition", command.partition, "Partition of the job")->group(group);
  sub.add_option("--time", command.time, "Time limit of a task, for example 2:00:00")->group(group);
  sub.add_option("--memory", command.memory, "Memory of a task, for example 4G")->group(group);
  sub.add_option("--tasks", command.tasks, "Tasks of the array, each with --jobs points at a time")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str()
      ->group(group);
}

void add_sweep(CLI::App& app, SweepCommand& command, Work& work) {
  auto* sub = app.add_subcommand("sweep", "Run a network on a chip for many settings; docs/sweeps.md");
  sub->add_option("SWEEP.json", command.file, "The sweep file: a run, and what varies");
  add_folder(*sub, "-o,--output", command.output, "Folder of the sweep; the same command goes on where it was");
  sub->add_option("--jobs", command.jobs, "Points at a time; default: one for each core")->check(CLI::Range(1, 4096));
  sub->add_option("--shard", command.shard, "Only every N-th point, from the I-th; auto: from OMPI, PMI or SLURM ranks")
      ->type_name("I/N");
  add_folder(*sub, "--cache", command.cache, "Folder for what points share; default: DIR/cache");
  add_cache_limit(*sub, command.cache_limit_bytes);
  sub->add_flag("--retry-failed", command.retry_failed, "Run failed points again");
  sub->add_flag("--list", command.list, "Only print the points");
  sub->add_option("--status", command.status, "Only say where the sweep in this folder stands")->type_name("DIR");
  sub->add_option("--point", command.point, "Only this point, in this process")->type_name("ID");
  sub->add_flag("--claimed", command.claimed, "The point is claimed by who started this process")->group("");
  add_slurm(*sub, command);
  sub->callback([&] { work = [&] { return sweep_command(command); }; });
}

void add_tune(CLI::App& app, TuneCommand& command, Work& work) {
  auto* sub = app.add_subcommand("tune", "Find the thresholds of each layer that cost least within an allowed loss");
  sub->add_option("RUN.json", command.file, "The run file")->required();
  add_overrides(*sub, command.overrides, override_meaning);
  sub->add_option("--max-loss", command.max_loss,
                  "Allowed loss in the metric's unit: relative L2 error, dB that remain, share of decisions, points")
      ->type_name("X")
      ->required();
  add_folder(*sub, "-o,--output", command.output, "Folder for thresholds.json, tune.json, tune.csv and reports")
      ->required();
  sub->add_option("--metric", command.metric,
                  "relative_l2 (default), sqnr, top1 or accuracy, against the dense network");
  sub->add_option("--objective", command.objective, "energy (default), cycles or macs");
  sub->add_option("--calibration-frames", command.calibration_frames,
                  "First frames of the input (default: 96, or half)")
      ->type_name("N");
  sub->add_option("--held-out", command.held_out, "Another input for the report (default: the frames that follow)")
      ->type_name("INPUT");
  sub->add_option("--held-out-frames", command.held_out_frames, "At most so many (default: 144)")->type_name("N");
  sub->add_option("--seed", command.seed, "Of the search's random restarts")->type_name("S");
  sub->add_option("--restarts", command.restarts, "How many (default: 1)")->type_name("N");
  sub->callback([&] { work = [&] { return tune_command(command); }; });
}

void add_record(CLI::App& app, RecordCommand& command, Work& work) {
  auto* sub = app.add_subcommand("record", "Write the event streams of every layer to a file");
  sub->add_option("RUN.json", command.file, "The run file")->required();
  add_overrides(*sub, command.overrides, override_meaning);
  sub->add_option("-o,--output", command.output, "The trace to write")->type_name("TRACE.h5")->required();
  sub->callback([&] { work = [&] { return record_command(command); }; });
}

void add_report(CLI::App& app, ReportCommand& command, Work& work) {
  auto* sub = app.add_subcommand("report", "Make one self-contained page of a run, of several runs, or of a sweep");
  sub->add_option("DIR", command.inputs, "Folder of a run or of a sweep, or report.json files")
      ->type_name("DIR|report.json")
      ->required();
  sub->add_option("-o,--output", command.output, "The page to write")->type_name("REPORT.html")->required();
  sub->callback([&] { work = [&] { return report_command(command); }; });
}

void add_trace(CLI::App& app, TraceInfoCommand& command, Work& work) {
  auto* trace = app.add_subcommand("trace", "Look at recorded event streams");
  trace->require_subcommand(1);
  auto* info = trace->add_subcommand("info", "What a trace says about itself, and its events per layer");
  info->add_option("TRACE.h5", command.file, "The trace")->required();
  info->add_flag("--json", command.json, "As JSON");
  info->callback([&] { work = [&] { return trace_info_command(command); }; });
}

void add_validate(CLI::App& app, ValidateCommand& command, Work& work) {
  auto* sub = app.add_subcommand("validate", "Compare the model with RTL, formulas and published figures");
  add_folder(*sub, "-o,--output", command.output, "Folder for validation.json and validation.md");
  sub->add_option("--data", command.data, "Folder with golden/pilotnet_sdnn (published vectors); without: skipped")
      ->type_name("DIR");
  sub->callback([&] { work = [&] { return validate_command(command); }; });
}

struct ConfigCommands {
  ConfigCheckCommand check;
  ConfigDefaultsCommand defaults;
  ConfigKeysCommand keys;
  ConfigEnergyCommand energy;
};

void add_config(CLI::App& app, ConfigCommands& command, Work& work) {
  auto* config = app.add_subcommand("config", "Check configuration files, show what they can hold");
  config->require_subcommand(1);
  auto* check = config->add_subcommand("check", "Check run, sweep, hardware, energy and network files");
  check->add_option("FILE", command.check.files, "Files to check")->required();
  add_overrides(*check, command.check.overrides, override_meaning);
  check->callback([&] { work = [&] { return config_check_command(command.check); }; });

  auto* defaults = config->add_subcommand("defaults", "Print a complete configuration as JSON");
  defaults->add_option("KIND", command.defaults.kind,
                       "run, sweep, hw, systolic or network; or a file: with its defaults filled in");
  defaults->callback([&] { work = [&] { return config_defaults_command(command.defaults); }; });

  auto* energy =
      config->add_subcommand("energy", "Print every value of energy tables with range and source (Markdown)");
  energy->add_option("FILE", command.energy.files, "Energy tables, and hardware files to apply them to")->required();
  energy->callback([&] { work = [&] { return config_energy_command(command.energy); }; });

  auto* keys = config->add_subcommand("keys", "Print every key with type, range, default and meaning");
  keys->add_option("KIND", command.keys.kind, "run, sweep, hw, systolic or network; or a file of that kind");
  keys->add_flag("--schema", command.keys.schema, "As JSON Schema");
  keys->callback([&] { work = [&] { return config_keys_command(command.keys); }; });
}

}  // namespace

int run_program(int argc, char** argv) {
  catch_interrupts();
  CLI::App app{"deltasim: what a network gains when only changes of activations travel, on a chip described in JSON",
               "deltasim"};
  app.set_version_flag("--version", fmt::format("deltasim {}", version));
  app.footer(examples);
  app.require_subcommand(1);
  RunCommand run;
  SweepCommand sweep;
  TuneCommand tune;
  RecordCommand record;
  ReportCommand report;
  TraceInfoCommand trace;
  ConfigCommands config;
  ValidateCommand validate;
  Work work;
  add_run(app, run, work);
  add_sweep(app, sweep, work);
  add_tune(app, tune, work);
  add_record(app, record, work);
  add_report(app, report, work);
  add_trace(app, trace, work);
  add_config(app, config, work);
  add_validate(app, validate, work);
  return run_command_line(app, argc, argv, work);
}

}  // namespace deltasim::sim
