#include "sim/validation/core_traffic.hpp"

#include <random>

namespace deltasim::sim {
namespace {

std::uint64_t gap_of(EventPattern pattern, std::uint64_t packet, std::mt19937& random) {
  switch (pattern) {
    case EventPattern::random:
      return random() % 3 == 0 ? random() % 30 : 0;
    case EventPattern::bursty:
      return packet % 24 == 23 ? 150 : 0;
    case EventPattern::single_pixel:
      return random() % 20;
    default:
      return 0;
  }
}

}  // namespace

CoreTraffic::CoreTraffic(const CoreSequence& sequence, const CoreWorkload& workload)
    : stalls_(sequence.stalls), frames_(workload.frames.size()), random_(sequence.seed * 77777u + 1) {
  std::mt19937 random(sequence.seed + 31);
  for (const models::FrameEvents& frame : workload.frames) {
    Offer offer;
    offer.flit.frame = static_cast<std::uint32_t>(frame.frame);
    offer.flit.key = frame.key;
    for (const models::DeltaEvent& event : frame.of_layer[0]) {
      offer.flit.event = event;
      offer.gap = gap_of(sequence.pattern, packets_.size(), random);
      packets_.push_back(offer);
    }
    offer.flit.kind = hw::PacketKind::end_of_frame;
    offer.flit.event = {};
    offer.gap = gap_of(sequence.pattern, packets_.size(), random);
    packets_.push_back(offer);
    answer_delay_.push_back(1 + random() % 12);
  }
}

const CoreFlit* CoreTraffic::offered(std::uint64_t now) {
  answering_ = !answers_.empty() && answers_.front().from <= now;
  if (answering_) return &answers_.front().flit;
  if (next_ == packets_.size() || packets_[next_].flit.frame > readies_ || now < not_before_) return nullptr;
  return &packets_[next_].flit;
}

void CoreTraffic::accepted(std::uint64_t now) {
  if (answering_) {
    answers_.pop_front();
    return;
  }
  ++next_;
  if (next_ < packets_.size()) not_before_ = now + 1 + packets_[next_].gap;
}

bool CoreTraffic::takes(std::uint64_t now) {
  if (!head_seen_) {
    head_seen_ = true;
    head_until_ = now;
    const auto draw = [this] {
      random_ = random_ * 6364136223846793005u + 1442695040888963407u;
      return static_cast<double>(random_ >> 11) * 0x1p-53;
    };
    while (stalls_ > 0 && draw() < stalls_) ++head_until_;
  }
  return now >= head_until_;
}

void CoreTraffic::taken(std::uint64_t now, const CoreFlit& flit) {
  head_seen_ = false;
  log_.push_back({now, flit});
  if (flit.kind == hw::PacketKind::end_of_frame) {
    CoreFlit answer;
    answer.kind = hw::PacketKind::ready;
    answer.frame = flit.frame;
    answer.key = flit.key;
    answers_.push_back({answer, now + answer_delay_[flit.frame]});
  }
  if (flit.kind == hw::PacketKind::ready) {
    ++readies_;
    not_before_ = std::max(not_before_, now + 1 + answer_delay_[flit.frame]);
  }
}

}  // namespace deltasim::sim
