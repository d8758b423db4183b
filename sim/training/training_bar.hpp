#pragma once

#include "models/training/trainer.hpp"
#include "sim/progress.hpp"

namespace deltasim::sim {

/// One line of a training under way: epoch, clips, loss, accuracy, changes, time left. On a terminal only.
class TrainingBar {
 public:
  explicit TrainingBar(ProgressScreen screen = standard_screen());
  ~TrainingBar() { wipe(); }
  TrainingBar(const TrainingBar&) = delete;
  TrainingBar& operator=(const TrainingBar&) = delete;

  void update(const models::training::TrainingProgress& progress);
  void wipe();  ///< before something else is printed

 private:
  std::string line(const models::training::TrainingProgress& progress, double now);

  ProgressScreen screen_;
  double drawn_;
  std::optional<double> began_;  ///< at the first clip of this process
  double done_before_ = 0.0;     ///< epochs that it did not train itself
  bool visible_ = false;
};

}  // namespace deltasim::sim
