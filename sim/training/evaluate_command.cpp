#include "models/error.hpp"
#include "sim/training/commands.hpp"
#include "sim/training/trained.hpp"
#include "sim/training/training_config.hpp"
#include "sim/training/training_folder.hpp"
#include "sim/training/trajectory.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

using models::training::Evaluation;
using models::training::LayerActivity;

void print_table(const Evaluation& e, const std::vector<std::string>& classes) {
  fmt::print("accuracy        {:6.2f} %   (single frames {:.2f} %) over {} clips\n", 100 * e.accuracy,
             100 * e.frame_accuracy, e.clips);
  fmt::print("MACs not zero   {:6.2f} %   of a dense frame's\n", 100 * e.macs_nonzero);
  fmt::print("MACs changed    {:6.2f} %   without first frames\n", 100 * e.macs_changed);
  fmt::print("op sparsity     {:6.2f} %   of zeros, {:.2f} % of no change (fan-out metric)\n", 100 * e.sparsity_nonzero,
             100 * e.sparsity_changed);
  fmt::print("\n{:<28} {:>10} {:>10}\n", "layer", "not zero", "changed");
  for (const LayerActivity& layer : e.layers)
    fmt::print("{:<28} {:>8.2f} % {:>8.2f} %\n", layer.name, 100 * layer.nonzero, 100 * layer.changed);
  fmt::print("\n{:<28} {:>10}\n", "class", "accuracy");
  for (std::size_t c = 0; c < classes.size() && c < e.class_accuracy.size(); ++c)
    fmt::print("{:<28} {:>8.2f} %\n", classes[c], 100 * e.class_accuracy[c]);
}

}  // namespace

int evaluate_command(const EvaluateCommand& command) {
  const TrainingFolder folder(command.folder);
  const TrainingConfig config = folder.config(command.overrides);
  const DataSets data = open_data(config);
  const TrainingConfig trained = folder.config({});
  const DataSets own_data = open_data(trained);
  const auto trainer = restore(command.folder, trained, own_data);
  const auto& clips = command.on_training_clips ? *data.train : *data.test;
  const Evaluation judged = trainer->evaluate(clips, command.frames.value_or(config.training.test_frames));
  if (command.json)
    fmt::print("{}\n", evaluation_json(judged, data.train->classes()).dump(2));
  else
    print_table(judged, data.train->classes());
  return 0;
}

int export_command(const ExportCommand& command) {
  const TrainingFolder folder(command.folder);
  const TrainingConfig config = folder.config({});
  const DataSets data = open_data(config);
  models::training::ExportOptions options;
  options.quantised = !command.real;
  options.fold_batch_norm = !command.keep_norm;
  options.metadata = {{"tool", "deltasim-train " DELTASIM_VERSION},
                      {"seed", effective(config)["training"]["seed"].dump()}};
  export_onnx(restore(command.folder, config, data)->result(), options, command.output);
  fmt::print("network: {}\n", command.output);
  return 0;
}

}  // namespace deltasim::sim
