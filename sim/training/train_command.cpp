#include "models/error.hpp"
#include "models/training/trainer.hpp"
#include "sim/interrupt.hpp"
#include "sim/training/commands.hpp"
#include "sim/training/trained.hpp"
#include "sim/training/training_bar.hpp"
#include "sim/training/training_config.hpp"
#include "sim/training/training_folder.hpp"
#include "sim/training/training_log.hpp"
#include "sim/training/trajectory.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

namespace deltasim::sim {
namespace {

using models::training::EpochRecord;
using models::training::Trainer;
using models::training::TrainingProgress;

/// Shows a training and keeps its files as far as it has come.
class Diary {
 public:
  Diary(const TrainingFolder& folder, const TrainingConfig& config) : folder_(folder), config_(config) {}

  bool progress(const TrainingProgress& p) {
    bar_.update(p);
    return !interrupted();
  }
  void epoch(const EpochRecord& record) {
    records_.push_back(record);
    bar_.wipe();
    if (records_.size() == 1) fmt::print("{}", epoch_heading());
    fmt::print("{}", epoch_line(record, config_.training.epochs));
    std::fflush(stdout);
    write_files();
  }
  const std::vector<EpochRecord>& records() const { return records_; }

 private:
  static bool interrupted() {
    try {
      stop_if_interrupted();
    } catch (const Interrupted&) {
      return true;  // the trainer ends its work, then the program says so
    }
    return false;
  }
  void write_files() const {
    traces::write_file(folder_.file("log.csv"), log_csv(records_));
    traces::write_file(
        folder_.file("trajectory.html"),
        trajectory_page(effective(config_), records_, std::filesystem::path(folder_.path()).filename().string()));
  }

  const TrainingFolder& folder_;
  const TrainingConfig& config_;
  TrainingBar bar_;
  std::vector<EpochRecord> records_;
};

std::vector<std::pair<std::string, std::string>> metadata(const TrainingConfig& config, const Json& evaluation) {
  const Json training = effective(config)["training"];
  return {{"tool", "deltasim-train " DELTASIM_VERSION},
          {"regime", training["regime"].get<std::string>()},
          {"rate", training["rate"].dump()},
          {"epochs", training["epochs"].dump()},
          {"seed", training["seed"].dump()},
          {"test_accuracy", evaluation["accuracy"].dump()}};
}

void write_networks(const TrainingFolder& folder, const models::training::TrainedNetwork& network,
                    const TrainingConfig& config, const Json& evaluation) {
  models::training::ExportOptions options;
  options.metadata = metadata(config, evaluation);
  for (const bool quantised : {true, false}) {
    options.quantised = quantised;
    const char* file = quantised ? "network.onnx" : "float.onnx";
    try {
      export_onnx(network, options, folder.file(file));
    } catch (const models::InputError& error) {  // steps per neuron, softmax inside: trained, but no file can say it
      std::cerr << fmt::format("deltasim-train: {} is not written: {}\n", file, error.what());
    }
  }
}

void print_result(const TrainingFolder& folder, const Json& evaluation) {
  fmt::print("\naccuracy {:.1f} % over {} clips; MACs of a dense frame: {:.1f} % not zero, {:.1f} % changed\n",
             100.0 * evaluation["accuracy"].get<double>(), evaluation["clips"].get<std::uint64_t>(),
             100.0 * evaluation["macs_nonzero"].get<double>(), 100.0 * evaluation["macs_changed"].get<double>());
  std::error_code failed;
  if (std::filesystem::exists(folder.file("network.onnx"), failed))
    fmt::print("network: {}\n", folder.file("network.onnx"));
}

int train(const TrainingConfig& config, const TrainingFolder& folder) {
  const DataSets data = open_data(config);
  Trainer trainer(network_of(config, *data.train), config.training, *data.train, *data.test);
  std::error_code failed;
  if (!config.start.empty() && !std::filesystem::exists(folder.checkpoint(), failed))
    trainer.start_from(start_network(config.start, config.network.value("pixel_scale", 1.0)));
  folder.begin(config);  // the input has no more faults
  Diary diary(folder, config);
  trainer.run(
      folder.checkpoint(), [&](const TrainingProgress& p) { return diary.progress(p); },
      [&](const EpochRecord& r) { diary.epoch(r); });
  try {
    stop_if_interrupted();
  } catch (const Interrupted&) {
    std::cerr << fmt::format("deltasim-train: {} of {} epochs are done; --resume goes on\n", diary.records().size(),
                             config.training.epochs);
    throw;
  }
  const EpochRecord* tested = last_tested(diary.records());
  // With patience, the result may be an earlier epoch's weights
  const auto judged = tested != nullptr && tested == &diary.records().back() && config.training.patience == 0
                          ? *tested->test
                          : trainer.evaluate(*data.test, config.training.test_frames);
  const Json evaluation = evaluation_json(judged, data.train->classes());
  write_networks(folder, trainer.result(), config, evaluation);
  double seconds = 0.0;
  for (const EpochRecord& r : diary.records()) seconds += r.seconds;
  folder.write_state(config, {{"epochs", diary.records().size()}, {"seconds", seconds}, {"evaluation", evaluation}});
  print_result(folder, evaluation);
  return 0;
}

}  // namespace

int train_command(const TrainCommand& command) {
  const TrainingConfig config = read_training(command.file, command.overrides);
  const TrainingFolder folder(command.output);
  folder.check(config, command.resume);
  if (is_training_folder(folder.path()) && folder.finished()) {
    print_result(folder, folder.state()["result"]["evaluation"]);
    return 0;
  }
  return train(config, folder);
}

}  // namespace deltasim::sim
