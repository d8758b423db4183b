#pragma once

#include "hw/machine.hpp"
#include "hw/result_comparison.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace deltasim::test {

/// Hands on what a source gives and keeps it, so that a second run can have the same.
class KeptStream final : public models::EventSource {
 public:
  explicit KeptStream(models::EventSource& source) : source_(source) {}
  void rewind() { next_ = 0; }
  bool next(models::FrameEvents& out) override {
    if (next_ == frames_.size()) {
      models::FrameEvents frame;
      if (!source_.next(frame)) return false;
      frames_.push_back(std::move(frame));
    }
    out = frames_[next_++];
    return true;
  }
  const models::StreamTraits& traits() const override { return source_.traits(); }

 private:
  models::EventSource& source_;
  std::vector<models::FrameEvents> frames_;
  std::size_t next_ = 0;
};

/// hw::simulate on the engine of the options; the other one must say the same in every figure.
inline hw::MachineResult simulate(const models::Network& network, const hw::Mapping& mapping,
                                  const hw::ChipParams& chip, models::EventSource& source, hw::MachineOptions options) {
  KeptStream stream(source);
  auto result = hw::simulate(network, mapping, chip, stream, options);
  stream.rewind();
  options.hosting = options.hosting == hw::Hosting::wheel ? hw::Hosting::processes : hw::Hosting::wheel;
  options.progress = nullptr;
  options.own_frame = nullptr;
  CHECK(hw::differing_figures(result, hw::simulate(network, mapping, chip, stream, options)) == 0);
  return result;
}

}  // namespace deltasim::test
