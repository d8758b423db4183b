#include "sim/training/program.hpp"

#include "sim/command_line.hpp"
#include "sim/interrupt.hpp"
#include "sim/training/commands.hpp"
#include "sim/version.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace deltasim::sim {
namespace {

constexpr const char* examples = R"(Examples:
  deltasim-train train configs/training/example.json -o out/training
  deltasim-train train configs/training/example.json -o out/training --resume
  deltasim-train train configs/training/example.json --set /training/rate=0.3 -o out/sparser
  deltasim-train evaluate out/training
  deltasim-train export out/training -o float.onnx --float
  deltasim-train describe resnet50
  deltasim-train config keys
  deltasim-train reproduce -o out/reproduction --quick

A trained network runs on the simulator: deltasim run, docs/training.md.
Results go to stdout, progress and messages to stderr.
Exit codes: 0 done; 2 the input is at fault; 1 anything else.)";

constexpr const char* override_meaning = "Override a value of the file: /pointer=value";

void add_train(CLI::App& app, TrainCommand& command, Work& work) {
  auto* sub = app.add_subcommand("train", "Train a network");
  sub->add_option("TRAINING.json", command.file, "Network, data and options; docs/training.md")->required();
  add_overrides(*sub, command.overrides, override_meaning);
  add_folder(*sub, "-o,--output", command.output,
             "Folder for network.onnx, float.onnx, checkpoint, log.csv, training.json and trajectory.html")
      ->required();
  sub->add_flag("--resume", command.resume, "Go on where the training in DIR was stopped");
  sub->callback([&] { work = [&] { return train_command(command); }; });
}

void add_evaluate(CLI::App& app, EvaluateCommand& command, Work& work) {
  auto* sub = app.add_subcommand("evaluate", "Judge the network of a training: accuracy and activity of each layer");
  sub->add_option("DIR", command.folder, "Folder of the training")->required();
  add_overrides(*sub, command.overrides, override_meaning);
  sub->add_option("--frames", command.frames, "Frames of each clip; else /training/test_frames")
      ->check(CLI::Range(1, 1 << 20));
  sub->add_flag("--train", command.on_training_clips, "On the clips that it was trained on");
  sub->add_flag("--json", command.json, "As JSON");
  sub->callback([&] { work = [&] { return evaluate_command(command); }; });
}

void add_export(CLI::App& app, ExportCommand& command, Work& work) {
  auto* sub = app.add_subcommand("export", "Write the network of a training as ONNX");
  sub->add_option("DIR", command.folder, "Folder of the training")->required();
  sub->add_option("-o,--output", command.output, "The file to write")->type_name("NETWORK.onnx")->required();
  auto* real = sub->add_flag("--float", command.real, "Real weights, no quantisers");
  sub->add_flag("--keep-batch-norm", command.keep_norm, "Batch normalisation is not folded into the weights")
      ->needs(real);
  sub->callback([&] { work = [&] { return export_command(command); }; });
}

void add_describe(CLI::App& app, DescribeCommand& command, Work& work) {
  auto* sub = app.add_subcommand("describe", "Count a network's neurons, thresholds, MACs and memory");
  sub->add_option("NETWORK", command.network,
                  "mobilenet, resnet18, ...; a description or training file (.json); or .onnx")
      ->required();
  add_overrides(*sub, command.overrides, "Override a value of the network's description: /pointer=value");
  sub->add_flag("--json", command.json, "As JSON");
  sub->callback([&] { work = [&] { return describe_command(command); }; });
}

void add_reproduce(CLI::App& app, ReproduceCommand& command, Work& work) {
  auto* sub = app.add_subcommand("reproduce", "Train all regimes, simulate them, write the comparison");
  sub->add_option("RECIPE.json", command.recipe, "The trainings; default: configs/training/reproduce.json");
  add_overrides(*sub, command.overrides, override_meaning);
  add_folder(*sub, "-o,--output", command.output, "Folder; the same command goes on where it was")->required();
  sub->add_flag("--quick", command.quick, "The small recipe, configs/training/quick.json: a few minutes");
  sub->add_option("--network", command.network, "Only this group of the recipe: mobilenet, resnet");
  sub->add_option("--jobs", command.jobs, "Trainings at a time; default: one for each core")
      ->check(CLI::Range(1, 1024));
  sub->add_option("--simulate", command.simulate, "Only this training's simulation, in this process")->group("");
  sub->add_option("--document", command.document, "Only write the results of DIR into this document's marked blocks")
      ->type_name("FILE.md");
  sub->callback([&] { work = [&] { return reproduce_command(command); }; });
}

struct ConfigCommands {
  TrainingCheckCommand check;
  TrainingDefaultsCommand defaults;
  TrainingKeysCommand keys;
};

void add_config(CLI::App& app, ConfigCommands& command, Work& work) {
  auto* config = app.add_subcommand("config", "Check training files, show what they can hold");
  config->require_subcommand(1);
  auto* check = config->add_subcommand("check", "Check training files and recipes");
  check->add_option("FILE", command.check.files, "Files to check")->required();
  add_overrides(*check, command.check.overrides, override_meaning);
  check->callback([&] { work = [&] { return training_check_command(command.check); }; });
  auto* defaults = config->add_subcommand("defaults", "Print a complete training file as JSON");
  defaults->add_option("FILE", command.defaults.file, "With its defaults filled in");
  defaults->callback([&] { work = [&] { return training_defaults_command(command.defaults); }; });
  auto* keys = config->add_subcommand("keys", "Print every key with type, range, default and meaning");
  keys->add_flag("--schema", command.keys.schema, "As JSON Schema");
  keys->callback([&] { work = [&] { return training_keys_command(command.keys); }; });
}

}  // namespace

int run_training_program(int argc, char** argv) {
  catch_interrupts();
  CLI::App app{"deltasim-train: networks that are trained to change little from frame to frame", "deltasim-train"};
  app.set_version_flag("--version", fmt::format("deltasim-train {}", version));
  app.footer(examples);
  app.require_subcommand(1);
  TrainCommand train;
  EvaluateCommand evaluate;
  ExportCommand export_to;
  DescribeCommand describe;
  ReproduceCommand reproduce;
  ConfigCommands config;
  Work work;
  add_train(app, train, work);
  add_evaluate(app, evaluate, work);
  add_export(app, export_to, work);
  add_describe(app, describe, work);
  add_reproduce(app, reproduce, work);
  add_config(app, config, work);
  return run_command_line(app, argc, argv, work);
}

}  // namespace deltasim::sim
