#pragma once

#include "models/reference.hpp"
#include "sim/stage.hpp"
#include "sim/tune/held_frames.hpp"
#include "sim/tune/knobs.hpp"
#include "sim/tune/metric.hpp"
#include "sim/tune/trial_log.hpp"

#include <map>
#include <string>
#include <vector>

namespace deltasim::sim {

/// What the reference network says of a setting, without the machine.
struct Trial {
  bool possible = true;  ///< false: a step leaves no code to a layer
  Loss loss;
  std::vector<models::BranchWork> rows;  ///< sums over the frames, in the order of Stage::rows
  std::uint64_t macs = 0;
};

/// What the machine says of it.
struct Measured {
  std::uint64_t macs = 0, cycles = 0;
  double energy_pj = 0.0;
  std::vector<double> row_pj, row_cycles;
};

/// Some frames on which settings are tried. Every setting is computed once, also over several runs of the program.
class Trials {
 public:
  /// `name`: of these frames in the log. All arguments outlive it.
  Trials(std::string name, Stage& stage, const Knobs& knobs, const HeldFrames& frames, const Truth& truth,
         TrialLog& log);

  /// Tries all of them, on all processors.
  void prepare(const std::vector<Setting>& settings, const Phases& phases, const std::string& label);
  const Trial& of(const Setting& setting);
  const Measured& measured(const Setting& setting, const Phases& phases);
  const std::map<Setting, Trial>& all() const { return trials_; }
  std::uint64_t frames() const { return frames_.count(); }
  std::uint64_t computed() const { return computed_; }  ///< trials that no log had
  std::uint64_t simulated() const { return simulated_; }

 private:
  std::string key(const char* kind, const Setting& setting) const;
  Trial compute(const Setting& setting) const;
  bool recall(const Setting& setting);

  const std::string name_;
  Stage& stage_;
  const Knobs& knobs_;
  const HeldFrames& frames_;
  const Truth& truth_;
  TrialLog& log_;
  std::map<Setting, Trial> trials_;
  std::map<Setting, Measured> measured_;
  std::uint64_t computed_ = 0, simulated_ = 0;
};

}  // namespace deltasim::sim
