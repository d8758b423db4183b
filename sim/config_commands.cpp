#include "models/error.hpp"
#include "sim/commands.hpp"
#include "sim/config_writer.hpp"
#include "sim/energy.hpp"
#include "sim/energy_document.hpp"
#include "sim/file_kind.hpp"
#include "sim/run_describe.hpp"
#include "sim/schema.hpp"
#include "sim/sweep/sweep.hpp"
#include "sim/sweep/sweep_config.hpp"
#include "sim/systolic_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace deltasim::sim {
namespace {

std::string chip_summary(const hw::ChipParams& chip) {
  return fmt::format("{} x {} cores, {} lanes, {} MHz, {} nm", chip.noc.columns, chip.noc.rows, chip.core.lanes,
                     chip.clock_mhz, chip.node_nm);
}

std::string run_summary(const RunConfig& run) {
  const std::string input = run.input.kind == InputKind::rendered  ? "rendered clip"
                            : run.input.kind == InputKind::actions ? "rendered actions"
                                                                   : run.input.path;
  if (!run.needs_machine())
    return fmt::format("{}; systolic array {}", std::filesystem::path(run.network.model).filename().string(),
                       array_text(run.systolic));
  return fmt::format("{}; {}; {}; executions {}", std::filesystem::path(run.network.model).filename().string(), input,
                     chip_summary(run.hardware), fmt::join(run.executions, ", "));
}

std::string check_file(const std::string& file, const std::vector<std::string>& overrides) {
  const FileKind kind = kind_of_file(file);
  if (kind == FileKind::sweep && overrides.empty()) return "sweep: " + sweep_summary(file);
  if (kind == FileKind::run) {
    const RunConfig run = read_run(file, overrides);
    if (run.energy.table.is_object())  // its errors are what is asked for
      const EnergyModel fits(run.energy.table, run.energy.file, run.hardware);
    return "run: " + run_summary(run);
  }
  if (!overrides.empty())
    throw models::InputError(file, "", "--set applies to run files, this is a " + std::string(name_of(kind)) + " file",
                             "a run file, or no --set");
  if (kind == FileKind::hw) return "hardware: " + chip_summary(read_hardware(file));
  if (kind == FileKind::systolic) return "systolic array: " + array_text(read_systolic(file));
  if (kind == FileKind::network) return "network: " + read_network(file).model;
  return "energy table: " + EnergyModel(read_with_base(file).json(), file, hw::ChipParams{}).name();
}

Json effective_of(const std::string& file) {
  switch (kind_of_file(file)) {
    case FileKind::run:
      return effective(read_run(file, {}));
    case FileKind::sweep:
      return write(read_sweep_config(Document::read(file)));
    case FileKind::hw:
      return write(read_hardware(file));
    case FileKind::systolic:
      return write(read_systolic(file));
    case FileKind::network:
      return write(read_network(file));
    case FileKind::energy:
      break;
  }
  return read_with_base(file).json();
}

bool names_kind(const std::string& text) {
  const auto& kinds = schema_kinds();
  return std::find(kinds.begin(), kinds.end(), text) != kinds.end();
}

bool names_file(const std::string& text) {
  return text.find('/') != std::string::npos || text.find('.') != std::string::npos;
}

}  // namespace

int config_check_command(const ConfigCheckCommand& command) {
  std::vector<std::string> lines;  // nothing on stdout unless all files are right
  for (const std::string& file : command.files)
    lines.push_back(fmt::format("ok  {}: {}", file, check_file(file, command.overrides)));
  for (const std::string& line : lines) std::cout << line << "\n";
  return 0;
}

int config_defaults_command(const ConfigDefaultsCommand& command) {
  Json json;
  if (names_file(command.kind))
    json = effective_of(command.kind);
  else if (command.kind == "hw")
    json = write(hw::ChipParams{});
  else if (command.kind == "systolic")
    json = write(hw::SystolicParams{});
  else if (command.kind == "network")
    json = write(NetworkConfig{});
  else if (command.kind == "sweep")
    json = write(SweepConfig{});
  else if (command.kind == "run")
    json = write(RunConfig{});
  else
    schema_of(command.kind);  // says which kinds there are
  std::cout << json.dump(2) << "\n";
  return 0;
}

int config_energy_command(const ConfigEnergyCommand& command) {
  std::cout << energy_document(command.files);
  return 0;
}

int config_keys_command(const ConfigKeysCommand& command) {
  std::string kind = command.kind;
  if (!names_kind(kind) && names_file(kind)) kind = name_of(kind_of_file(kind));
  const Json schema = schema_of(kind);
  if (command.schema)
    std::cout << schema.dump(2) << "\n";
  else
    std::cout << key_table(schema);
  return 0;
}

}  // namespace deltasim::sim
