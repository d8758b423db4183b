#pragma once

#include "models/event.hpp"
#include "sim/run_config.hpp"

/// Runs whose input is a recorded stream.
namespace deltasim::sim {

/// The configuration that a run really has: on a recorded stream the rule with which it was recorded, and the
/// execution 'delta' alone. Other inputs: unchanged.
/// Errors: InputError for a damaged stream, and for settings that would need the frames.
RunConfig settle_replay(RunConfig config);

/// At most so many frames of a stream.
class FirstFrames final : public models::EventSource {
 public:
  FirstFrames(models::EventSource& inner, std::uint64_t limit) : inner_(inner), left_(limit) {}

  bool next(models::FrameEvents& out) override {
    if (left_ == 0) return false;
    --left_;
    return inner_.next(out);
  }
  const models::StreamTraits& traits() const override { return inner_.traits(); }

 private:
  models::EventSource& inner_;
  std::uint64_t left_;
};

}  // namespace deltasim::sim
