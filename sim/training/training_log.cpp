#include "sim/training/training_log.hpp"

#include "sim/progress.hpp"
#include "sim/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace deltasim::sim {
namespace {

using models::training::EpochRecord;
using models::training::Evaluation;
using models::training::LayerActivity;

constexpr std::size_t view_columns = 32;
constexpr std::array<const char*, 9> heights{"·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string percent(double share) { return fmt::format("{:.1f}%", 100.0 * share); }

std::string test_cells(const Evaluation* test, std::size_t layers) {
  if (test == nullptr) return std::string(6 + 2 * layers, ',');
  std::string cells = fmt::format(",{},{},{},{},{},{}", test->accuracy, test->frame_accuracy, test->macs_nonzero,
                                  test->macs_changed, test->sparsity_nonzero, test->sparsity_changed);
  for (const LayerActivity& layer : test->layers) cells += fmt::format(",{},{}", layer.nonzero, layer.changed);
  return cells;
}

}  // namespace

const EpochRecord* last_tested(const std::vector<EpochRecord>& records) {
  const auto found = std::find_if(records.rbegin(), records.rend(), [](const auto& r) { return r.test.has_value(); });
  return found == records.rend() ? nullptr : &*found;
}

std::string log_csv(const std::vector<EpochRecord>& records) {
  const EpochRecord* tested = last_tested(records);
  std::string text =
      "epoch,seconds,learning_rate,loss,task_loss,penalty,accuracy,test_accuracy,test_frame_accuracy,macs_nonzero,"
      "macs_changed,sparsity_nonzero,sparsity_changed";
  const std::size_t layers = tested == nullptr ? 0 : tested->test->layers.size();
  for (std::size_t l = 0; l < layers; ++l) {
    const std::string& name = tested->test->layers[l].name;
    text += "," + csv_text("nonzero:" + name) + "," + csv_text("changed:" + name);
  }
  text += "\n";
  for (const EpochRecord& r : records)
    text += fmt::format("{},{:.3f},{},{},{},{},{}{}\n", r.epoch, r.seconds, r.learning_rate, r.loss, r.task_loss,
                        r.penalty, r.accuracy, test_cells(r.test ? &*r.test : nullptr, layers));
  return text;
}

std::string density_letters(const std::vector<LayerActivity>& layers, std::size_t most) {
  const std::size_t columns = std::min(most, layers.size());
  std::string letters;
  for (std::size_t column = 0; column < columns; ++column) {
    const std::size_t begin = column * layers.size() / columns, end = (column + 1) * layers.size() / columns;
    double changed = 0.0;
    for (std::size_t l = begin; l < end; ++l) changed += layers[l].changed / static_cast<double>(end - begin);
    // Few changes are the interesting ones: a root spreads them. Nothing at all is a dot of its own.
    const auto height = static_cast<std::size_t>(std::ceil(std::sqrt(std::clamp(changed, 0.0, 1.0)) * 8.0));
    letters += heights[height];
  }
  return letters;
}

std::string epoch_heading() {
  return fmt::format("{:>9} {:>8} {:>7} {:>7} {:>8} {:>8} {:>11}  {}\n", "epoch", "loss", "train", "test", "nonzero",
                     "changed", "time", "changes by layer");
}

std::string epoch_line(const EpochRecord& r, std::uint64_t epochs) {
  const auto of_test = [&](double Evaluation::*member) {
    return r.test ? percent((*r.test).*member) : std::string("-");
  };
  return fmt::format("{:>9} {:>8.4f} {:>7} {:>7} {:>8} {:>8} {:>11}  {}\n", fmt::format("{}/{}", r.epoch, epochs),
                     r.loss, percent(r.accuracy), of_test(&Evaluation::accuracy), of_test(&Evaluation::macs_nonzero),
                     of_test(&Evaluation::macs_changed), duration_text(r.seconds),
                     r.test ? density_letters(r.test->layers, view_columns) : "");
}

}  // namespace deltasim::sim
