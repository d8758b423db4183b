#include "sim/training/clip_frames.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace deltasim::sim {

ClipFrames::ClipFrames(const models::ClipSource& clips, std::vector<std::size_t> chosen, std::uint32_t frames,
                       const models::InputCoding& coding, double frame_rate)
    : clips_(clips),
      chosen_(std::move(chosen)),
      frames_(frames),
      coding_(coding),
      frame_rate_(frame_rate),
      pixels_(frames * clips.shape().size()) {
  for (const std::size_t clip : chosen_)
    if (clips.info(clip).frames < frames)
      throw models::InputError(clips.info(clip).name, "", fmt::format("has {} frames", clips.info(clip).frames),
                               fmt::format("{} frames are simulated", frames));
}

bool ClipFrames::next(models::Frame& out) {
  if (frame_ >= count()) return false;
  const std::size_t clip = chosen_[frame_ / frames_], within = frame_ % frames_, size = clips_.shape().size();
  if (within == 0) clips_.read(clip, 0, frames_, pixels_.data());
  out.label = clips_.info(clip).label;
  out.values.resize(size);
  for (std::size_t i = 0; i < size; ++i)
    out.values[i] =
        static_cast<float>((pixels_[within * size + i] - coding_.mean) * coding_.numerator / coding_.denominator);
  ++frame_;
  return true;
}

std::vector<std::size_t> first_clips(const models::ClipSource& clips, std::uint64_t most) {
  std::vector<std::size_t> chosen(std::min<std::uint64_t>(most, clips.size()));
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  return chosen;
}

}  // namespace deltasim::sim
