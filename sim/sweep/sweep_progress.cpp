#include "sim/sweep/sweep_progress.hpp"

#include <fmt/format.h>

#include <iostream>

namespace deltasim::sim {
namespace {

constexpr double redraw_s = 0.2;
constexpr double line_s = 30.0;  ///< where nobody sees a line change
constexpr const char* wipe = "\r\033[K";

}  // namespace

SweepProgress::SweepProgress(std::uint64_t done, std::uint64_t failed, std::uint64_t left, ProgressScreen screen)
    : done_(done),
      failed_(failed),
      left_(left),
      at_start_(done + failed),
      screen_(std::move(screen)),
      started_(screen_.seconds()),
      shown_(started_) {}

SweepProgress::~SweepProgress() {
  if (visible_ && screen_.is_terminal) *screen_.out << wipe << std::flush;
}

void SweepProgress::show(std::uint64_t running) {
  const double now = screen_.seconds();
  if (now - shown_ < (screen_.is_terminal ? redraw_s : line_s)) return;
  shown_ = now;
  visible_ = true;
  if (screen_.is_terminal)
    *screen_.out << wipe << line(running, now - started_) << std::flush;
  else
    *screen_.out << line(running, now - started_) << std::endl;
}

std::string SweepProgress::line(std::uint64_t running, double elapsed) const {
  std::string text = fmt::format("sweep: {} done, {} failed, {} left, {} running", done_, failed_, left_, running);
  const std::uint64_t here = done_ + failed_ - at_start_;
  if (here > 0 && left_ > 0)
    text += fmt::format("; {} to go", duration_text(elapsed / static_cast<double>(here) * static_cast<double>(left_)));
  return text;
}

}  // namespace deltasim::sim
