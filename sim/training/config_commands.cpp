#include "models/error.hpp"
#include "sim/schema.hpp"
#include "sim/training/commands.hpp"
#include "sim/training/recipe.hpp"
#include "sim/training/training_config.hpp"

#include <fmt/format.h>

#include <iostream>

namespace deltasim::sim {
namespace {

std::string check_file(const std::string& file, const std::vector<std::string>& overrides) {
  const Document document = Document::read(file);
  if (is_recipe(document)) {
    const Recipe recipe = read_recipe(document, file, overrides);
    return fmt::format("recipe: {} trainings", recipe.tasks.size());
  }
  const TrainingConfig config = read_training(file, overrides);
  const Json training = effective(config)["training"];
  return fmt::format("training: regime {}, {} epochs", training["regime"].get<std::string>(), config.training.epochs);
}

}  // namespace

int training_check_command(const TrainingCheckCommand& command) {
  std::vector<std::string> lines;  // nothing on stdout unless all files are right
  for (const std::string& file : command.files)
    lines.push_back(fmt::format("ok  {}: {}", file, check_file(file, command.overrides)));
  for (const std::string& line : lines) std::cout << line << "\n";
  return 0;
}

int training_defaults_command(const TrainingDefaultsCommand& command) {
  TrainingConfig config;
  config.network = {{"builtin", "mobilenet_v1"}};
  config.data.rendered.emplace();
  if (!command.file.empty()) config = read_training(command.file, {});
  std::cout << effective(config).dump(2) << "\n";
  return 0;
}

int training_keys_command(const TrainingKeysCommand& command) {
  const Json schema = training_schema();
  std::cout << (command.schema ? schema.dump(2) + "\n" : key_table(schema));
  return 0;
}

}  // namespace deltasim::sim
