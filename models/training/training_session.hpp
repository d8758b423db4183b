#pragma once

#include "models/training/clip_batches.hpp"
#include "models/training/network_module.hpp"
#include "models/training/optimiser.hpp"

#include <future>

/// What stands behind Trainer. Private to models/training.
namespace deltasim::models::training {

class TrainingSession {
 public:
  TrainingSession(NetworkDescription network, TrainingOptions options, const ClipSource& train, const ClipSource& test);

  void start_from(const TrainedNetwork& network);
  void run(const std::string& checkpoint, const std::function<bool(const TrainingProgress&)>& on_progress,
           const std::function<void(const EpochRecord&)>& on_epoch);
  /// The weights that a checkpoint holds, without training on: the result where the training has ended.
  void read(const std::string& checkpoint);
  /// Ready to evaluate on this thread.
  NetworkModule& module();
  TrainedNetwork result();
  /// Errors: InputError for other classes than those trained for.
  void check_classes(const ClipSource& clips, const char* what) const;

 private:
  /// How a delta layer takes part.
  struct Role {
    bool trained_threshold = false;  ///< else 8-bit steps of the range that is seen
    bool activity = false, change = false;
    torch::Tensor weight;  ///< of the penalty, [H, W]
  };
  struct Sums {
    double loss = 0, task = 0, penalty = 0, right = 0, clips = 0;
  };

  void assign_roles();
  std::uint64_t last_epoch() const { return options_.epochs - progress_.skipped; }
  bool quantises_weights(std::uint64_t epoch) const;
  bool final_state(std::uint64_t epoch) const;
  void prepare(std::uint64_t epoch);
  void calibrate(std::uint64_t epoch);
  bool train_epoch(const std::function<bool(const TrainingProgress&)>& on_progress, EpochRecord& record);
  void train_batch(ClipBatch& batch, double rate, Sums& sums);
  torch::Tensor penalty(std::int64_t frames);
  std::vector<Parameter> parameters();
  void judge(const EpochRecord& record);
  NamedValues weights() const;
  void set_weights(const NamedValues& values);
  void restore(const std::string& path, const std::function<void(const EpochRecord&)>& on_epoch);
  void store(const std::string& path);
  bool stopped() const;
  bool ended() const;
  void take_result();

  TrainingOptions options_;
  const ClipSource &train_clips_, &test_clips_;
  std::shared_ptr<NetworkModule> module_;
  ClipBatches train_;
  GradientSteps steps_;
  std::vector<Role> roles_;  ///< of the module's delta points
  Checkpoint progress_;      ///< all but the weights and the optimiser's state, which store() adds
};

}  // namespace deltasim::models::training
