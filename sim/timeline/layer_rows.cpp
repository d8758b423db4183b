#include "sim/timeline/layer_rows.hpp"

#include "sim/timeline/row_packer.hpp"

#include <algorithm>

namespace deltasim::sim {

/// Waiting before the first packet is no work on the layer, nor are tokens, which come before and after it.
void LayerRows::add(const hw::Span& span) {
  const bool waits =
      span.cause == hw::Cause::input_empty || span.cause == hw::Cause::output_full || span.cause == hw::Cause::dram;
  if (waits || (span.task != hw::Task::integrate && span.task != hw::Task::evaluate)) return;
  const auto [known, is_new] = extents_.try_emplace({span.layer, span.task, span.frame});
  Extent& extent = known->second;
  extent.begin = is_new ? span.begin : std::min(extent.begin, span.begin);
  extent.end = std::max(extent.end, span.end);
  extent.core_cycles += span.end - span.begin;
}

void LayerRows::write(EventWriter& writer, std::uint32_t process, const std::vector<std::string>& layers) const {
  using Entry = std::pair<std::uint64_t, Extent>;
  std::uint32_t thread = 1;
  for (auto at = extents_.begin(); at != extents_.end();) {
    const auto [layer, task, first_frame] = at->first;
    std::vector<Entry> entries;
    for (; at != extents_.end() && std::get<0>(at->first) == layer && std::get<1>(at->first) == task; ++at)
      entries.emplace_back(std::get<2>(at->first), at->second);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tuple(a.second.begin, a.first) < std::tuple(b.second.begin, b.first);
    });
    const char* const does = task == hw::Task::evaluate ? "evaluate" : "integrate";
    RowPacker rows(writer, process, thread, fmt::format("{}: {}", layers[layer], does));
    for (const auto& [frame, extent] : entries)
      rows.add(fmt::format("frame {}", frame), extent.begin, extent.end,
               fmt::format(R"("frame":{},"layer":"{}","task":"{}","core_cycles":{})", frame, layers[layer], does,
                           extent.core_cycles));
    thread += rows.rows();
  }
}

}  // namespace deltasim::sim
