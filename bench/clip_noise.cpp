#include "models/error.hpp"
#include "traces/actions.hpp"
#include "traces/clip_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace deltasim;

namespace {

constexpr std::uint32_t most_frames = 120;
constexpr std::size_t rendered_clips = 320;

/// How a clip's values change from frame to frame.
struct Change {
  double unchanged = 0;     ///< share of values that are the same in the next frame
  double quiet_noise = 0;   ///< standard deviation of the quarter that changes least, its noisiest value: grey levels
  double median_noise = 0;  ///< of the value in the middle
};

/// Noise is that part of a change that still scenes have, too: half the mean square of differences, value by value.
Change change_of(const models::ClipSource& clips, std::size_t clip) {
  const std::uint64_t size = clips.shape().size();
  const std::uint32_t frames = std::min(clips.info(clip).frames, most_frames);
  std::vector<std::uint8_t> values(size * frames);
  clips.read(clip, 0, frames, values.data());
  std::vector<double> variance(size);
  std::uint64_t same = 0;
  const double pairs = static_cast<double>(frames - 1);
  for (std::uint64_t i = size; i < values.size(); ++i) {
    const int difference = int{values[i]} - int{values[i - size]};
    same += difference == 0;
    variance[i % size] += difference * difference / (2 * pairs);
  }
  std::sort(variance.begin(), variance.end());
  return {static_cast<double>(same) / (pairs * static_cast<double>(size)), std::sqrt(variance[size / 4]),
          std::sqrt(variance[size / 2])};
}

void print_row(const std::string& name, const Change& change) {
  fmt::print("| {} | {:.0f} % | {:.2f} | {:.2f} |\n", name, 100 * change.unchanged, change.quiet_noise,
             change.median_noise);
}

/// A row for each film in a folder, then the quartiles of the rendered benchmark.
void print_table(const std::string& folder, std::uint32_t side) {
  fmt::print(
      "| {0} x {0} pixels | values unchanged from frame to frame | noise, quietest quarter | noise, median |\n"
      "|---|---:|---:|---:|\n",
      side);
  std::vector<traces::ClipFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back({entry.path().string(), 0, ""});
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  traces::ClipOptions options;
  options.width = options.height = side;
  options.frames = most_frames;
  traces::ClipReports reports;
  reports.message = [](const std::string& message) { fmt::print(stderr, "{}\n", message); };
  const traces::ClipFiles films({"films"}, files, folder, options, reports);
  for (std::size_t i = 0; i < films.size(); ++i)
    print_row(std::filesystem::path(films.info(i).name).filename().string(), change_of(films, i));

  traces::ActionOptions drawn;
  drawn.width = drawn.height = side;
  const traces::RenderedActions rendered(drawn, traces::Split::test, rendered_clips);
  std::vector<double> same, quiet, median;
  for (std::size_t i = 0; i < rendered.size(); ++i) {
    const Change change = change_of(rendered, i);
    same.push_back(change.unchanged), quiet.push_back(change.quiet_noise), median.push_back(change.median_noise);
  }
  for (auto* values : {&same, &quiet, &median}) std::sort(values->begin(), values->end());
  for (const std::size_t share : {0, 1, 2, 3, 4}) {
    constexpr const char* names[] = {"least", "first quartile", "median", "third quartile", "most"};
    const std::size_t at = share * (rendered_clips - 1) / 4;
    print_row(fmt::format("rendered clips, {}", names[share]), {same[at], quiet[at], median[at]});
  }
}

}  // namespace

/// How noisy films are at a network's resolution: what the rendered benchmark's noise is set by (docs/dataset.md).
int main(int count, char** arguments) try {
  if (count != 2 && count != 3) {
    std::fputs("clip_noise FOLDER_OF_FILMS [PIXELS]\n", stderr);
    return 2;
  }
  print_table(arguments[1], count == 3 ? static_cast<std::uint32_t>(std::strtoul(arguments[2], nullptr, 10)) : 64);
} catch (const models::InputError& error) {
  std::fprintf(stderr, "clip_noise: %s\n", error.what());
  return 2;
}
