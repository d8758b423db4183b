#pragma once

#include "models/network.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace deltasim::sim {

/// How far one sequence of network outputs is from another.
struct Distance {
  /// ||a - b|| / ||b|| over all frames; 0 where a equals b, absent where only b is 0.
  std::optional<double> relative_l2 = 0.0;
  std::optional<double> sqnr_db;  ///< 10 log10(||b||^2 / ||a - b||^2); absent where a equals b or b is 0
  double top1_agreement = 1.0;    ///< share of the decisions (argmax) that are the same
  std::uint64_t decisions = 0;    ///< decisions compared: frames x rows that have more than one class
};

/// Adds up frame by frame. Outputs are real values, all network outputs one after another.
class DistanceMeter {
 public:
  explicit DistanceMeter(const std::vector<models::Output>& outputs);
  void add(const std::vector<double>& a, const std::vector<double>& b);
  Distance result() const;

 private:
  const std::vector<models::Output> outputs_;
  double error_ = 0.0, reference_ = 0.0;
  std::uint64_t same_ = 0, decisions_ = 0;
};

/// The decisions of an output vector: the argmax over the class axis (axis 0 of C x H x W maps, else the last one),
/// for every output that has more than one class; the first of equal values wins.
std::vector<std::uint32_t> decisions(const models::Output& output, const double* values);

/// Number of classes of the first output that decides once per frame: what labels refer to.
std::optional<std::uint32_t> class_count(const std::vector<models::Output>& outputs);

/// Real values of the network's integer outputs: accumulator x scale of its channel.
class OutputScaler {
 public:
  explicit OutputScaler(const models::Network& network);
  std::vector<double> real(const std::vector<std::int64_t>& outputs) const;

 private:
  std::vector<double> scale_;  ///< per element, outputs one after another
};

}  // namespace deltasim::sim
