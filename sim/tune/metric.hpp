#pragma once

#include "models/network.hpp"
#include "sim/simulation.hpp"
#include "sim/tune/held_frames.hpp"

#include <optional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// What must not get worse. Losses are 0 where nothing is lost; against the quantised dense network.
enum class Metric : std::uint8_t {
  relative_l2,  ///< ||a - b|| / ||b|| of the outputs
  sqnr,         ///< the same in dB: a limit of 20 dB is a relative L2 error of 0.1
  top1,         ///< share of decisions that differ
  accuracy,     ///< accuracy of the dense network - accuracy, in points (1 = 100 %); needs labels
};
inline constexpr const char* names_of(Metric) { return "relative_l2,sqnr,top1,accuracy"; }

/// The loss that a limit in the metric's own unit allows. Errors: InputError.
double allowed_loss(Metric metric, double limit);
/// A loss in the metric's own unit; absent where that is infinite (sqnr of equal outputs).
std::optional<double> in_unit(Metric metric, double loss);

struct Loss {
  double whole = 0.0;  ///< over all frames
  double worst = 0.0;  ///< the largest over consecutive parts, and at least `whole`
  double power = 0.0;  ///< square of the relative L2 error: smooth where decisions are not, so it guides the search
};

/// What the dense network answers to some frames.
class Truth {
 public:
  /// Frames before `first` only lead up to those that count. `parts`: into so many consecutive parts of at least 8
  /// frames these are cut, at most.
  Truth(const models::Network& network, const FrameOutputs& outputs, HeldFrames frames, Metric metric,
        std::size_t parts, std::size_t first = 0);

  /// Of the outputs of `network`, which may have other steps.
  Loss loss(const models::Network& network, const FrameOutputs& outputs) const;
  bool has_labels() const { return !labels_.empty(); }

 private:
  struct Sums;
  double metric_loss(const Sums& sums, const Sums& whole) const;

  std::vector<models::Output> outputs_;
  std::size_t first_;
  std::vector<std::vector<double>> real_;  ///< from `first_` on
  std::vector<std::uint32_t> labels_;      ///< of all these frames, or none
  Metric metric_;
  std::size_t parts_;
};

}  // namespace deltasim::sim
