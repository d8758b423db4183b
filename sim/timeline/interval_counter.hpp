#pragma once

#include "sim/timeline/event_writer.hpp"

#include <string>
#include <utility>

namespace deltasim::sim {

/// The most of something in each interval, told where it changes.
class IntervalCounter {
 public:
  IntervalCounter(EventWriter& writer, std::uint32_t process, std::string name, std::string unit,
                  std::uint64_t interval)
      : writer_(&writer), process_(process), name_(std::move(name)), unit_(std::move(unit)), interval_(interval) {}

  /// The value from `at` on; in order.
  void set(std::uint64_t at, double value);
  /// Says nothing that holds from `end` on, unless it is nothing.
  void finish(std::uint64_t end);

 private:
  void pass(std::uint64_t interval);
  void tell(std::uint64_t interval, double value);

  EventWriter* writer_;
  std::uint32_t process_;
  std::string name_, unit_;
  std::uint64_t interval_;
  std::uint64_t at_ = 0;           ///< number of the present interval
  double now_ = 0.0, most_ = 0.0;  ///< now, and in the interval so far
  double told_ = 0.0;
};

}  // namespace deltasim::sim
