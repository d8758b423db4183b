#include "sim/tune/tune.hpp"

#include "models/error.hpp"
#include "models/sending.hpp"
#include "sim/cache/digest.hpp"
#include "sim/input.hpp"
#include "sim/judge.hpp"
#include "sim/stage.hpp"
#include "sim/tune/trials.hpp"
#include "sim/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

namespace deltasim::sim {
namespace {

constexpr std::uint64_t usual_calibration = 96;
constexpr std::uint64_t fewest_frames = 4;
constexpr std::size_t parts_of_search = 4;
constexpr double coarsest = 4.0;  ///< thresholds above so many times the first uniform one that loses too much: no
constexpr std::uint32_t least_top = 8;  ///< level up to which any threshold may go
constexpr double farthest_loss = 3.0;   ///< uniform thresholds that lose more than so many limits are not simulated
constexpr double ladder[] = {0.5, 1.0, 2.0};  ///< limits of the tuned curve; 1 is searched first
constexpr std::size_t checked_at_once = 8;

std::string identity(const RunConfig& config, const TuneOptions& options, const std::vector<HeldFrames*>& sets) {
  Digest digest;
  const Json json = effective(config);
  std::string text = fmt::format("{} {} ", DELTASIM_VERSION, static_cast<int>(options.metric));
  for (const char* key : {"/network", "/hardware", "/energy", "/mapping", "/delta", "/engine"}) {
    const Json::json_pointer pointer(key);
    if (json.contains(pointer)) text += json.at(pointer).dump();
  }
  digest.add(text.data(), text.size());
  models::Frame frame;
  for (HeldFrames* frames : sets) {
    const std::uint64_t count = frames->count();
    digest.add(&count, sizeof count);
    for (frames->rewind(); frames->next(frame);) {
      digest.add(frame.values.data(), frame.values.size() * sizeof(float));
      if (frame.label) digest.add(&*frame.label, sizeof *frame.label);
    }
  }
  return digest.text();
}

void check_config(const RunConfig& config) {
  if (!config.needs_machine())
    throw models::InputError(config.file, "/executions", "holds the systolic array alone, which knows no thresholds",
                             "an execution of the event machine, as in [\"dense\", \"delta\"]");
  if (config.input.kind == InputKind::stream)
    throw models::InputError(config.file, "/input", "is a recorded stream, whose thresholds are settled",
                             "the frames from which it was recorded: video, images, ...");
  if (config.hardware.core.queue_policy == hw::QueuePolicy::drop)
    throw models::InputError(config.file, "/hardware/core/queue_policy",
                             "is drop: what is lost depends on more than thresholds", "back_pressure");
}

HeldFrames hold(const RunConfig& config, const models::Network& network, std::uint64_t limit, std::string* source) {
  auto open = open_input(config.input, &network, network.layers[0].output, config.file, config.frames);
  if (source != nullptr) *source = open.source;
  return HeldFrames(*open.frames, limit);
}

/// The run of the frames that follow the first `skipped`.
RunConfig rest_of(const RunConfig& config, std::uint64_t skipped, std::uint64_t frames) {
  RunConfig rest = config;
  rest.input.frames.first_frame += skipped * rest.input.frames.frame_step;
  rest.frames = rest.input.frames.frames = frames;
  return rest;
}

/// Quantised on the same frames, whatever frames it runs on.
void pin_calibration(RunConfig& run, const RunConfig& original) {
  if (run.network.calibration.input) return;
  run.network.calibration.input = original.input;
}

Truth truth_of(const Stage& stage, HeldFrames frames, Metric metric, std::size_t parts, std::size_t first = 0) {
  const auto& network = stage.subject().network;
  return {network, dense_outputs(network, stage.rules_of("dense"), frames, {}), frames, metric, parts, first};
}

/// The frames of calibration begin with those of the search; the others are for the check, which runs all of them: what
/// a threshold hides can show late.
struct Frames {
  HeldFrames search, calibration, held;
};

struct Sets {
  std::string source, held_source;
  RunConfig held_run;
  Frames frames;
};

void require_frames(const RunConfig& config, std::uint64_t count) {
  if (count >= fewest_frames) return;
  throw models::InputError(config.file, "/input",
                           fmt::format("gives {} calibration frame{}", count, count == 1 ? "" : "s"),
                           fmt::format("at least {}: a search and a check on consecutive frames, and others for the "
                                       "report",
                                       fewest_frames));
}

Sets take_frames(const RunConfig& config, const std::optional<RunConfig>& held_out, const TuneOptions& options,
                 const models::Network& network) {
  const std::uint64_t wanted = options.calibration_frames.value_or(usual_calibration);
  std::string source;
  HeldFrames all = hold(config, network, held_out ? wanted : wanted + options.held_out_frames, &source);
  std::uint64_t calibration = std::min(wanted, all.count());
  if (!options.calibration_frames && !held_out) calibration = std::min(calibration, all.count() / 2);
  require_frames(config, calibration);
  if (!held_out && all.count() == calibration)
    throw models::InputError(config.file, "/input",
                             fmt::format("has {} frames, and all of them are for calibration", calibration),
                             fmt::format("--calibration-frames below {}, or --held-out INPUT", calibration));
  const std::uint64_t check = calibration / 3;
  const std::uint64_t searched = calibration - check;
  std::string held_source = source;
  RunConfig held_run = held_out ? *held_out : rest_of(config, calibration, all.count() - calibration);
  HeldFrames held =
      held_out ? hold(*held_out, network, options.held_out_frames, &held_source) : all.part(calibration, all.count());
  if (held.count() == 0)
    throw models::InputError("--held-out", "", "has no frames", "an input with frames for the report");
  if (held_out) held_run.frames = held_run.input.frames.frames = held.count();
  pin_calibration(held_run, config);
  return {source, held_source, held_run, {all.part(0, searched), all.part(0, calibration), held}};
}

/// Everything that the phases of tuning share.
class Tuning {
 public:
  Tuning(const RunConfig& config, const TuneOptions& options, const Subject& subject, Sets& sets, const Phases& phases)
      : options_(options),
        phases_(phases),
        limit_(allowed_loss(options.metric, options.max_loss)),
        stage_(config, subject),
        knobs_(subject.network, models::with_layer_names(subject.network, config.delta)),
        search_truth_(truth_of(stage_, sets.frames.search, options.metric, parts_of_search)),
        check_truth_(truth_of(stage_, sets.frames.calibration, options.metric, 1, sets.frames.search.count())),
        held_truth_(truth_of(stage_, sets.frames.held, options.metric, 1)),
        log_(options.log,
             identity(config, options, {&sets.frames.search, &sets.frames.calibration, &sets.frames.held})),
        search_("search", stage_, knobs_, sets.frames.search, search_truth_, log_),
        check_("check", stage_, knobs_, sets.frames.calibration, check_truth_, log_),
        held_("held out", stage_, knobs_, sets.frames.held, held_truth_, log_) {
    if (options.metric == Metric::accuracy && !(search_truth_.has_labels() && held_truth_.has_labels()))
      throw models::InputError(
          "--metric", "", "is accuracy, but the input has no labels",
          "/input/labels or /input/label in the run file, or --metric top1 (decisions as the dense "
          "network's)");
  }

  void run(TuneResult& result);

 private:
  void try_uniform(TuneResult& result);
  void fit_costs(const TuneResult& result);
  void look_for_all_limits(TuneResult& result);
  Candidate descend_from(TuneResult& result, const Setting& start, double limit, const std::string& name,
                         std::uint32_t rounds = 4);
  Setting perturbed(Setting setting);
  TunePoint choose(double limit, const TuneResult& result);
  void measure(TuneResult& result);
  void compare(TuneResult& result);
  Candidate best_known(double limit);
  Candidate candidate(const Setting& setting);
  TunePoint point(const Setting& setting);
  SearchLimits limits(double limit) const;
  std::size_t best_uniform(const TuneResult& result, double limit) const;
  double cost(const TunePoint& p) const { return cost_of(options_.objective, *p.held_out); }

  const TuneOptions& options_;
  const Phases& phases_;
  const double limit_;
  Stage stage_;
  Knobs knobs_;
  Truth search_truth_, check_truth_, held_truth_;
  TrialLog log_;
  Trials search_, check_, held_;
  std::optional<CostModel> costs_;
  std::uint32_t top_ = 0;
  std::mt19937_64 random_;
};

Candidate Tuning::candidate(const Setting& setting) {
  const Trial& t = search_.of(setting);
  return {setting, {(*costs_)(t), t.loss.worst, t.loss.power}};
}

TunePoint Tuning::point(const Setting& setting) {
  TunePoint p;
  p.setting = setting;
  p.search_loss = search_.of(setting).loss.worst;
  p.check_loss = check_.of(setting).loss.whole;
  if (costs_) p.estimated_cost = (*costs_)(search_.of(setting));
  return p;
}

/// Costs need not be known for that: MACs fall with the threshold nearly always.
std::size_t Tuning::best_uniform(const TuneResult& result, double limit) const {
  std::size_t best = 0;
  for (std::size_t i = 1; i < result.uniform.size(); ++i) {
    const bool cheaper =
        search_.all().at(result.uniform[i].setting).macs < search_.all().at(result.uniform[best].setting).macs;
    if (result.uniform[i].allowed(limit) && cheaper) best = i;
  }
  return best;
}

void Tuning::try_uniform(TuneResult& result) {
  std::vector<Setting> settings;
  for (std::uint32_t level = 0; level < knobs_.scale().size(); ++level) settings.push_back(knobs_.uniform(level));
  search_.prepare(settings, phases_, "uniform");
  check_.prepare(settings, phases_, "uniform");
  for (const auto& setting : settings) {
    if (!search_.of(setting).possible || !check_.of(setting).possible) break;
    result.uniform.push_back(point(setting));
    result.uniform.back().threshold = knobs_.scale()[setting[0]];
  }
  const double least =
      result.uniform.empty() ? 1.0 : std::max(result.uniform[0].search_loss, result.uniform[0].check_loss);
  if (least > limit_)
    throw models::InputError(
        "--max-loss", "",
        fmt::format("{} cannot be met: even thresholds of {} lose {:.4g}", options_.max_loss, knobs_.scale()[0], least),
        "a larger loss, or a rule that is exact (delta, send_on_delta)");
  result.best_uniform = best_uniform(result, limit_);
}

void Tuning::fit_costs(const TuneResult& result) {
  const std::size_t near = result.best_uniform, far = std::min(near + 3, result.uniform.size() - 1);
  std::vector<CostModel::Sample> samples;
  if (options_.objective != Objective::macs)
    for (const std::size_t i : {far, near}) {
      const Setting& setting = result.uniform[i].setting;
      if (i == near || far != near) samples.emplace_back(&search_.of(setting), &search_.measured(setting, phases_));
    }
  costs_.emplace(options_.objective, stage_.rows(), samples);
  const auto& scale = knobs_.scale();
  const std::size_t too_far = std::min(near + 1, scale.size() - 1);
  while (top_ + 1 < scale.size() && (top_ < least_top || scale[top_ + 1] <= coarsest * scale[too_far])) ++top_;
}

SearchLimits Tuning::limits(double limit) const {
  SearchLimits limits;
  limits.loss = limit;
  const bool smooth = options_.metric == Metric::relative_l2 || options_.metric == Metric::sqnr;
  limits.power = smooth ? limit * limit : 0.01;
  limits.top = top_;
  return limits;
}

Candidate Tuning::descend_from(TuneResult& result, const Setting& start, double limit, const std::string& name,
                               std::uint32_t rounds) {
  result.descents.push_back({limit, name, {}});
  const Evaluate evaluate = [&](const std::vector<Setting>& settings, const std::string& label) {
    search_.prepare(settings, phases_, label);
    std::vector<Judgement> judgements;
    judgements.reserve(settings.size());
    for (const auto& s : settings) judgements.push_back(candidate(s).judgement);
    return judgements;
  };
  SearchLimits within = limits(limit);
  within.rounds = rounds;
  return descend(start, knobs_.size(), within, evaluate, &result.descents.back().rounds);
}

/// A third of the knobs, one level up or down.
Setting Tuning::perturbed(Setting setting) {
  for (auto& level : setting) {
    if (random_() % 3 != 0) continue;
    const auto moved = static_cast<std::int64_t>(level) + (random_() % 2 == 0 ? 1 : -1);
    level = static_cast<std::uint32_t>(std::clamp<std::int64_t>(moved, 0, top_));
  }
  return setting;
}

Candidate Tuning::best_known(double limit) {
  Candidate best = candidate(knobs_.uniform(0));
  for (const auto& [setting, trial] : search_.all()) {
    Candidate other{setting, {(*costs_)(trial), trial.loss.worst, trial.loss.power}};
    if (better(other, best, limit)) best = std::move(other);
  }
  return best;
}

void Tuning::look_for_all_limits(TuneResult& result) {
  random_.seed(options_.seed);
  const std::size_t near = result.best_uniform, far = std::min(near + 1, result.uniform.size() - 1);
  Candidate best = descend_from(result, result.uniform[near].setting, limit_, "uniform", 6);
  result.sensitivity = result.descents.back().rounds.front().moves;
  result.sensitivity_at = result.descents.back().rounds.front().from;
  const auto take = [&](Candidate other) {
    if (better(other, best, limit_)) best = std::move(other);
  };
  if (far != near) take(descend_from(result, result.uniform[far].setting, limit_, "coarser uniform"));
  for (std::uint32_t i = 0; i < options_.restarts; ++i)
    take(descend_from(result, perturbed(best.setting), limit_, "restart"));
  for (const double part : ladder)
    if (part != 1.0) descend_from(result, best_known(part * limit_).setting, part * limit_, "tuned");
}

/// The search may have found luck of its own frames: of all settings that it knows, the cheapest that keeps the limit
/// on the frames of the check, too. The best uniform threshold does.
TunePoint Tuning::choose(double limit, const TuneResult& result) {
  std::vector<Candidate> front;
  for (const auto& [setting, trial] : search_.all())
    if (trial.possible && trial.loss.worst <= limit) front.push_back(candidate(setting));
  std::sort(front.begin(), front.end(), [&](const Candidate& a, const Candidate& b) { return better(a, b, limit); });
  double least = std::numeric_limits<double>::max();  // cheapest first: those that lose more than a cheaper one go
  front.erase(std::remove_if(front.begin(), front.end(),
                             [&](const Candidate& c) {
                               const bool worse = c.judgement.loss >= least;
                               least = std::min(least, c.judgement.loss);
                               return worse;
                             }),
              front.end());
  TunePoint chosen = result.uniform[best_uniform(result, limit)];
  for (std::size_t i = 0; i < front.size(); i += checked_at_once) {
    std::vector<Setting> batch;
    for (std::size_t j = i; j < std::min(i + checked_at_once, front.size()); ++j) batch.push_back(front[j].setting);
    check_.prepare(batch, phases_, "check");
    const auto kept =
        std::find_if(batch.begin(), batch.end(), [&](const Setting& s) { return point(s).allowed(limit); });
    if (kept == batch.end()) continue;
    if (candidate(*kept).judgement.cost <= candidate(chosen.setting).judgement.cost) chosen = point(*kept);
    break;
  }
  chosen.threshold.reset();
  chosen.limit = limit;
  return chosen;
}

void Tuning::measure(TuneResult& result) {
  std::vector<Setting> settings;
  for (const auto& p : result.uniform) settings.push_back(p.setting);
  for (const auto& p : result.tuned) settings.push_back(p.setting);
  held_.prepare(settings, phases_, "held out");
  for (auto* points : {&result.uniform, &result.tuned})
    for (TunePoint& p : *points) {
      p.estimated_cost = (*costs_)(search_.of(p.setting));
      p.held_out_loss = held_.of(p.setting).loss.whole;
      if (p.limit || *p.held_out_loss <= farthest_loss * limit_ || p.allowed(limit_))
        p.held_out = held_.measured(p.setting, phases_);
    }
}

void Tuning::compare(TuneResult& result) {
  const TunePoint& tuned = result.tuned[result.chosen];
  const double own = cost(tuned);
  const auto against = [&](const TunePoint& u) { return Saving{1 - own / cost(u), *u.threshold}; };
  if (result.uniform[result.best_uniform].held_out) result.same_limit = against(result.uniform[result.best_uniform]);
  const TunePoint* best = nullptr;
  std::map<double, double> front;  // loss -> least cost with at most this loss
  for (const TunePoint& u : result.uniform) {
    if (!u.held_out) continue;
    if (*u.held_out_loss <= *tuned.held_out_loss && (best == nullptr || cost(u) < cost(*best))) best = &u;
    const auto [at, is_new] = front.emplace(*u.held_out_loss, cost(u));
    if (!is_new) at->second = std::min(at->second, cost(u));
  }
  if (best != nullptr) result.same_quality = against(*best);
  double least = std::numeric_limits<double>::max();
  for (auto at = front.begin(); at != front.end();) {
    const bool useless = at->second >= least;
    least = std::min(least, at->second);
    at = useless ? front.erase(at) : std::next(at);
  }
  const auto above = front.lower_bound(*tuned.held_out_loss);
  if (above == front.end() || above == front.begin()) return;
  const auto below = std::prev(above);
  const double share = (*tuned.held_out_loss - below->first) / (above->first - below->first);
  result.same_quality_interpolated = 1 - own / (below->second + share * (above->second - below->second));
}

void Tuning::run(TuneResult& result) {
  result.limit = limit_;
  result.scale = knobs_.scale();
  for (std::size_t k = 0; k < knobs_.size(); ++k) result.knobs.push_back(knobs_.layers(k));
  try_uniform(result);
  fit_costs(result);
  look_for_all_limits(result);
  for (const double part : ladder) {
    if (part == 1.0) result.chosen = result.tuned.size();
    result.tuned.push_back(choose(part * limit_, result));
  }
  TunePoint& tuned = result.tuned[result.chosen];
  const Setting& uniform = result.uniform[result.best_uniform].setting;
  const double own = cost_of(options_.objective, search_.measured(tuned.setting, phases_));
  if (own > cost_of(options_.objective, search_.measured(uniform, phases_))) {  // the estimate was wrong about it
    tuned = point(uniform);
    tuned.limit = limit_;
  }
  result.model_deviation =
      (*costs_)(search_.of(tuned.setting)) / cost_of(options_.objective, search_.measured(tuned.setting, phases_)) - 1;
  measure(result);
  compare(result);
  result.rules = knobs_.rules(tuned.setting);
  result.tuned_run.delta = result.rules;
  result.uniform_run.delta = knobs_.rules(uniform);
  result.trials = search_.computed() + check_.computed() + held_.computed();
  result.trials_found = log_.found();
  result.simulations = search_.simulated() + check_.simulated() + held_.simulated();
}

}  // namespace

TuneResult tune(const RunConfig& config, const std::optional<RunConfig>& held_out, const TuneOptions& options,
                const Phases& phases) {
  try {
    allowed_loss(options.metric, options.max_loss);
    check_config(config);
    if (held_out) check_config(*held_out);
    const Subject subject = load_subject(config, phases);
    Sets sets = take_frames(config, held_out, options, subject.network);
    TuneResult result;
    result.options = options;
    result.metric = options.metric;
    result.network = subject.network.name;
    result.input = sets.source, result.held_out_input = sets.held_source;
    result.search_frames = sets.frames.search.count();
    result.check_frames = sets.frames.calibration.count() - result.search_frames;
    result.held_out_frames = sets.frames.held.count();
    result.tuned_run = result.uniform_run = sets.held_run;
    Tuning(config, options, subject, sets, phases).run(result);
    return result;
  } catch (const models::InputError& error) {
    throw error.in_file(config.file);
  }
}

}  // namespace deltasim::sim
