#pragma once

#include "models/training/trainer.hpp"
#include "sim/document.hpp"
#include "traces/actions.hpp"
#include "traces/clip_folder.hpp"
#include "traces/ucf101.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What a training file says, and what it stands for.
namespace deltasim::sim {

/// One of these.
struct DataConfig {
  std::optional<traces::ActionSets> rendered;
  std::optional<traces::Ucf101Options> ucf101;
  std::optional<traces::ClipFolderOptions> folder;
};

struct TrainingConfig {
  std::string file;
  Json network;  ///< {"builtin": name, ...} or a whole description; network_of() makes a network of it
  DataConfig data;
  models::training::TrainingOptions training;
  std::string start;
};

/// Clips to train on and to test with.
struct DataSets {
  std::unique_ptr<models::ClipSource> train, test;
  double frame_rate = 0;
};

/// Errors: InputError with file and JSON pointer.
TrainingConfig read_training(const std::string& path, const std::vector<std::string>& overrides);
/// Whether /start must be there: not for what was trained already.
enum class StartIs : std::uint8_t { needed, past };
/// The same of a document; `file` stands for it in messages.
TrainingConfig read_training_document(Document document, const std::string& file,
                                      const std::vector<std::string>& overrides, StartIs start = StartIs::needed);

/// Says on stderr which clips are damaged and left out.
DataSets open_data(const TrainingConfig& config);
/// A network alone, as "network" of a training file says it; `overrides` go into that. Without clips: its own shape.
models::training::NetworkDescription network_alone(const Json& network, const std::vector<std::string>& overrides);
/// For these clips: their shape and classes. Errors: InputError.
models::training::NetworkDescription network_of(const TrainingConfig& config, const models::ClipSource& clips);

/// Complete, with every default, paths absolute; reads as a training file again, from any folder. /network alone stays
/// as it was written: what it leaves open comes from the clips.
Json effective(const TrainingConfig& config);
/// `config` as effective() writes it, its relative paths as the current folder sees them.
Json with_absolute_paths(Json config);
Json training_schema();

}  // namespace deltasim::sim
