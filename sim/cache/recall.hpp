#pragma once

#include "sim/cache/keys.hpp"
#include "sim/cache/use.hpp"
#include "sim/stage.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// The costly parts of a run: taken from a store where it has them, else computed and kept there. Without a store
/// everything is computed.
///
/// Functions that may find another process at the same work return nothing then: do something else first, ask again.
class Recall {
 public:
  /// `store` may be null and outlives this.
  explicit Recall(Store* store);

  /// One execution on frames (from the first on), or on a recorded stream.
  std::optional<Simulation> simulation(const Stage& stage, const std::string& execution, models::FrameSource& frames,
                                       const std::function<FrameProgress()>& begin);
  std::optional<Simulation> replayed(const Stage& stage, models::EventSource& stream,
                                     const std::function<FrameProgress()>& begin);
  /// Of the dense network, where the run has no execution `dense`.
  std::optional<FrameOutputs> dense_truth(const Stage& stage, models::FrameSource& frames,
                                          const std::function<FrameProgress()>& begin);
  std::optional<Answers> answers(const Stage& stage, models::FrameSource& frames,
                                 const std::function<FrameProgress()>& begin);
  /// Waits where another process measures the same.
  models::Calibration calibration(const models::Graph& graph, const InputConfig& input, std::uint64_t frames,
                                  const std::function<models::Calibration()>& measure);

  /// Pieces of work, each true once it is done. Those that somebody else is at are asked again until all are done.
  void finish(std::vector<std::function<bool()>> pieces);

  /// Absent without a store.
  std::optional<CacheUse> use() const;

 private:
  template <class Value, class Compute>
  std::optional<Value> value(const std::string& key, std::uint64_t& computed, std::uint64_t& reused, Compute compute);
  template <class Value>
  std::optional<Value> found(const std::string& key);
  std::optional<Simulation> simulated(const Stage& stage, const std::string& execution, models::FrameSource& frames,
                                      const FrameProgress& progress);
  std::optional<Simulation> replayed_entry(const Stage& stage, const std::string& execution, const Store::Entry& entry,
                                           const FrameProgress& progress);
  Simulation recorded(const Stage& stage, const std::string& execution, const Store::Claim& claim,
                      models::FrameSource& frames, const FrameProgress& progress);

  Store* store_;
  std::optional<Keys> keys_;
  CacheUse use_;
};

}  // namespace deltasim::sim
