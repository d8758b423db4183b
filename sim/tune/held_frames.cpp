#include "sim/tune/held_frames.hpp"

#include <cassert>

namespace deltasim::sim {

HeldFrames::HeldFrames(models::FrameSource& source, std::uint64_t limit)
    : shape_(source.shape()), frame_rate_(source.frame_rate()) {
  auto frames = std::make_shared<std::vector<models::Frame>>();
  models::Frame frame;
  while (frames->size() < limit && source.next(frame)) frames->push_back(frame);
  end_ = frames->size();
  frames_ = std::move(frames);
}

HeldFrames HeldFrames::part(std::uint64_t begin, std::uint64_t end) const {
  assert(begin <= end && begin_ + end <= end_);
  HeldFrames result = *this;
  result.end_ = begin_ + end;
  result.begin_ = result.at_ = begin_ + begin;
  return result;
}

bool HeldFrames::next(models::Frame& out) {
  if (at_ == end_) return false;
  out = (*frames_)[at_++];
  return true;
}

}  // namespace deltasim::sim
