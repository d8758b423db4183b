#include "models/error.hpp"
#include "sim/commands.hpp"
#include "sim/output_folder.hpp"
#include "sim/progress.hpp"
#include "sim/validation/validate.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

namespace deltasim::sim {

int validate_command(const ValidateCommand& command) {
  if (!command.data.empty() && !std::filesystem::is_directory(std::filesystem::path(command.data) / "golden"))
    throw models::InputError(command.data, "", "is not a folder with golden vectors",
                             "a folder that has golden/ in it");
  std::optional<OutputFolder> folder;
  if (!command.output.empty()) folder.emplace(command.output, "validation.json");
  const std::vector<Suite> all = suites(command.data);
  const auto results = validate(all, show_progress("validating", all.size()));
  if (folder) {
    traces::write_file(folder->file("validation.md"), validation_markdown(results));
    traces::write_file(folder->file("validation.json"), validation_json(results).dump(1) + "\n");
    folder->commit();
  }
  fmt::print("{}", validation_table(results));
  if (folder) fmt::print("\n{}\n", (std::filesystem::path(folder->path()) / "validation.json").string());
  return count_verdicts(results).fail == 0 ? 0 : 1;
}

}  // namespace deltasim::sim
