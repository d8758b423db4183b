#pragma once

#include "models/training/clip_batches.hpp"
#include "models/training/network_module.hpp"

/// What a network predicts, and what its layers send. Private to models/training.
namespace deltasim::models::training {

/// Activity of all delta layers over many batches, first frames left out. What has no delta layer counts as dense.
class ActivityMeter {
 public:
  explicit ActivityMeter(const NetworkModule& module);
  /// After a forward pass.
  void add(const NetworkModule& module, std::int64_t frames);
  double changed_share() const;  ///< of dense MACs
  void report(Evaluation& evaluation) const;

 private:
  struct Point {
    std::string name;
    double neurons = 0, macs = 0;  ///< of a dense frame
    double paper_fan_out = 0;  ///< kernel x output channels of the group, over consumers: strides and borders ignored
    double frames = 0, nonzero = 0, changed = 0, macs_nonzero = 0, macs_changed = 0;
  };
  double macs_of(double Point::*sum) const;

  std::vector<Point> points_;
  double macs_ = 0;        ///< of a dense frame
  double paper_rest_ = 0;  ///< paper_fan_out x neurons of what has no delta layer
};

/// [clips * frames, C, H, W] in the batch's memory, channels last.
torch::Tensor frames_of(ClipBatch& batch, const Shape& shape);
/// Mean over a clip's frames of softmax: [clips, classes].
torch::Tensor clip_predictions(const torch::Tensor& logits, std::int64_t frames);
/// In eval mode, without gradients.
Evaluation evaluate_module(NetworkModule& module, const ClipSource& clips, std::uint64_t frames);
/// Logits of the first `count` clips, [clip][frame * classes + class]; in eval mode.
std::vector<std::vector<float>> clip_logits(NetworkModule& module, const ClipSource& clips, std::size_t count,
                                            std::uint64_t frames);

}  // namespace deltasim::models::training
