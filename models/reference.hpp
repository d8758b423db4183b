#pragma once

#include "models/frame.hpp"
#include "models/network.hpp"
#include "models/rules.hpp"

#include <memory>

namespace deltasim::models {

/// The network with the steps that rule `delta` asks for: every layer's step times its threshold, multipliers, clamps
/// and biases derived anew. The same network where all thresholds are 1 or the rule is another.
/// Errors: InputError for an unknown layer name, a wrong number of channels, a threshold out of range.
Network with_rule_steps(const Network& network, const RuleSet& rules);

/// Runs the integer network frame by frame under a rule: the source of truth for values and streams.
/// Memory grows with weights and neurons. Each frame costs time in proportion to its events (absolute rules: values).
class ReferenceNetwork final : public EventSource {
 public:
  /// `network` must be `with_rule_steps(..., rules)`; it and `frames` outlive this object.
  ReferenceNetwork(const Network& network, const RuleSet& rules, FrameSource& frames);
  ~ReferenceNetwork() override;

  bool next(FrameEvents& out) override;
  const StreamTraits& traits() const override;

  /// What the consumers of `layer` hold after the last frame: the reconstructed values r, row-major C, H, W.
  std::vector<std::int32_t> reconstructed(LayerId layer) const;
  /// Accumulators of a branch after the last frame, row-major C, H, W of the layer's output.
  std::vector<std::int32_t> accumulators(LayerId layer, std::size_t branch) const;
  /// Label of the last frame's input, where it has one.
  std::optional<std::uint32_t> label() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

/// Events that reach one branch in a frame, and the work that they cause there.
struct BranchWork {
  std::uint64_t events = 0;         ///< counted at this consumer
  std::uint64_t active_pixels = 0;  ///< input pixels with at least one event
  std::uint64_t macs = 0;           ///< every weight, none on padding; 0 without weights
  std::uint64_t macs_nonzero_weight = 0;
};

/// Counts a frame's work at every branch, from events and geometry alone. Result is indexed [layer][branch].
class WorkCounter {
 public:
  explicit WorkCounter(const Network& network);
  ~WorkCounter();
  const std::vector<std::vector<BranchWork>>& count(const FrameEvents& frame);

 private:
  class Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace deltasim::models
