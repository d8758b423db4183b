#pragma once

#include "sim/document.hpp"
#include "sim/training/training_config.hpp"

#include <string>

namespace deltasim::sim {

/// The folder of a training: checkpoint, log.csv, training.json, network.onnx, float.onnx, trajectory.html. Each file
/// is replaced as a whole; the checkpoint is what an interrupted training goes on from.
class TrainingFolder {
 public:
  explicit TrainingFolder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string checkpoint() const { return file("checkpoint"); }

  /// Whether this training may be done here; changes nothing. Errors: InputError for a folder with something else in
  /// it, with another training (naming the first value that differs), or with this one without `resume`.
  void check(const TrainingConfig& config, bool resume) const;
  /// Makes the folder where it is not there. Errors: InputError where it cannot be written.
  void begin(const TrainingConfig& config) const;
  bool finished() const;
  /// training.json: how far the training has come, or its result.
  void write_state(const TrainingConfig& config, const Json& result) const;
  Json state() const;
  /// Whether this is the training that is done here.
  bool holds(const TrainingConfig& config) const;
  /// What was trained here, `overrides` applied; where it started from need not be there any more. Errors: InputError
  /// where it holds no training.
  TrainingConfig config(const std::vector<std::string>& overrides) const;

 private:
  std::string path_;
};

/// Whether `path` looks like the folder of a training.
bool is_training_folder(const std::string& path);

}  // namespace deltasim::sim
