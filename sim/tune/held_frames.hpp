#pragma once

#include "models/frame.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace deltasim::sim {

/// Frames kept in memory: a search runs the network over them many times and decodes them once. Copies share them and
/// have a place of their own, so that several threads can read.
class HeldFrames final : public models::FrameSource {
 public:
  /// Takes at most `limit` of what `source` has left.
  HeldFrames(models::FrameSource& source, std::uint64_t limit);
  /// Frames begin .. end - 1 of these.
  HeldFrames part(std::uint64_t begin, std::uint64_t end) const;

  bool next(models::Frame& out) override;
  void rewind() override { at_ = begin_; }
  models::Shape shape() const override { return shape_; }
  double frame_rate() const override { return frame_rate_; }
  std::uint64_t count() const { return end_ - begin_; }

 private:
  std::shared_ptr<const std::vector<models::Frame>> frames_;
  models::Shape shape_;
  double frame_rate_ = 0.0;
  std::uint64_t begin_ = 0, end_ = 0, at_ = 0;
};

}  // namespace deltasim::sim
