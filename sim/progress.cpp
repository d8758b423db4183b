#include "sim/progress.hpp"

#include "sim/interrupt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>

#include <unistd.h>

namespace deltasim::sim {
namespace {

constexpr double quiet_s = 2.0;  ///< shorter work shows nothing
constexpr double redraw_s = 0.1;
constexpr std::size_t bar_columns = 24;
constexpr const char* wipe = "\r\033[K";

}  // namespace

std::string duration_text(double seconds) {
  const auto s = static_cast<std::uint64_t>(std::llround(std::min(seconds, 1e9)));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

ProgressScreen standard_screen() {
  return {&std::cerr, isatty(STDERR_FILENO) == 1,
          [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }};
}

ProgressBar::ProgressBar(std::string label, std::optional<std::uint64_t> total, ProgressScreen screen)
    : label_(std::move(label)),
      total_(total),
      screen_(std::move(screen)),
      started_(screen_.seconds()),
      drawn_(started_ + quiet_s - redraw_s) {}

ProgressBar::~ProgressBar() {
  if (visible_) *screen_.out << wipe << std::flush;
}

void ProgressBar::update(std::uint64_t done) {
  if (!screen_.is_terminal) return;
  const double now = screen_.seconds();
  if (now - drawn_ < redraw_s) return;
  drawn_ = now;
  visible_ = true;
  *screen_.out << wipe << line(done, now - started_) << std::flush;
}

std::string ProgressBar::line(std::uint64_t done, double elapsed) const {
  const double rate = static_cast<double>(done) / elapsed;
  const std::string speed = fmt::format("{:.1f} frames/s", rate);
  if (!total_ || *total_ == 0) return fmt::format("{:<12} {} frames  {}", label_, done, speed);
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total_));
  const auto filled = static_cast<std::size_t>(part * bar_columns);
  std::string text = fmt::format("{:<12} [{}{}] {}/{}  {}", label_, std::string(filled, '#'),
                                 std::string(bar_columns - filled, '.'), done, *total_, speed);
  if (done > 0 && done < *total_) text += "  " + duration_text(static_cast<double>(*total_ - done) / rate) + " left";
  return text;
}

std::function<void(std::uint64_t)> show_progress(const std::string& label, std::optional<std::uint64_t> total) {
  stop_if_interrupted();
  auto bar = std::make_shared<ProgressBar>(label, total);
  return [bar](std::uint64_t done) {
    stop_if_interrupted();
    bar->update(done);
  };
}

}  // namespace deltasim::sim
