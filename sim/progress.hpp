#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace deltasim::sim {

/// Where progress is shown, and the time; tests have their own.
struct ProgressScreen {
  std::ostream* out;
  bool is_terminal;
  std::function<double()> seconds;
};

/// stderr and the steady clock.
ProgressScreen standard_screen();

/// "2 min 05 s"
std::string duration_text(double seconds);

/// One line with label, count, rate and time left: on a terminal only, and only for work that takes longer than 2 s.
class ProgressBar {
 public:
  ProgressBar(std::string label, std::optional<std::uint64_t> total, ProgressScreen screen = standard_screen());
  ~ProgressBar();  ///< wipes the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void update(std::uint64_t done);

 private:
  std::string line(std::uint64_t done, double elapsed) const;

  std::string label_;
  std::optional<std::uint64_t> total_;
  ProgressScreen screen_;
  double started_, drawn_;
  bool visible_ = false;
};

/// Shows the progress of one phase and ends the work after Ctrl-C: call the result with the number of frames done.
std::function<void(std::uint64_t)> show_progress(const std::string& label, std::optional<std::uint64_t> total);

}  // namespace deltasim::sim
