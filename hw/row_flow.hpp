#pragma once

#include "hw/plan.hpp"

#include <cstdint>
#include <vector>

namespace deltasim::hw {

/// Depth-first evaluation: after which rows a sender tells its consumers that it has sent everything above, and which
/// rows of a slice are complete then. Follows from network and mapping alone.
///
/// Limits: one relation of rows for each source of a branch: what columns and channels a slice reads is not looked at.
class RowFlow {
 public:
  explicit RowFlow(Plan& plan);

  /// Ends of rows of the sender's layer, ascending: a token follows each, the frame's end closes the rest. Only rows
  /// that complete a row of some consumer.
  const std::vector<std::uint32_t>& announced(std::uint32_t sender) const { return announced_[sender]; }
  /// To the slices that read the sender's events.
  Routes::Id route(std::uint32_t sender) const { return route_[sender]; }
  /// Rows of `slice`, from its first, that nothing more can reach once its producer numbered `producer` (in
  /// Plan::producers) has sent `tokens` row tokens.
  std::uint32_t complete(std::uint32_t slice, std::size_t producer, std::size_t tokens) const {
    return complete_[slice][producer][tokens];
  }

 private:
  /// By output row of a slice: the end of the producer's rows that reach it or a row above.
  using Needs = std::vector<std::uint32_t>;
  Needs needs_of(std::uint32_t slice, models::LayerId producer) const;
  void announce(std::uint32_t sender, const std::vector<Needs>& needs);

  Plan& plan_;
  std::vector<std::vector<std::uint32_t>> announced_;
  std::vector<Routes::Id> route_;
  std::vector<std::vector<std::vector<std::uint32_t>>> complete_;
};

}  // namespace deltasim::hw
