#include "sim/tune/cost_model.hpp"

#include <limits>

namespace deltasim::sim {
namespace {

constexpr double least_difference = 0.02;  ///< of work: below, two simulations tell no slope

}  // namespace

double cost_of(Objective objective, const Measured& m) {
  if (objective == Objective::energy) return m.energy_pj;
  return static_cast<double>(objective == Objective::cycles ? m.cycles : m.macs);
}

double CostModel::work_of(const Trial& trial, std::size_t row) const {
  return static_cast<double>(lines_[row].by_macs ? trial.rows[row].macs : trial.rows[row].events);
}

CostModel::CostModel(Objective objective, const std::vector<WorkloadRow>& rows, const std::vector<Sample>& samples)
    : objective_(objective), lines_(rows.size()) {
  if (objective == Objective::macs || samples.empty()) return;
  const auto cost = [&](const Sample& s, std::size_t row) {
    return objective == Objective::energy ? s.second->row_pj[row] : s.second->row_cycles[row];
  };
  double sum = 0.0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    Line& line = lines_[i];
    line.by_macs = rows[i].has_weights();
    const Sample& near = samples.back();
    const double work = work_of(*near.first, i), here = cost(near, i);
    line.per_unit = work > 0 ? here / work : 0.0;
    if (samples.size() > 1) {
      const double other = work_of(*samples.front().first, i);
      const double slope = (cost(samples.front(), i) - here) / (other - work);
      if (std::abs(other - work) > least_difference * work && slope > 0 && slope * work <= here)
        line.per_unit = slope, line.fixed = here - slope * work;
    }
    sum += here;
  }
  if (sum > 0) scale_ = cost_of(objective, *samples.back().second) / sum;
}

double CostModel::operator()(const Trial& trial) const {
  if (!trial.possible) return std::numeric_limits<double>::max();
  if (objective_ == Objective::macs) return static_cast<double>(trial.macs);
  double sum = 0.0;
  for (std::size_t i = 1; i < lines_.size(); ++i) sum += lines_[i].fixed + lines_[i].per_unit * work_of(trial, i);
  return scale_ * sum;
}

}  // namespace deltasim::sim
