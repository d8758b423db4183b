#include "sim/tune/trials.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

namespace deltasim::sim {
namespace {

constexpr double impossible = std::numeric_limits<double>::max();

Json to_json(const Trial& trial) {
  if (!trial.possible) return Json();
  Json rows = Json::array();
  for (const auto& r : trial.rows) rows.push_back(Json::array({r.events, r.macs}));
  return Json{{"loss", Json::array({trial.loss.whole, trial.loss.worst, trial.loss.power})}, {"rows", rows}};
}

Trial no_trial() {
  Trial trial;
  trial.possible = false;
  trial.loss = {impossible, impossible, impossible};
  return trial;
}

Trial trial_of(const Json& json) {
  if (json.is_null()) return no_trial();
  Trial trial;
  const auto loss = json.at("loss").get<std::vector<double>>();
  trial.loss = {loss.at(0), loss.at(1), loss.at(2)};
  for (const Json& row : json.at("rows")) {
    models::BranchWork work;
    work.events = row.at(0), work.macs = row.at(1);
    trial.rows.push_back(work);
    trial.macs += work.macs;
  }
  return trial;
}

Json to_json(const Measured& m) {
  return Json{{"macs", m.macs},
              {"cycles", m.cycles},
              {"energy_pj", m.energy_pj},
              {"row_pj", m.row_pj},
              {"row_cycles", m.row_cycles}};
}

Measured measured_of(const Json& json) {
  Measured m;
  m.macs = json.at("macs"), m.cycles = json.at("cycles"), m.energy_pj = json.at("energy_pj");
  m.row_pj = json.at("row_pj").get<std::vector<double>>();
  m.row_cycles = json.at("row_cycles").get<std::vector<double>>();
  return m;
}

/// Calls `work` with 0 .. count - 1 on all processors; `done` after each on the calling thread alone, and there it may
/// throw: then nothing new is begun.
template <class Work, class Done>
void in_parallel(std::size_t count, const Work& work, const Done& done) {
  std::atomic<std::size_t> next{0}, finished{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto take = [&](bool is_caller) {
    try {
      for (std::size_t i = next++; i < count; i = next++) {
        work(i);
        ++finished;
        if (is_caller) done(finished.load());
      }
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  const std::size_t wanted = std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
  for (std::size_t t = 1; t < wanted; ++t) threads.emplace_back(take, false);
  take(true);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

Trials::Trials(std::string name, Stage& stage, const Knobs& knobs, const HeldFrames& frames, const Truth& truth,
               TrialLog& log)
    : name_(std::move(name)), stage_(stage), knobs_(knobs), frames_(frames), truth_(truth), log_(log) {}

std::string Trials::key(const char* kind, const Setting& setting) const {
  std::string text = name_ + kind;
  for (const auto level : setting) text += fmt::format(" {}", level);
  return text;
}

bool Trials::recall(const Setting& setting) {
  if (trials_.count(setting) > 0) return true;
  const Json* json = log_.find(key("", setting));
  if (json != nullptr) trials_.emplace(setting, trial_of(*json));
  return json != nullptr;
}

Trial Trials::compute(const Setting& setting) const {
  const models::RuleSet rules = knobs_.rules(setting);
  models::Network network;
  try {
    network = models::with_rule_steps(stage_.subject().network, rules);
  } catch (const models::InputError&) {
    return no_trial();
  }
  HeldFrames frames = frames_;
  frames.rewind();
  models::ReferenceNetwork reference(network, rules, frames);
  models::WorkCounter counter(network);
  models::FrameEvents events;
  FrameOutputs outputs;
  Trial trial;
  trial.rows.resize(stage_.rows().size());
  while (reference.next(events)) {
    const auto& work = counter.count(events);
    for (std::size_t i = 1; i < trial.rows.size(); ++i) {
      const auto& row = work[stage_.rows()[i].layer][stage_.rows()[i].branch];
      trial.rows[i].events += row.events;
      trial.rows[i].macs += row.macs;
      trial.macs += row.macs;
    }
    outputs.push_back(events.outputs);
  }
  trial.loss = truth_.loss(network, outputs);
  return trial;
}

void Trials::prepare(const std::vector<Setting>& settings, const Phases& phases, const std::string& label) {
  std::set<Setting> wanted;
  for (const auto& setting : settings)
    if (!recall(setting)) wanted.insert(setting);
  if (wanted.empty()) return;
  const std::vector<Setting> todo(wanted.begin(), wanted.end());
  const FrameProgress progress = phases(label, todo.size());
  std::mutex mutex;
  in_parallel(
      todo.size(),
      [&](std::size_t i) {
        Trial trial = compute(todo[i]);
        const std::lock_guard lock(mutex);
        log_.add(key("", todo[i]), to_json(trial));
        trials_.emplace(todo[i], std::move(trial));
        ++computed_;
      },
      [&](std::uint64_t done) {
        if (progress) progress(done);
      });
}

const Trial& Trials::of(const Setting& setting) {
  if (!recall(setting))
    prepare(
        {setting}, [](const std::string&, auto) { return FrameProgress(); }, "");
  return trials_.at(setting);
}

const Measured& Trials::measured(const Setting& setting, const Phases& phases) {
  const auto known = measured_.find(setting);
  if (known != measured_.end()) return known->second;
  if (const Json* json = log_.find(key(" machine", setting)))
    return measured_.emplace(setting, measured_of(*json)).first->second;
  stage_.set_rules(knobs_.rules(setting));
  HeldFrames frames = frames_;
  frames.rewind();
  const FrameProgress progress = phases("simulate", frames.count());
  const ExecutionResult result =
      stage_.account("delta", stage_.simulate("delta", frames, progress), frames.frame_rate());
  Measured m;
  m.macs = result.macs, m.cycles = result.cycles, m.energy_pj = result.energy.value;
  for (const auto& row : result.rows) {
    m.row_pj.push_back(row.energy.value);
    m.row_cycles.push_back(static_cast<double>(row.cycles));
  }
  log_.add(key(" machine", setting), to_json(m));
  ++simulated_;
  return measured_.emplace(setting, std::move(m)).first->second;
}

}  // namespace deltasim::sim
