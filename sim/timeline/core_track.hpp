#pragma once

#include "hw/observer.hpp"
#include "sim/timeline/event_writer.hpp"

#include <string>
#include <vector>

namespace deltasim::sim {

/// A core's row: the cause of every cycle.
///
/// Spans of one cause and one piece of work that follow each other become one; their events add up. With a resolution,
/// what happens within a slot of that many cycles is sorted by cause: sums stay exact, the order in a slot is lost.
class CoreTrack {
 public:
  struct Detail {
    std::uint64_t resolution = 1;  ///< cycles of a slot
    bool packets = false;          ///< a span for each packet
  };
  /// `layers`: names by layer, as JSON.
  CoreTrack(EventWriter& writer, Track track, const std::vector<std::string>& layers, Detail detail)
      : writer_(&writer), track_(track), layers_(&layers), detail_(detail) {}

  /// In order; gaps are allowed.
  void add(const hw::Span& span);
  void finish();

 private:
  bool extends_held(const hw::Span& span) const;
  void add_exact(const hw::Span& span);
  void add_to_slot(const hw::Span& span);
  void end_slot();
  void write_held();

  EventWriter* writer_;
  Track track_;
  const std::vector<std::string>* layers_;
  Detail detail_;
  bool holds_ = false;
  hw::Span held_;
  std::uint64_t pieces_ = 0;  ///< packets in `held_`
  hw::Span slot_;             ///< of its first span; up to the last
  hw::Causes of_slot_;
};

}  // namespace deltasim::sim
