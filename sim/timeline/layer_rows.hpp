#pragma once

#include "hw/observer.hpp"
#include "sim/timeline/event_writer.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace deltasim::sim {

/// When each layer works on which frame: from the first to the last cycle of any of its cores, for integration and for
/// evaluation. Two numbers for each layer and frame are kept until the end.
class LayerRows {
 public:
  void add(const hw::Span& span);
  /// `layers`: names by layer, as JSON.
  void write(EventWriter& writer, std::uint32_t process, const std::vector<std::string>& layers) const;
  bool empty() const { return extents_.empty(); }

 private:
  struct Extent {
    std::uint64_t begin = 0, end = 0, core_cycles = 0;  ///< cycles of work and stalls of all cores
  };
  std::map<std::tuple<models::LayerId, hw::Task, std::uint64_t>, Extent> extents_;
};

}  // namespace deltasim::sim
