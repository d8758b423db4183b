#pragma once

#include "hw/activity.hpp"
#include "hw/schedule.hpp"
#include "models/network.hpp"

#include <cstdint>

namespace deltasim::hw {

/// What a core is about. Waiting belongs to the work that ends it.
enum class Task : std::uint8_t { nothing, integrate, token, evaluate };
inline constexpr const char* names_of(Task) { return "nothing,integrate,token,evaluate"; }

/// A stretch of a core's time that has one cause.
struct Span {
  static constexpr std::uint64_t no_frame = ~std::uint64_t{0};

  std::uint32_t core = 0;
  Cycle begin = 0, end = 0;
  Cause cause = Cause::idle;
  Task task = Task::nothing;
  std::uint64_t frame = no_frame;
  models::LayerId layer = 0;  ///< whose slice integrates or evaluates; meaningless for Task::nothing
  models::LayerId from = 0;   ///< whose events or token were taken
  std::uint64_t events = 0;   ///< taken, or sent by an evaluation; with the first span of a packet or a step of work
};

enum class QueueEnd : std::uint8_t { input, output };

/// What a core's queue did in a cycle, in flits.
struct QueueChange {
  std::uint32_t core = 0;
  QueueEnd queue = QueueEnd::input;
  Cycle at = 0;
  std::uint64_t entered = 0, left = 0;
  std::uint64_t depth = 0;  ///< then
};

/// Flits over a link in [begin, end).
struct LinkUse {
  std::uint32_t from = 0, to = 0;  ///< routers
  Cycle begin = 0, end = 0;
  std::uint64_t flits = 0;
};

/// The memory channel, held for a core's request in [begin, end).
struct DramTransfer {
  std::uint32_t core = 0;
  Cycle asked = 0, begin = 0, end = 0;
  std::uint64_t bursts = 0;
};

/// Looks at a running machine. It changes nothing: results are those of a run without it.
///
/// Contract: a core's spans come in order and without gaps from cycle 0 to the run's end, so that by cause they add up
/// to its Causes; a queue's changes, a link's intervals and the channel's transfers come in order, too. What different
/// units did comes in no order: a core works ahead of time where nothing can disturb it. Before anything of a frame
/// comes its `frame_started`. All hosts tell the same of each unit.
class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  virtual bool wants_core(std::uint32_t core) const = 0;
  /// Length of the intervals of `link`; 0: links are not wanted.
  virtual Cycle link_interval() const = 0;

  virtual void frame_started(std::uint64_t frame, Cycle at) = 0;
  virtual void frame_finished(std::uint64_t frame, Cycle at) = 0;
  virtual void span(const Span& span) = 0;
  virtual void queue(const QueueChange& change) = 0;
  /// All of the core's queue changes before `until` have been told.
  virtual void settled(std::uint32_t core, Cycle until) = 0;
  virtual void link(const LinkUse& use) = 0;
  virtual void dram(const DramTransfer& transfer) = 0;
};

}  // namespace deltasim::hw
