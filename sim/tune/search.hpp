#pragma once

#include "sim/tune/knobs.hpp"

#include <functional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// Of a setting: what it costs, how much it loses in the metric, and the power of its error, which is smooth.
struct Judgement {
  double cost = 0.0, loss = 0.0, power = 0.0;
};

struct Candidate {
  Setting setting;
  Judgement judgement;
};

/// Judgements of several settings at once; `label`: what the search is at.
using Evaluate = std::function<std::vector<Judgement>(const std::vector<Setting>& settings, const std::string& label)>;

struct SearchLimits {
  double loss = 0.0;         ///< at most
  double power = 0.0;        ///< about what that loss is worth as power of the error; scales the multiplier
  std::uint32_t top = 0;     ///< highest level
  std::uint32_t rounds = 8;  ///< at most
};

/// Another level for one knob, the others unchanged, and what that changes.
struct Move {
  std::uint32_t level = 0;
  double cost = 0.0, power = 0.0, loss = 0.0;  ///< differences
};

/// One look around: the sensitivity of every knob.
struct Round {
  Candidate from;
  std::vector<std::vector<Move>> moves;  ///< [knob]
  Candidate to;
};

/// Least cost within the limits, by rounds of three steps, each measured with all knobs in place:
/// 1. every knob alone one, two or four levels away: its sensitivity;
/// 2. for a ladder of multipliers lambda, every knob to the level with the least cost + lambda x power (all of them,
///    and only the half, quarter, tenth that promise most): joint settings, which see what the knobs do to each other;
/// 3. where these gain nothing: pairs, one knob up and another down.
/// A start that loses too much goes to what loses least first. Deterministic. Ends when a round gains less than 0.2 %.
Candidate descend(const Setting& start, std::size_t knobs, const SearchLimits& limits, const Evaluate& evaluate,
                  std::vector<Round>* rounds = nullptr);

/// Within the limits first, then cheaper; outside: loses less; else the smaller setting.
bool better(const Candidate& a, const Candidate& b, double loss_limit);

}  // namespace deltasim::sim
