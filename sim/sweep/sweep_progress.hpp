#pragma once

#include "sim/progress.hpp"

#include <cstdint>
#include <string>

namespace deltasim::sim {

/// Points done, failed and left, and the time left: a line that is redrawn on a terminal, else a new line now and then.
class SweepProgress {
 public:
  /// Counts at the start: what was there before does not tell how fast points are.
  SweepProgress(std::uint64_t done, std::uint64_t failed, std::uint64_t left,
                ProgressScreen screen = standard_screen());
  ~SweepProgress();  ///< wipes the line
  SweepProgress(const SweepProgress&) = delete;
  SweepProgress& operator=(const SweepProgress&) = delete;

  void point_done() { ++done_, --left_; }
  void point_failed() { ++failed_, --left_; }
  std::uint64_t failed() const { return failed_; }
  double elapsed_s() const { return screen_.seconds() - started_; }
  void show(std::uint64_t running);

 private:
  std::string line(std::uint64_t running, double elapsed) const;

  std::uint64_t done_, failed_, left_, at_start_;
  ProgressScreen screen_;
  double started_, shown_;
  bool visible_ = false;
};

}  // namespace deltasim::sim
