#pragma once

#include "sim/result.hpp"
#include "sim/subject.hpp"
#include "sim/tune/cost_model.hpp"
#include "sim/tune/knobs.hpp"
#include "sim/tune/metric.hpp"
#include "sim/tune/search.hpp"

#include <optional>
#include <string>
#include <vector>

/// Per-layer thresholds that cost least within an allowed loss: docs/tuning.md.
namespace deltasim::sim {

struct TuneOptions {
  double max_loss = 0.0;  ///< in the metric's own unit
  Metric metric = Metric::relative_l2;
  Objective objective = Objective::energy;
  std::optional<std::uint64_t> calibration_frames;  ///< absent: 96, or half of the frames where there are fewer
  std::uint64_t held_out_frames = 144;              ///< at most
  std::uint64_t seed = 1;
  std::uint32_t restarts = 1;
  std::string log;  ///< file in which an interrupted search goes on
};

/// A setting on all frames. Losses are those of the metric, 0 = none.
struct TunePoint {
  std::optional<double> limit;      ///< tuned for it; uniform thresholds have none
  std::optional<double> threshold;  ///< uniform
  Setting setting;
  double search_loss = 0.0, check_loss = 0.0;  ///< on the first and the last part of the calibration frames
  double estimated_cost = 0.0;                 ///< on the frames of the search
  std::optional<double> held_out_loss;
  std::optional<Measured> held_out;  ///< simulated
  bool allowed(double loss) const { return search_loss <= loss && check_loss <= loss; }
};

struct Descent {
  double limit = 0.0;
  std::string start;  ///< uniform, coarser uniform, tuned, restart
  std::vector<Round> rounds;
};

/// Of the tuned thresholds against a uniform one, on the held-out frames.
struct Saving {
  double share = 0.0;    ///< 1 - cost / cost of the uniform one
  double uniform = 0.0;  ///< its threshold
};

struct TuneResult {
  TuneOptions options;
  Metric metric = Metric::relative_l2;
  double limit = 0.0;  ///< loss allowed: options.max_loss as a loss
  std::vector<std::vector<std::string>> knobs;
  std::vector<double> scale;
  std::string network, input, held_out_input;
  std::uint64_t search_frames = 0, check_frames = 0, held_out_frames = 0;
  std::vector<TunePoint> uniform;  ///< by level
  std::size_t best_uniform = 0;    ///< on the calibration frames, within the limit
  std::vector<TunePoint> tuned;    ///< by limit
  std::size_t chosen = 0;
  std::vector<Descent> descents;
  std::vector<std::vector<Move>> sensitivity;  ///< of every knob around the best uniform threshold
  Candidate sensitivity_at;
  double model_deviation = 0.0;      ///< estimated / simulated cost of the chosen thresholds on the search's frames - 1
  std::optional<Saving> same_limit;  ///< against the best uniform threshold by calibration
  std::optional<Saving> same_quality;  ///< against the cheapest uniform threshold that loses no more on these frames
  std::optional<double> same_quality_interpolated;  ///< against a line between neighbouring uniform thresholds
  models::RuleSet rules;                            ///< the chosen ones
  RunConfig tuned_run, uniform_run;                 ///< of the held-out frames
  std::uint64_t trials = 0, trials_found = 0, simulations = 0;  ///< host figures: they depend on what the log had
};

/// `held_out`: the run for the report where that is another input than `config`'s. Errors: InputError.
TuneResult tune(const RunConfig& config, const std::optional<RunConfig>& held_out, const TuneOptions& options,
                const Phases& phases);

}  // namespace deltasim::sim
