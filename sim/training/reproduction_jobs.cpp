#include "sim/training/reproduction_jobs.hpp"

#include "sim/json_text.hpp"
#include "sim/progress.hpp"
#include "sim/sweep/children.hpp"
#include "sim/training/training_folder.hpp"
#include "traces/atomic_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

constexpr double look_s = 0.5;
constexpr double line_s = 60.0;  ///< where nobody sees a line change
/// Of simulation.json: another one where its keys or their meaning change, so that older files are made anew.
constexpr int simulation_format = 3;

enum class Step : std::uint8_t { train, simulate };
enum class State : std::uint8_t { waiting, running, done };

struct Job {
  std::size_t task = 0;
  Step step = Step::train;
  State state = State::waiting;
  double began = 0;
};

std::string last_line(const std::string& path) {
  std::ifstream in(path);
  std::string line, last;
  while (std::getline(in, line))
    if (!line.empty()) last = line;
  return last;
}

std::uint64_t lines_of(const std::string& path) {
  std::ifstream in(path);
  std::uint64_t lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  return lines;
}

class Jobs {
 public:
  Jobs(const ReproductionFolder& folder, const Recipe& recipe, const ChildArguments& arguments)
      : folder_(folder), recipe_(recipe), arguments_(arguments), screen_(standard_screen()) {
    for (const Step step : {Step::train, Step::simulate})
      for (std::size_t t = 0; t < recipe.tasks.size(); ++t) jobs_.push_back({t, step, found(t, step), 0});
  }

  void run(std::uint64_t at_a_time) {
    while (std::any_of(jobs_.begin(), jobs_.end(), [](const Job& j) { return j.state != State::done; })) {
      while (children_.running() < at_a_time) {
        const auto next = std::find_if(jobs_.begin(), jobs_.end(), [this](const Job& j) { return ready(j); });
        if (next == jobs_.end()) break;
        start(static_cast<std::size_t>(next - jobs_.begin()));
      }
      if (const auto end = children_.wait(look_s)) finish(*end);
      show();
    }
    wipe();
  }

 private:
  const Task& task(const Job& job) const { return recipe_.tasks[job.task]; }
  std::string words(const Job& job, const char* kind) const {
    return folder_.training(task(job).id) + (job.step == Step::train ? ".train." : ".simulate.") + kind;
  }

  State found(std::size_t t, Step step) const {
    const Task& wanted = recipe_.tasks[t];
    const std::string training = folder_.training(wanted.id);
    if (step == Step::simulate) return is_simulated(folder_, recipe_, wanted) ? State::done : State::waiting;
    if (!is_training_folder(training) || !TrainingFolder(training).finished()) return State::waiting;
    // The child refuses a folder with another training; one that is finished need not be asked unless that may be so
    TrainingConfig config = read_training_document(Document::parse(wanted.file.dump(), wanted.id), wanted.id, {});
    if (!wanted.from.empty()) config.start = folder_.training(wanted.from);
    return TrainingFolder(training).holds(config) ? State::done : State::waiting;
  }
  bool is_trained(const std::string& id) const {
    return std::any_of(jobs_.begin(), jobs_.end(), [&](const Job& j) {
      return j.step == Step::train && task(j).id == id && j.state == State::done;
    });
  }
  bool ready(const Job& job) const {
    if (job.state != State::waiting) return false;
    if (job.step == Step::simulate) return is_trained(task(job).id);
    return task(job).from.empty() || is_trained(task(job).from);
  }

  void start(std::size_t index) {
    Job& job = jobs_[index];
    const Task& wanted = task(job);
    std::vector<std::string> arguments;
    if (job.step == Step::train) {
      Json file = wanted.file;
      if (!wanted.from.empty()) file["start"] = wanted.from;  // beside this file
      traces::write_file(folder_.config(wanted.id), file.dump(1) + "\n");
      arguments = {"train", folder_.config(wanted.id), "-o", folder_.training(wanted.id), "--resume"};
    } else {
      arguments = {"reproduce"};
      arguments.insert(arguments.end(), arguments_.recipe.begin(), arguments_.recipe.end());
      arguments.insert(arguments.end(), {"-o", folder_.path, "--simulate", wanted.id});
    }
    job.state = State::running;
    job.began = screen_.seconds();
    children_.start(index, arguments, -1, words(job, "out"), words(job, "err"));
  }

  void finish(const ChildEnd& end) {
    Job& job = jobs_[end.index];
    wipe();
    if (end.code != 0 || end.signal != 0) fail(job, end);
    std::error_code ignored;
    for (const char* kind : {"out", "err"}) fs::remove(words(job, kind), ignored);
    job.state = State::done;
    report(job);
  }
  [[noreturn]] void fail(const Job& job, const ChildEnd& end) const {
    const std::string said = last_line(words(job, "err"));
    const std::string what = fmt::format("{} {}", job.step == Step::train ? "training" : "simulating", task(job).id);
    const std::string why = !said.empty()     ? said
                            : end.signal != 0 ? fmt::format("ended by signal {}", end.signal)
                                              : fmt::format("exit code {}", end.code);
    if (end.code == 2) throw models::InputError(what, "", why, "");
    throw std::runtime_error(what + ": " + why);
  }
  void report(const Job& job) const {
    const double seconds = screen_.seconds() - job.began;
    if (job.step == Step::train) {
      const Json e = TrainingFolder(folder_.training(task(job).id)).state()["result"]["evaluation"];
      fmt::print("{:<32} trained    {:5.1f} % right  MACs {:5.1f} % not zero, {:5.1f} % changed  {}\n", task(job).id,
                 100 * e["accuracy"].get<double>(), 100 * e["macs_nonzero"].get<double>(),
                 100 * e["macs_changed"].get<double>(), duration_text(seconds));
    } else {
      fmt::print("{:<32} simulated  {}\n", task(job).id, duration_text(seconds));
    }
    std::fflush(stdout);
  }

  std::string running_text(const Job& job) const {
    if (job.step == Step::simulate) return "simulating " + task(job).id;
    const std::uint64_t lines = lines_of(folder_.training(task(job).id) + "/log.csv");
    const Json& training = task(job).file["training"];
    return fmt::format("{} epoch {}/{}", task(job).id, std::max<std::uint64_t>(1, lines),
                       training.value("epochs", models::training::TrainingOptions{}.epochs));
  }
  void show() {
    const double now = screen_.seconds();
    if (now - shown_ < (screen_.is_terminal ? look_s : line_s)) return;
    shown_ = now;
    const auto done = std::count_if(jobs_.begin(), jobs_.end(), [](const Job& j) { return j.state == State::done; });
    std::string text = fmt::format("reproduce: {} of {} done", done, jobs_.size());
    for (const Job& job : jobs_)
      if (job.state == State::running) text += "; " + running_text(job);
    *screen_.out << (screen_.is_terminal ? "\r\033[K" + text : text + "\n") << std::flush;
    visible_ = screen_.is_terminal;
  }
  void wipe() {
    if (visible_) *screen_.out << "\r\033[K" << std::flush;
    visible_ = false;
  }

  const ReproductionFolder& folder_;
  const Recipe& recipe_;
  const ChildArguments& arguments_;
  ProgressScreen screen_;
  std::vector<Job> jobs_;
  Children children_;
  double shown_ = 0;
  bool visible_ = false;
};

}  // namespace

Json simulation_settings(const Recipe& recipe, const Task& task) {
  const SimulatedClips& s = recipe.simulation;
  return {{"format", simulation_format},
          {"hardware", s.hardware},
          {"clips", s.clips},
          {"frames", s.frames},
          {"dense_frames", s.dense_frames},
          {"accuracy_clips", s.accuracy_clips},
          {"rate_clips", s.rate_clips},
          {"frame_rates", s.frame_rates},
          {"execution", static_cast<int>(task.config.execution)}};
}

bool is_simulated(const ReproductionFolder& folder, const Recipe& recipe, const Task& task) {
  const std::string path = folder.simulation(task.id);
  std::error_code failed;
  if (!fs::exists(path, failed)) return false;
  const Json there = parse_json(read_text(path), path);
  return there.is_object() && there.value("settings", Json()) == simulation_settings(recipe, task);
}

void run_jobs(const ReproductionFolder& folder, const Recipe& recipe, const ChildArguments& arguments,
              std::uint64_t jobs) {
  std::error_code failed;
  fs::create_directories(folder.path + "/trainings", failed);
  if (failed)
    throw models::InputError(folder.path, "", "cannot be made (" + failed.message() + ")", "a folder for the results");
  Jobs(folder, recipe, arguments).run(jobs);
}

}  // namespace deltasim::sim
