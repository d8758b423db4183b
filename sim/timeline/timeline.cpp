#include "sim/timeline/timeline.hpp"

#include "sim/timeline/row_packer.hpp"

#include <algorithm>
#include <set>

namespace deltasim::sim {
namespace {

constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

struct FrameSums {
  std::uint64_t events = 0, macs = 0;
  double pj = 0.0;
};

FrameSums add_up(const FrameWork& frame) {
  FrameSums sums;
  for (const RowWork& row : frame.rows) {
    sums.events += row.work.events;
    sums.macs += row.work.macs;
    sums.pj += row.energy.value;
  }
  return sums;
}

}  // namespace

Timeline::Timeline(EventWriter& writer, const TraceRequest& request, std::uint32_t number, const std::string& execution,
                   const models::Network& network, const hw::Mapping& mapping, const hw::ChipParams& chip)
    : writer_(writer), request_(request), number_(number), execution_(json_name(execution)), named_(process_total) {
  for (const auto& layer : network.layers) layer_names_.push_back(json_name(layer.name));
  window_ = request.cycles.value_or(TraceRequest::Range());
  if (request.frames) window_ = {nowhere, nowhere};  // until the first of them starts
  const std::uint32_t total = chip.noc.columns * chip.noc.rows;
  for (std::uint32_t core = 0; core < total; ++core)
    tracks_.emplace_back(writer, Track{process(cores), core + 1}, layer_names_,
                         CoreTrack::Detail{request.resolution, request.packets});
  name_cores(mapping, chip.noc.columns);
}

std::uint32_t Timeline::named(Process p) {
  static constexpr std::array names{"frames", "layers", "cores", "queues", "links", "memory channel"};
  if (!named_[p]) writer_.name_process(process(p), fmt::format("{}: {}", execution_, names[p]));
  named_[p] = true;
  return process(p);
}

void Timeline::name_cores(const hw::Mapping& mapping, std::uint32_t columns) {
  named(frames);
  named(cores);
  for (std::uint32_t core = 0; core < tracks_.size(); ++core) {
    if (!request_.cores[core]) continue;
    std::set<models::LayerId> here;
    for (const hw::Slice& slice : mapping.slices)
      if (slice.core == core) here.insert(slice.layer);
    std::string name = fmt::format("core {} at {},{}", core, core % columns, core / columns);
    for (const models::LayerId layer : here) name += (layer == *here.begin() ? ": " : ", ") + layer_names_[layer];
    writer_.name_thread({process(cores), core + 1}, name);
  }
}

bool Timeline::clip(hw::Cycle& begin, hw::Cycle& end) const {
  begin = std::max(begin, window_.begin);
  end = std::min(end, window_.end);
  return begin < end;
}

void Timeline::frame_started(std::uint64_t frame, hw::Cycle at) {
  if (request_.frames && frame == request_.frames->begin) window_.begin = at;
}

void Timeline::frame_finished(std::uint64_t frame, hw::Cycle at) {
  if (request_.frames && frame + 1 == request_.frames->end) window_.end = at;
}

/// Frames are chosen by what the core is about: the core may be ahead of its window's end, or tell of a wait later.
void Timeline::span(const hw::Span& span) {
  if (request_.frames) {
    if (span.frame != hw::Span::no_frame && request_.frames->contains(span.frame)) add(span);
    return;
  }
  hw::Span clipped = span;
  if (clip(clipped.begin, clipped.end)) add(clipped);
}

void Timeline::add(const hw::Span& span) {
  tracks_[span.core].add(span);
  layers_.add(span);
}

void Timeline::queue(const hw::QueueChange& change) {
  if (!window_.contains(change.at)) return;
  const auto [known, is_new] = queues_.try_emplace(
      {change.core, change.queue}, writer_, process(queues),
      fmt::format("core {} {}", change.core, change.queue == hw::QueueEnd::input ? "input queue" : "output queue"),
      "flits", request_.interval);
  if (is_new) named(queues);
  known->second.set(change.at, static_cast<double>(change.depth));
}

void Timeline::link(const hw::LinkUse& use) {
  if (!window_.contains(use.begin)) return;
  const auto [known, is_new] =
      links_.try_emplace({use.from, use.to}, writer_, process(links), fmt::format("link {} to {}", use.from, use.to),
                         "flits per cycle", request_.interval);
  if (is_new) named(links);
  known->second.set(use.begin, static_cast<double>(use.flits) / static_cast<double>(use.end - use.begin));
  known->second.set(use.end, 0.0);
}

void Timeline::dram(const hw::DramTransfer& transfer) {
  hw::Cycle begin = transfer.begin, end = transfer.end;
  if (!clip(begin, end) || !request_.cores[transfer.core]) return;
  const bool is_new = !named_[channel];
  const Track track{named(channel), 1};
  if (is_new) writer_.name_thread(track, "transfers");
  writer_.span(track, fmt::format("core {}", transfer.core), begin, end,
               fmt::format(R"("bursts":{},"waited":{})", transfer.bursts, transfer.begin - transfer.asked));
}

void Timeline::write_frames(const ExecutionResult& result) {
  RowPacker rows(writer_, process(frames), 1, "frames");
  std::uint64_t before = 0;
  for (std::size_t f = 0; f < result.frames.size(); ++f) {
    const FrameWork& frame = result.frames[f];
    hw::Cycle begin = frame.started, end = frame.finished;
    const hw::Cycle power_from = std::exchange(before, frame.finished);
    if (request_.frames ? !request_.frames->contains(f) : !clip(begin, end)) continue;
    const FrameSums sums = add_up(frame);
    rows.add(fmt::format("frame {}", f), begin, end,
             fmt::format(R"("frame":{},"latency_cycles":{},"events":{},"macs":{},"energy_pj":{:.6g})", f,
                         frame.finished - frame.started, sums.events, sums.macs, sums.pj));
    if (frame.finished > power_from)
      writer_.counter(
          process(frames), "dynamic power by frame", "mW", std::max(power_from, window_.begin),
          sums.pj / static_cast<double>(writer_.clock().ns(frame.finished) - writer_.clock().ns(power_from)));
  }
}

void Timeline::finish(const ExecutionResult& result) {
  for (CoreTrack& track : tracks_) track.finish();
  const std::uint64_t end = std::min(window_.end, result.cycles);
  for (auto& [key, counter] : queues_) counter.finish(end);
  for (auto& [key, counter] : links_) counter.finish(end);
  if (!layers_.empty()) layers_.write(writer_, named(layers), layer_names_);
  write_frames(result);
}

}  // namespace deltasim::sim
