#pragma once

#include "sim/run_config.hpp"
#include "sim/sweep/constraints.hpp"
#include "sim/sweep/space.hpp"

#include <string>

namespace deltasim::sim {

/// A sweep file, read and checked: which points there are, and the run of each.
class Sweep {
 public:
  /// Errors: InputError, before any point starts: unknown pointers, axes that do not fit together, expressions that
  /// say nothing, a base that no point's values mend.
  explicit Sweep(const std::string& file);

  const std::string& file() const { return file_; }
  const SweepSpace& space() const { return space_; }
  /// Whether the constraints let a point in.
  bool allows(std::uint64_t index) const { return !has_constraints() || constraints_.allow(space_.cells(index)); }
  bool has_constraints() const { return !config_.constraints.empty(); }
  /// A point's run. Errors: InputError where its values do not fit.
  RunConfig run_of(std::uint64_t index) const;

  /// What identifies the sweep, whatever folder it is called from: base with everything that its files say, axes,
  /// sample and constraints.
  Json effective() const;
  std::string base_name() const;

 private:
  Document composed(const std::vector<Setting>& settings) const;
  bool holds_integers(const std::string& pointer, const std::string& place);
  void check_open() const;
  void check_base() const;

  std::string file_;
  Document document_;
  SweepConfig config_;
  std::string base_file_;
  Document base_;
  std::vector<std::string> open_;  ///< pointers of axes and `set` into energy tables, whose keys only the table tells
  SweepSpace space_;
  Constraints constraints_;
};

/// One line for `config check`. Errors: InputError.
std::string sweep_summary(const std::string& file);

/// Paths of a run's parts, for a file that stands elsewhere.
void make_absolute(RunConfig& run);

}  // namespace deltasim::sim
