#pragma once

#include "models/training/trainer.hpp"
#include "sim/config.hpp"
#include "sim/training/training_config.hpp"

#include <limits>

/// Keys, ranges and meanings of the training file; one function per struct (sim/config.hpp).
namespace deltasim::sim {

inline constexpr std::uint64_t most_epochs = 1'000'000;

template <class Archive>
void describe_penalty(Archive& a, models::training::TrainingOptions& o) {
  a.choice("regime", o.regime,
           "baseline: the task alone; l1: and a penalty on activations; delta: and a penalty on their changes from "
           "frame to frame");
  a.field("rate", o.rate, 0.0, 1e6, "weight of the penalty against the loss of the task");
  a.choice("penalty_weight", o.penalty_weight,
           "fan_out: the paper's, fan-out times the mean over a layer's neurons; macs: every neuron by its fan-out, as "
           "a share of the network's MACs");
  a.choice(
      "penalty_form", o.penalty_form,
      "absolute: |change|, the paper's; codes: |change| / q; logarithm: log(1 + |change| / q), which presses small "
      "changes to none before large ones to smaller ones");
  a.choice("first_frame", o.first_frame, "whether a clip's first frame counts, as sent whole");
  a.choice("threshold_grain", o.threshold_grain, "neurons that share one trained threshold");
  a.field("initial_threshold", o.initial_threshold, 1e-3, 1e3,
          "in steps of an 8-bit code of the largest activation; of what 'start' brings, a "
          "multiple: 1 goes on with thresholds that were trained");
  a.field("threshold_rate", o.threshold_rate, 0.0, 1e3,
          "learning rate of the thresholds as a multiple of the weights'");
  a.field("input_delta_only", o.input_delta_only, "penalty and thresholds on the image alone");
  a.names("delta_layers", o.delta_layers, "", "layers with penalty and thresholds; empty: all");
}

template <class Archive>
void describe(Archive& a, models::training::TrainingOptions& o) {
  describe_penalty(a, o);
  a.field("epochs", o.epochs, 1, most_epochs, "times that all training clips are seen");
  a.field("quantise_from", o.quantise_from, 1, most_epochs,
          "epoch from which on activations are quantised; thresholds are set from data then");
  a.field("quantise_weights", o.quantise_weights, 0, most_epochs,
          "last epochs: weights as the export has them, batch normalisation folded and frozen");
  a.field("batch", o.batch, 1, 65536, "clips in a step");
  a.field("clip_frames", o.clip_frames, 1, 1024, "frames of each clip, in a row, from a random start");
  a.field("frame_step", o.frame_step, 1, 1024, "every n-th frame of the clip");
  a.field("flip", o.flip, "augmentation: half of the clips left-right");
  a.field("crop", o.crop, 0, 4096, "augmentation: random shift in pixels, the same for all frames of a clip");
  a.choice("optimiser", o.optimiser, "of the weights");
  a.field("learning_rate", o.learning_rate, 1e-12, 1e3, "largest of the schedule");
  a.field("momentum", o.momentum, 0.0, 0.9999, "of sgd");
  a.field("weight_decay", o.weight_decay, 0.0, 1.0, "of weights, not of thresholds");
  a.choice("schedule", o.schedule, "of the learning rate, over all epochs");
  a.field("warm_up", o.warm_up, 0.0, 1e6, "epochs in which the learning rate rises from 0");
  a.field("step_every", o.step_every, 1, most_epochs, "schedule step: epochs");
  a.field("step_factor", o.step_factor, 1e-6, 1.0, "schedule step: the learning rate is multiplied by it");
  a.field("patience", o.patience, 0, most_epochs, "epochs without a better test result until training stops; 0: never");
  a.field("test_every", o.test_every, 1, most_epochs,
          "epochs from one test to the next; the last one is tested always");
  a.field("test_frames", o.test_frames, 1, 1u << 20, "frames of each test clip");
  a.field("seed", o.seed, 0, std::numeric_limits<std::uint64_t>::max(), "of weights, order and augmentation");
  a.field("threads", o.threads, 1, 1024, "of one training; results depend on it only within rounding");
}

template <class Archive>
void describe(Archive& a, DataConfig& d) {
  a.optional_object("rendered", d.rendered, "the project's own benchmark of actions; docs/dataset.md");
  a.optional_object("ucf101", d.ucf101, "UCF101 as its authors distribute it");
  a.optional_object("folder", d.folder, "films in a folder for each class");
}

template <class Archive>
void describe(Archive& a, TrainingConfig& c) {
  a.required("network");
  a.required("data");
  a.raw("network", c.network,
        "name of a built-in network (mobilenet, resnet8, ...), a description (.json), or an object");
  a.object("data", c.data, "clips to train on and to test with: one of the following");
  a.object("training", c.training, "how it is trained");
  a.path("start", c.start, "refinement: folder of a training, or a trained network (.onnx); empty: from scratch");
}

}  // namespace deltasim::sim
