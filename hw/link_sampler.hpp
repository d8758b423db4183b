#pragma once

#include "hw/core.hpp"
#include "hw/observer.hpp"
#include "hw/router.hpp"

#include <memory>
#include <vector>

namespace deltasim::hw {

/// Reads the links' counters at regular intervals, for an observer.
///
/// Timing: wakes on whole cycles, where routers (on the half) are at rest, so what it reads does not depend on the
/// order of wakes. Counts: nothing. Limits: it goes on until no core has worked for a long time, since it alone must
/// not keep a chip alive.
class LinkSampler final : public Unit {
 public:
  LinkSampler(Observer& observer, Schedule& schedule, const std::vector<std::unique_ptr<Core>>& cores)
      : Unit(Phase::whole),
        observer_(observer),
        schedule_(schedule),
        cores_(cores),
        interval_(observer.link_interval()) {}

  void add(const Router& router, Port port, std::uint32_t from, std::uint32_t to) {
    links_.push_back({&router, port, from, to});
  }
  void wake(Cycle now) override;

 private:
  struct Link {
    const Router* router;
    Port port;
    std::uint32_t from, to;
    std::uint64_t flits = 0;
  };

  Observer& observer_;
  Schedule& schedule_;
  const std::vector<std::unique_ptr<Core>>& cores_;
  const Cycle interval_;
  Cycle since_ = 0;
  std::vector<Link> links_;
};

}  // namespace deltasim::hw
