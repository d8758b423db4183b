#include "sim/sweep/status.hpp"

#include "sim/json_text.hpp"
#include "sim/sweep/folder.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace deltasim::sim {
namespace {

constexpr std::size_t most_shown = 5;
constexpr std::size_t most_running = 100000;

std::string message_of(const std::string& point) {
  std::ifstream in(point + "/failure.json");
  const Json failure = Json::parse(in, nullptr, false);
  return failure.is_object() ? failure.value("message", "") : "";
}

}  // namespace

std::string sweep_status(const std::string& path) {
  const SweepFolder folder(path);
  folder.require_sweep();
  const std::string file = folder.file("sweep.json");
  const Json points = parse_json(read_text(file), file).value("points", Json::object());
  std::uint64_t done = 0, failed = 0;
  std::string failures;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("points"))) {
    const std::string id = entry.path().filename().string();
    const PointState state = folder.state(id);
    done += state == PointState::done ? 1 : 0;
    if (state != PointState::failed) continue;
    if (++failed <= most_shown) failures += fmt::format("failed {}: {}\n", id, message_of(folder.point(id)));
  }
  const std::uint64_t runs = points.value("total", std::uint64_t{0}) - points.value("excluded", std::uint64_t{0});
  std::string text = fmt::format("{} points: {} done, {} failed, {} left ({} running)\n", runs, done, failed,
                                 runs - std::min(runs, done + failed), folder.claimed(most_running).size());
  if (const auto excluded = points.value("excluded", std::uint64_t{0}))
    text += fmt::format("{} more are excluded by constraints\n", excluded);
  text += failures;
  if (failed > most_shown)
    text += fmt::format("and {} more failed points, see 'message' in sweep.csv\n", failed - most_shown);
  return text;
}

}  // namespace deltasim::sim
