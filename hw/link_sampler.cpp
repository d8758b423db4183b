#include "hw/link_sampler.hpp"

#include <algorithm>

namespace deltasim::hw {
namespace {

constexpr Cycle patience = 1u << 20;  ///< longer than a core takes for anything

}  // namespace

void LinkSampler::wake(Cycle now) {
  if (now < since_ + interval_ && now != 0) return;
  for (Link& link : links_) {
    const std::uint64_t flits = link.router->flits_sent(link.port) - link.flits;
    link.flits += flits;
    if (flits != 0) observer_.link({link.from, link.to, since_, now, flits});
  }
  since_ = now;
  Cycle last_work = 0;
  for (const auto& core : cores_) last_work = std::max(last_work, core->last_work());
  if (now < last_work + patience) schedule_.at(*this, now + interval_);
}

}  // namespace deltasim::hw
