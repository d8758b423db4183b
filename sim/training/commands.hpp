#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the commands of deltasim-train do, without the command line: each returns the exit code and throws
/// models::InputError where the user's input is at fault.
namespace deltasim::sim {

struct TrainCommand {
  std::string file;                    ///< the training file
  std::vector<std::string> overrides;  ///< "/pointer=value"
  std::string output;                  ///< folder
  bool resume = false;
};
int train_command(const TrainCommand& command);

/// What a folder of a training holds, judged once more.
struct EvaluateCommand {
  std::string folder;
  std::vector<std::string> overrides;   ///< of its configuration: other data, other noise
  std::optional<std::uint64_t> frames;  ///< of each clip; absent: test_frames
  bool on_training_clips = false;
  bool json = false;
};
int evaluate_command(const EvaluateCommand& command);

struct ExportCommand {
  std::string folder;
  std::string output;      ///< .onnx
  bool real = false;       ///< real weights, no quantisers
  bool keep_norm = false;  ///< batch normalisation as nodes of its own; real weights only
};
int export_command(const ExportCommand& command);

struct DescribeCommand {
  std::string network;  ///< name of a built-in network, .json description, training file, .onnx
  std::vector<std::string> overrides;
  bool json = false;
};
int describe_command(const DescribeCommand& command);

struct TrainingCheckCommand {
  std::vector<std::string> files;
  std::vector<std::string> overrides;
};
int training_check_command(const TrainingCheckCommand& command);

struct TrainingDefaultsCommand {
  std::string file;  ///< with its defaults filled in; empty: of an empty file
};
int training_defaults_command(const TrainingDefaultsCommand& command);

struct TrainingKeysCommand {
  bool schema = false;
};
int training_keys_command(const TrainingKeysCommand& command);

/// Trains the regimes of a recipe, runs every network on the simulator, writes the report.
struct ReproduceCommand {
  std::string recipe;  ///< empty: the shipped one
  std::vector<std::string> overrides;
  std::string output;   ///< folder
  std::string network;  ///< only this group of the recipe
  bool quick = false;
  std::optional<std::uint64_t> jobs;
  std::string simulate;  ///< id of a training: only this one's simulation, in this process
  std::string document;  ///< fills the marked blocks of this Markdown file, pictures beside it
};
int reproduce_command(const ReproduceCommand& command);

}  // namespace deltasim::sim
