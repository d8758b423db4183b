#include "sim/tune/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>

namespace deltasim::sim {
namespace {

constexpr std::int64_t steps[] = {1, -1, 2, -2, 4};
constexpr double shares[] = {1.0, 0.5, 0.25, 0.1};  ///< of the knobs that move at once
constexpr int multipliers = 24;                     ///< on each side, a third of an octave apart
constexpr double enough = 0.002;                    ///< a round that gains less is the last
constexpr double enough_back = 0.05;                ///< outside the limits: of the loss
constexpr std::size_t pairs_per_knob = 2;

using Moves = std::vector<std::vector<Move>>;

void try_all(const std::vector<Setting>& settings, const Evaluate& evaluate, const std::string& label, double limit,
             Candidate& best) {
  const auto judgements = evaluate(settings, label);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    Candidate candidate{settings[i], judgements[i]};
    if (better(candidate, best, limit)) best = std::move(candidate);
  }
}

/// Sensitivity of every knob around `from`.
Moves look_around(const Candidate& from, const SearchLimits& limits, const Evaluate& evaluate, const std::string& label,
                  Candidate& best) {
  std::vector<Setting> settings;
  std::vector<std::pair<std::size_t, std::uint32_t>> what;
  for (std::size_t k = 0; k < from.setting.size(); ++k)
    for (const std::int64_t step : steps) {
      const std::int64_t level = from.setting[k] + step;
      if (level < 0 || level > limits.top) continue;
      settings.push_back(from.setting);
      settings.back()[k] = static_cast<std::uint32_t>(level);
      what.emplace_back(k, settings.back()[k]);
    }
  const auto judgements = evaluate(settings, label);
  Moves moves(from.setting.size());
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const Judgement& e = judgements[i];
    moves[what[i].first].push_back(
        {what[i].second, e.cost - from.judgement.cost, e.power - from.judgement.power, e.loss - from.judgement.loss});
    Candidate candidate{settings[i], e};
    if (better(candidate, best, limits.loss)) best = std::move(candidate);
  }
  return moves;
}

/// For one multiplier: the knobs that move, the most promising first.
std::vector<std::pair<std::size_t, std::uint32_t>> movers(const Moves& moves, double lambda) {
  struct Gain {
    double value;
    std::size_t knob;
    std::uint32_t level;
  };
  std::vector<Gain> gains;
  for (std::size_t k = 0; k < moves.size(); ++k) {
    Gain least{0.0, k, 0};
    for (const Move& move : moves[k])
      if (move.cost + lambda * move.power < least.value) least = {move.cost + lambda * move.power, k, move.level};
    if (least.value < 0.0) gains.push_back(least);
  }
  std::stable_sort(gains.begin(), gains.end(), [](const Gain& a, const Gain& b) { return a.value < b.value; });
  std::vector<std::pair<std::size_t, std::uint32_t>> result;
  result.reserve(gains.size());
  for (const Gain& gain : gains) result.emplace_back(gain.knob, gain.level);
  return result;
}

std::vector<Setting> joint_settings(const Candidate& from, const Moves& moves, const SearchLimits& limits) {
  std::set<Setting> found;
  for (int e = -multipliers; e <= multipliers; ++e) {
    const double lambda = from.judgement.cost / limits.power * std::exp2(e / 3.0);
    const auto order = movers(moves, lambda);
    for (const double share : shares) {
      const auto n = static_cast<std::size_t>(std::ceil(share * static_cast<double>(order.size())));
      Setting setting = from.setting;
      for (std::size_t i = 0; i < n; ++i) setting[order[i].first] = order[i].second;
      if (setting != from.setting) found.insert(setting);
    }
  }
  return {found.begin(), found.end()};
}

/// One knob up, another down, where their sensitivities promise a lower cost at no more error.
std::vector<Setting> exchanges(const Candidate& from, const Moves& moves, const SearchLimits& limits) {
  struct Pair {
    double cost;
    Setting setting;
  };
  std::vector<Pair> pairs;
  const double room = std::max(0.0, limits.power - from.judgement.power);
  for (std::size_t up = 0; up < moves.size(); ++up)
    for (const Move& a : moves[up])
      for (std::size_t down = 0; a.cost < 0 && down < moves.size(); ++down)
        for (const Move& b : moves[down]) {
          if (up == down || b.power > 0 || a.cost + b.cost >= 0 || a.power + b.power > room) continue;
          Setting setting = from.setting;
          setting[up] = a.level, setting[down] = b.level;
          pairs.push_back({a.cost + b.cost, std::move(setting)});
        }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.cost < b.cost; });
  std::vector<Setting> settings;
  for (const Pair& pair : pairs)
    if (settings.size() < pairs_per_knob * moves.size()) settings.push_back(pair.setting);
  return settings;
}

bool gains_enough(const Candidate& from, const Candidate& to, double limit) {
  if (from.judgement.loss > limit) return to.judgement.loss < from.judgement.loss * (1 - enough_back);
  return to.judgement.cost < from.judgement.cost * (1 - enough);
}

}  // namespace

bool better(const Candidate& a, const Candidate& b, double limit) {
  const bool a_fits = a.judgement.loss <= limit, b_fits = b.judgement.loss <= limit;
  if (a_fits != b_fits) return a_fits;
  const double of_a = a_fits ? a.judgement.cost : a.judgement.loss, of_b = b_fits ? b.judgement.cost : b.judgement.loss;
  if (of_a != of_b) return of_a < of_b;
  return a.setting < b.setting;
}

Candidate descend(const Setting& start, std::size_t knobs, const SearchLimits& limits, const Evaluate& evaluate,
                  std::vector<Round>* rounds) {
  assert(start.size() == knobs && limits.power > 0);
  Candidate at{start, evaluate({start}, "start").front()};
  for (std::uint32_t round = 1; round <= limits.rounds; ++round) {
    const std::string label = fmt::format("round {}", round);
    Candidate best = at;
    const Moves moves = look_around(at, limits, evaluate, label + " alone", best);
    try_all(joint_settings(at, moves, limits), evaluate, label + " joint", limits.loss, best);
    if (!gains_enough(at, best, limits.loss))
      try_all(exchanges(at, moves, limits), evaluate, label + " pairs", limits.loss, best);
    if (rounds != nullptr) rounds->push_back({at, moves, best});
    const bool go_on = gains_enough(at, best, limits.loss);
    at = best;
    if (!go_on) break;
  }
  return at;
}

}  // namespace deltasim::sim
