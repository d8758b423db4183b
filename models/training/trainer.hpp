#pragma once

#include "models/clip_source.hpp"
#include "models/training/trained_network.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Training without torch in sight: options and records are plain data, so that the program and its tests see no torch.
namespace deltasim::models::training {

/// baseline: task loss. l1: + penalty on activations (spatial sparsity). delta: + penalty on changes of activations.
enum class Regime : std::uint8_t { baseline, l1, delta };
inline constexpr const char* names_of(Regime) { return "baseline,l1,delta"; }

enum class Schedule : std::uint8_t { constant, step, cosine };
inline constexpr const char* names_of(Schedule) { return "constant,step,cosine"; }

enum class Optimiser : std::uint8_t { adam, sgd };
inline constexpr const char* names_of(Optimiser) { return "adam,sgd"; }

/// fan_out: the paper's, rate x fan_out x mean over neurons. macs: every neuron's change weighs its fan-out, over the
/// network's dense MACs.
enum class PenaltyWeight : std::uint8_t { fan_out, macs };
inline constexpr const char* names_of(PenaltyWeight) { return "fan_out,macs"; }

/// absolute: |change| in real values (the paper's). codes: |change| / q. logarithm: log(1 + |change| / q), which
/// presses small changes to none before large ones to smaller ones.
enum class PenaltyForm : std::uint8_t { absolute, codes, logarithm };
inline constexpr const char* names_of(PenaltyForm) { return "absolute,codes,logarithm"; }

/// Whether the first frame of a clip counts: as sent whole (o(0) = 0), or not at all (the paper's metric).
enum class FirstFrame : std::uint8_t { left_out, whole };
inline constexpr const char* names_of(FirstFrame) { return "left_out,whole"; }

/// Layers without a penalty on changes (all in `baseline` and `l1`; all but the image with `input_delta_only`, all but
/// the chosen in `delta_layers`) have 8-bit steps of the range that is seen: set anew at the start of each epoch until
/// `quantise_weights` begins. The others' thresholds are trained. `l1` with `input_delta_only` penalises activations of
/// layers and changes of the image. Penalties begin with quantisation.
struct TrainingOptions {
  Regime regime = Regime::delta;
  double rate = 1.0;  ///< weight of the penalty against the task loss
  PenaltyWeight penalty_weight = PenaltyWeight::macs;
  PenaltyForm penalty_form = PenaltyForm::logarithm;
  FirstFrame first_frame = FirstFrame::left_out;
  ThresholdGrain threshold_grain = ThresholdGrain::channel;
  /// Of trained thresholds, in steps of an 8-bit code of the largest activation; as a multiple of the steps that
  /// start_from() brought.
  double initial_threshold = 8.0;
  /// Learning rate of thresholds as a multiple of the weights': a step moves a threshold by a share of itself. Fast
  /// ones cost accuracy: the penalty pushes thresholds up at every step, the task has no true gradient against it.
  double threshold_rate = 0.5;
  bool input_delta_only = false;          ///< penalty and thresholds on the image alone
  std::vector<std::string> delta_layers;  ///< names; empty: all that have a delta layer
  std::uint64_t epochs = 20;
  std::uint64_t quantise_from =
      1;  ///< epoch from which on activations are quantised (thresholds are set from data then)
  std::uint64_t quantise_weights =
      2;                     ///< last epochs: weights as the export has them, batch normalisation folded and frozen
  std::uint64_t batch = 16;  ///< clips
  std::uint64_t clip_frames = 4;  ///< of each clip, in a row, from a random start
  std::uint64_t frame_step = 1;
  bool flip = false;       ///< left-right, whole clips
  std::uint64_t crop = 4;  ///< pixels of random shift, whole clips
  Optimiser optimiser = Optimiser::adam;
  double learning_rate = 2e-3, momentum = 0.9, weight_decay = 1e-5;
  Schedule schedule = Schedule::cosine;
  double warm_up = 0.5;           ///< epochs
  std::uint64_t step_every = 10;  ///< schedule step: epochs
  double step_factor = 0.1;
  /// Epochs without a better test accuracy until training goes on to its last `quantise_weights` epochs, or, within
  /// them, stops; the result is then the best of these. 0 = never, the result is the last epoch's.
  std::uint64_t patience = 0;
  std::uint64_t test_every = 1, test_frames = 32;
  std::uint64_t seed = 1, threads = 1;
};

/// What keeps options from being trained with.
struct OptionFault {
  std::string option, problem, remedy;
};
/// The first fault that shows without clips; nothing where there is none.
std::optional<OptionFault> option_fault(const TrainingOptions& options, const NetworkDescription& network);

/// What one layer's output does, as shares of its neurons, mean over test clips; the first frame of a clip left out.
struct LayerActivity {
  std::string name;  ///< "input" or the layer's
  double nonzero = 0, changed = 0;
};

struct Evaluation {
  double accuracy = 0;        ///< top-1 of the mean over frames of softmax, per clip
  double frame_accuracy = 0;  ///< top-1 per frame
  std::vector<double> class_accuracy;
  std::uint64_t clips = 0;
  double macs_nonzero = 0, macs_changed = 0;  ///< shares of a dense frame's MACs, exact fan-outs
  double sparsity_nonzero = 0,
         sparsity_changed = 0;  ///< the paper's metric: 1 - sum(n_outputs x non-zeros) / sum(n_outputs x N)
  std::vector<LayerActivity> layers;
};

struct EpochRecord {
  std::uint64_t epoch = 0;  ///< from 1
  double learning_rate = 0, loss = 0, task_loss = 0, penalty = 0,
         accuracy = 0;  ///< means over the epoch's training clips
  std::optional<Evaluation> test;
  double seconds = 0;
};

struct TrainingProgress {
  std::uint64_t epoch = 0, epochs = 0, clip = 0, clips = 0;
  double loss = 0, accuracy = 0, changed = 0;  ///< running means; changed: share of dense MACs
};

/// One training from its first to its last epoch. Same options, same data, same build: same weights, resumed or not.
class Trainer {
 public:
  /// `train` and `test` outlive it. Errors: InputError for descriptions and options that do not fit.
  Trainer(NetworkDescription network, TrainingOptions options, const ClipSource& train, const ClipSource& test);
  ~Trainer();
  /// Weights (and steps, where it has any) of a network of the same description: refinement.
  void start_from(const TrainedNetwork& network);
  /// Reads a checkpoint where `path` exists and trains on; writes it after every epoch, beside and renamed. Empty:
  /// none. `on_progress` false: stop at once (the last checkpoint stays). `on_epoch` gets every record, those before
  /// the resume, too.
  void run(const std::string& checkpoint, const std::function<bool(const TrainingProgress&)>& on_progress,
           const std::function<void(const EpochRecord&)>& on_epoch);
  /// What the checkpoint of a training, finished or not, has come to: to evaluate and export, not to train on.
  void read(const std::string& checkpoint);
  /// Errors: InputError for clips of other classes.
  Evaluation evaluate(const ClipSource& clips, std::uint64_t frames) const;
  /// Of the first `count` clips, [clip][frame * classes + class]: what evaluate() judges by the mean of their softmax.
  std::vector<std::vector<float>> logits(const ClipSource& clips, std::size_t count, std::uint64_t frames) const;
  TrainedNetwork result() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace deltasim::models::training
