#include "sim/training/trained.hpp"

#include "models/error.hpp"
#include "sim/training/training_folder.hpp"

#include <filesystem>

namespace deltasim::sim {

std::unique_ptr<models::training::Trainer> restore(const std::string& folder, const TrainingConfig& config,
                                                   const DataSets& data) {
  const TrainingFolder files(folder);
  std::error_code failed;
  if (!std::filesystem::exists(files.checkpoint(), failed))
    throw models::InputError(folder, "", "has no checkpoint", "the folder of a training that has finished an epoch");
  auto trainer = std::make_unique<models::training::Trainer>(network_of(config, *data.train), config.training,
                                                             *data.train, *data.test);
  trainer->read(files.checkpoint());
  return trainer;
}

models::training::TrainedNetwork start_network(const std::string& path, double pixel_scale) {
  std::error_code failed;
  if (!std::filesystem::is_directory(path, failed)) return models::training::import_trained(path, pixel_scale);
  TrainingConfig config = TrainingFolder(path).config({});
  return restore(path, config, open_data(config))->result();
}

}  // namespace deltasim::sim
