#include "sim/training/training_bar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace deltasim::sim {
namespace {

using models::training::TrainingProgress;

constexpr double redraw_s = 0.1;
constexpr std::size_t bar_columns = 20;
constexpr double least_known = 1e-3;  ///< epochs before a rate means anything
constexpr const char* wipe_line = "\r\033[K";

double epochs_done(const TrainingProgress& p) {
  const double within = p.clips == 0 ? 0.0 : static_cast<double>(p.clip) / static_cast<double>(p.clips);
  return static_cast<double>(std::max<std::uint64_t>(p.epoch, 1) - 1) + within;
}

}  // namespace

TrainingBar::TrainingBar(ProgressScreen screen) : screen_(std::move(screen)), drawn_(screen_.seconds() - redraw_s) {}

void TrainingBar::wipe() {
  if (visible_) *screen_.out << wipe_line << std::flush;
  visible_ = false;
}

void TrainingBar::update(const TrainingProgress& progress) {
  const double now = screen_.seconds();
  if (!began_) {
    began_ = now;
    done_before_ = epochs_done(progress);
  }
  if (!screen_.is_terminal || now - drawn_ < redraw_s) return;
  drawn_ = now;
  visible_ = true;
  *screen_.out << wipe_line << line(progress, now) << std::flush;
}

std::string TrainingBar::line(const TrainingProgress& p, double now) {
  const double part = p.clips == 0 ? 0.0 : static_cast<double>(p.clip) / static_cast<double>(p.clips);
  const auto filled = static_cast<std::size_t>(std::min(1.0, part) * bar_columns);
  std::string text = fmt::format("epoch {}/{} [{}{}] {}/{}  loss {:.3f}  right {:.1f}%  changed {:.1f}%", p.epoch,
                                 p.epochs, std::string(filled, '#'), std::string(bar_columns - filled, '.'), p.clip,
                                 p.clips, p.loss, 100.0 * p.accuracy, 100.0 * p.changed);
  const double done = epochs_done(p), here = done - done_before_;
  if (here > least_known)
    text += fmt::format("  {} left", duration_text((static_cast<double>(p.epochs) - done) * (now - *began_) / here));
  return text;
}

}  // namespace deltasim::sim
