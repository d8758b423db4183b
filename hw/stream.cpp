#include "hw/stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace deltasim::hw {

Stream::Stream(models::EventSource& source, const Plan& plan, Ledger& ledger)
    : source_(source),
      plan_(plan),
      ledger_(ledger),
      absolute_(source.traits().absolute),
      layer_delay_(source.traits().layer_delay) {
  if (absolute_.size() != plan.network().layers.size())
    throw std::invalid_argument(fmt::format("the stream's traits name {} layers, the network has {}", absolute_.size(),
                                            plan.network().layers.size()));
}

void Stream::let_slices_decide(Watch watch) {
  slices_decide_ = true;
  watch_ = std::move(watch);
}

bool Stream::has(std::uint64_t frame, Cycle now) {
  while (pulled_ <= frame && !ended_) {
    Flying flying;
    if (!spare_.empty()) {
      flying = std::move(spare_.back());
      spare_.pop_back();
    }
    if (!source_.next(flying.events)) {
      ended_ = true;
      break;
    }
    share_out(flying);
    flying.busy = plan_.input_port() + 1;
    flying_.push_back(std::move(flying));
    ledger_.open_frame(pulled_++, now);
  }
  return frame < pulled_;
}

void Stream::share_out(Flying& flying) const {
  const auto& layers = plan_.network().layers;
  flying.sent_by.resize(plan_.input_port() + 1);
  for (auto& list : flying.sent_by) list.clear();
  flying.own.resize(plan_.input_port() + 1);
  for (auto& list : flying.own) list.clear();
  flying.decided.clear();
  if (flying.events.of_layer.size() != layers.size())
    throw std::invalid_argument(fmt::format("frame {} has events of {} layers, the network has {}", pulled_,
                                            flying.events.of_layer.size(), layers.size()));
  for (models::LayerId l = 0; l < layers.size(); ++l) {
    const models::Shape& shape = layers[l].output;
    const auto& events = flying.events.of_layer[l];
    std::uint64_t before = 0;
    for (std::uint32_t i = 0; i < events.size(); ++i) {
      const models::DeltaEvent& e = events[i];
      const std::uint64_t place = (std::uint64_t{e.y} * shape.width + e.x) * shape.channels + e.channel;
      if (e.channel >= shape.channels || e.y >= shape.height || e.x >= shape.width || place < before)
        throw std::invalid_argument(fmt::format(
            "frame {}, layer '{}', event {} at channel {}, y {}, x {}: outside the layer or out of scan order", pulled_,
            layers[l].name, i, e.channel, e.y, e.x));
      before = place;
      flying.sent_by[plan_.owner(l, e)].push_back(&e);
    }
  }
}

void Stream::send(std::uint32_t slice, std::uint64_t frame, const std::vector<models::DeltaEvent>& events) {
  Flying& flying = flying_[frame - first_];
  const auto& kept = flying.decided.emplace_back(events);
  for (const models::DeltaEvent& e : kept) flying.own[slice].push_back(&e);
}

/// Puts what the slices sent in the place of the source's events.
void Stream::show(Flying& flying) const {
  const auto before = [](const models::DeltaEvent& a, const models::DeltaEvent& b) {
    return std::tuple(a.y, a.x, a.channel) < std::tuple(b.y, b.x, b.channel);
  };
  for (models::LayerId l = 1; l < flying.events.of_layer.size(); ++l) {
    auto& events = flying.events.of_layer[l];
    events.clear();
    for (const std::uint32_t s : plan_.slices_of(l))
      for (const models::DeltaEvent* e : flying.own[s]) events.push_back(*e);
    std::stable_sort(events.begin(), events.end(), before);
  }
  watch_(flying.events);
}

void Stream::done(std::uint64_t frame) {
  --flying_[frame - first_].busy;
  if (slices_decide_ && watch_)
    for (; shown_ < first_ + flying_.size() && flying_[shown_ - first_].busy == 0; ++shown_)
      show(flying_[shown_ - first_]);
  const std::size_t kept = layer_delay_ ? 1 : 0;
  while (flying_.size() > kept && flying_[kept].busy == 0) {
    spare_.push_back(std::move(flying_.front()));
    flying_.pop_front();
    ++first_;
    // Events of the last frame that was dropped may still be on their way; those of the one before are integrated.
    if (first_ >= 2) ledger_.close_before(first_ - 1);
  }
}

}  // namespace deltasim::hw
