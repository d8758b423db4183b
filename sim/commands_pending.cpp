#include "models/error.hpp"
#include "sim/commands.hpp"
#include "sim/run_config.hpp"

/// In the place of commands that are not there yet.
namespace deltasim::sim {

__attribute__((weak)) int run_command(const RunCommand& command) {
  read_run(command.file, command.overrides);
  throw models::InputError("run", "", "is not built into this program", "a program with sim/run_command.cpp");
}

__attribute__((weak)) int record_command(const RecordCommand& command) {
  read_run(command.file, command.overrides);
  throw models::InputError("record", "", "is not built into this program", "a program with sim/run_command.cpp");
}

}  // namespace deltasim::sim
