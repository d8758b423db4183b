#pragma once

#include "models/clip_source.hpp"
#include "models/frame.hpp"
#include "models/network.hpp"

#include <vector>

namespace deltasim::sim {

/// The first frames of some clips, one clip after another, as the network's file wants pixels.
class ClipFrames final : public models::FrameSource {
 public:
  /// `clips` outlives it. Errors: InputError for a clip that is shorter.
  ClipFrames(const models::ClipSource& clips, std::vector<std::size_t> chosen, std::uint32_t frames,
             const models::InputCoding& coding, double frame_rate);
  bool next(models::Frame& out) override;
  void rewind() override { frame_ = 0; }
  models::Shape shape() const override { return clips_.shape(); }
  double frame_rate() const override { return frame_rate_; }
  std::uint64_t count() const { return chosen_.size() * frames_; }

 private:
  const models::ClipSource& clips_;
  std::vector<std::size_t> chosen_;
  std::uint32_t frames_;
  models::InputCoding coding_;
  double frame_rate_;
  std::uint64_t frame_ = 0;
  std::vector<std::uint8_t> pixels_;
};

/// The first `most` clips.
std::vector<std::size_t> first_clips(const models::ClipSource& clips, std::uint64_t most);

}  // namespace deltasim::sim
