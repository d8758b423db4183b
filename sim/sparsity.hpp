#pragma once

#include "models/network.hpp"
#include "models/reference.hpp"

namespace deltasim::sim {

/// Share of the dense work that an execution leaves out.
struct Sparsity {
  double mac = 0.0;      ///< 1 - MACs done / MACs dense, exact fan-outs
  double fan_out = 0.0;  ///< the paper's metric: fan-outs without strides and borders
};

/// Adds up one execution frame by frame (branches: models::WorkCounter's result).
class SparsityMeter {
 public:
  explicit SparsityMeter(const models::Network& network);
  void add(const std::vector<std::vector<models::BranchWork>>& work);
  Sparsity all_frames() const { return result(sum_); }
  Sparsity without_first_frame() const;

 private:
  struct Sum {
    std::uint64_t frames = 0;
    double macs = 0.0, paper_operations = 0.0;
  };
  Sparsity result(const Sum& sum) const;

  std::vector<std::vector<double>> paper_fan_out_;          ///< kernel x output channels of the group, per branch
  double dense_macs_ = 0.0, dense_paper_operations_ = 0.0;  ///< of one frame
  Sum sum_, first_;
};

}  // namespace deltasim::sim
