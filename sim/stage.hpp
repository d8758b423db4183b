#pragma once

#include "sim/execution.hpp"
#include "sim/judge.hpp"
#include "sim/run_config.hpp"
#include "sim/subject.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// A run made ready: everything that its executions share, mapped and with its energy table. Made once, it executes as
/// often as you like, under other rules, too; it reads no file.
class Stage {
 public:
  /// `config` and `subject` outlive it. Errors: InputError for rules, mapping and table that do not fit.
  Stage(const RunConfig& config, const Subject& subject);
  /// The same with other rules for execution `delta` than config.delta; mapping and energy stay.
  void set_rules(const models::RuleSet& delta);

  const RunConfig& config() const { return config_; }
  const Subject& subject() const { return subject_; }
  const MachineSetup& setup() const { return setup_; }
  const EnergyModel& energy() const { return energy_; }
  const std::vector<WorkloadRow>& rows() const { return rows_; }
  /// Of an execution: dense, spatial, delta.
  models::RuleSet rules_of(const std::string& execution) const;
  /// With the steps of those rules.
  const models::Network& network_of(const std::string& execution) const;
  /// models::Network::hash() of it, worked out once.
  const std::string& network_hash(const std::string& execution) const;

  /// On any event source that these rules made, or on frames from the first on.
  Simulation simulate(const std::string& execution, models::EventSource& source, const FrameProgress& progress,
                      hw::Observer* observer = nullptr) const;
  Simulation simulate(const std::string& execution, models::FrameSource& frames, const FrameProgress& progress,
                      hw::Observer* observer = nullptr) const;
  ExecutionResult account(const std::string& execution, Simulation simulation, double frame_rate) const;

  /// `dense_truth`: outputs of the dense network. `answers`: collect_answers() on the same frames.
  Quality judge(const ExecutionResult& judged, const FrameOutputs& dense_truth, const Answers& answers) const;
  /// What collect_answers() may ask: null where the network has no float form, or answers earlier frames than it.
  const models::Graph* judging_graph() const;

 private:
  void refuse_layer_delay() const;
  void refuse_parted_pixels() const;

  const RunConfig& config_;
  const Subject& subject_;
  models::RuleSet rules_;
  models::Network delta_network_;
  EnergyModel energy_;
  MachineSetup setup_;
  std::vector<WorkloadRow> rows_;
  mutable std::string dense_hash_, delta_hash_;  ///< once somebody has asked
};

}  // namespace deltasim::sim
