#include "sim/interrupt.hpp"
#include "sim/progress.hpp"
#include "sim/training/training_config.hpp"

#include <fmt/format.h>

#include <iostream>

namespace deltasim::sim {
namespace {

/// Decoding takes a while: where it is, on a terminal; and what is left out, in any case.
class Opening {
 public:
  explicit Opening(const char* split) : split_(split), screen_(standard_screen()) {}
  ~Opening() { wipe(); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  traces::ClipReports reports() {
    return {[this](std::size_t done, std::size_t all) { show(done, all); },
            [this](const std::string& message) {
              wipe();
              std::cerr << "deltasim-train: warning: " << message << "\n";
            }};
  }

 private:
  void show(std::size_t done, std::size_t all) {
    stop_if_interrupted();
    const double now = screen_.seconds();
    if (!screen_.is_terminal || now - drawn_ < 0.1) return;
    drawn_ = now;
    visible_ = true;
    *screen_.out << fmt::format("\r\033[Kdecoding clips to {}: {}/{}", split_, done, all) << std::flush;
  }
  void wipe() {
    if (visible_) *screen_.out << "\r\033[K" << std::flush;
    visible_ = false;
  }

  const char* split_;
  ProgressScreen screen_;
  double drawn_ = 0.0;
  bool visible_ = false;
};

std::unique_ptr<models::ClipSource> open_split(const DataConfig& data, traces::Split split) {
  const bool train = split == traces::Split::train;
  if (const auto& sets = data.rendered)
    return std::make_unique<traces::RenderedActions>(*sets, split, train ? sets->train_clips : sets->test_clips);
  Opening opening(train ? "train on" : "test with");
  auto clips = data.ucf101 ? traces::open_ucf101(*data.ucf101, split, opening.reports())
                           : traces::open_clip_folder(*data.folder, split, opening.reports());
  if (!clips->left_out().empty())
    std::cerr << fmt::format("deltasim-train: warning: {} of {} clips to {} are left out\n", clips->left_out().size(),
                             clips->left_out().size() + clips->size(), train ? "train on" : "test with");
  return clips;
}

}  // namespace

DataSets open_data(const TrainingConfig& config) {
  DataSets sets{open_split(config.data, traces::Split::train), open_split(config.data, traces::Split::test), 30.0};
  if (config.data.rendered) sets.frame_rate = config.data.rendered->frame_rate;
  return sets;
}

}  // namespace deltasim::sim
