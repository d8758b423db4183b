#pragma once

#include "models/clip_source.hpp"
#include "models/training/trainer.hpp"

#include <vector>

/// Clips as the network takes them: cut, moved, mirrored, in an order that depends on seed and epoch alone.
namespace deltasim::models::training {

struct ClipBatch {
  std::uint32_t frames = 0;          ///< of each clip
  std::vector<std::uint32_t> label;  ///< of each clip
  std::vector<float> pixels;         ///< [clips][frames][height][width][channels], byte x input scale
};

class ClipBatches {
 public:
  /// Frames are cut to `shape`, which may be smaller. Errors: InputError where a source's frames are smaller, or of
  /// other channels, or it has no clips.
  ClipBatches(const ClipSource& clips, const Shape& shape, const char* what);

  std::size_t batches(std::uint64_t batch) const;
  /// Training: clips in the epoch's order, `clip_frames` of each from a random start (a shorter clip's last frame
  /// stands still), cut at random with up to `crop` pixels beyond the border, which is repeated.
  ClipBatch training(const TrainingOptions& options, std::uint64_t epoch, std::size_t index) const;
  /// Evaluation: clips first .. in the source's order, as many as are equally long, up to `batch`; their first `frames`
  /// frames, cut from the centre.
  ClipBatch evaluation(std::size_t first, std::size_t batch, std::uint64_t frames) const;

 private:
  struct Cut {
    std::int64_t top = 0, left = 0;
    bool mirror = false;
  };
  void append(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint32_t step, const Cut& cut,
              ClipBatch& batch) const;

  const ClipSource& clips_;
  Shape from_, shape_;
};

/// Numbers from a seed, the same on every machine (the standard's distributions are not).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t limit);  ///< 0 .. limit - 1

 private:
  std::uint64_t state_;
};

/// Position in the training's schedule: learning rate of a step. `epoch` from 1; `done`: share of the epoch, 0..1.
double scheduled_rate(const TrainingOptions& options, std::uint64_t epoch, double done);

}  // namespace deltasim::models::training
