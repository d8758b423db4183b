#pragma once

#include "models/reference.hpp"
#include "sim/cache/store.hpp"

#include <memory>
#include <string>

namespace deltasim::traces {
class StreamWriter;
}

namespace deltasim::sim {

/// Passes on what the reference network sends and writes it to the store on the way. Where writing fails, the run goes
/// on without.
class Recorder final : public models::EventSource {
 public:
  /// All of them outlive this.
  Recorder(models::ReferenceNetwork& reference, const models::Network& network, const models::RuleSet& rules,
           Store& store, const Store::Claim& claim);
  ~Recorder() override;

  bool next(models::FrameEvents& out) override;
  const models::StreamTraits& traits() const override { return reference_.traits(); }
  /// After the last frame: the stream becomes an entry.
  void finish();

 private:
  template <class Write>
  void attempt(Write write);

  models::ReferenceNetwork& reference_;
  Store& store_;
  const Store::Claim& claim_;
  std::uint64_t events_ = 0;
  std::unique_ptr<traces::StreamWriter> writer_;  ///< null once writing has failed, or would not be worth it
};

}  // namespace deltasim::sim
