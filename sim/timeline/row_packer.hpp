#pragma once

#include "sim/timeline/event_writer.hpp"

#include <string>
#include <utility>
#include <vector>

namespace deltasim::sim {

/// Spans that may overlap, on as many rows as that takes: viewers draw spans of one row that overlap wrongly.
class RowPacker {
 public:
  /// Rows get threads from `first` on.
  RowPacker(EventWriter& writer, std::uint32_t process, std::uint32_t first, std::string name)
      : writer_(writer), process_(process), first_(first), name_(std::move(name)) {}

  /// In order of `begin`.
  void add(std::string_view name, std::uint64_t begin, std::uint64_t end, std::string_view arguments);
  /// Threads in use.
  std::uint32_t rows() const { return static_cast<std::uint32_t>(free_at_.size()); }

 private:
  EventWriter& writer_;
  const std::uint32_t process_, first_;
  const std::string name_;
  std::vector<std::uint64_t> free_at_;
};

}  // namespace deltasim::sim
