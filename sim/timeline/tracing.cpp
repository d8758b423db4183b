#include "sim/timeline/tracing.hpp"

#include "models/error.hpp"
#include "sim/stage.hpp"
#include "sim/version.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace deltasim::sim {

/// Timeline and signals of one execution at a time.
class Tracing::Both final : public hw::Observer {
 public:
  Both(Timeline& timeline, Vcd& vcd) : timeline_(timeline), vcd_(vcd) {}

  bool wants_core(std::uint32_t core) const override { return timeline_.wants_core(core) || vcd_.wants_core(core); }
  hw::Cycle link_interval() const override { return timeline_.link_interval(); }
  void frame_started(std::uint64_t frame, hw::Cycle at) override { timeline_.frame_started(frame, at); }
  void frame_finished(std::uint64_t frame, hw::Cycle at) override { timeline_.frame_finished(frame, at); }
  void span(const hw::Span& span) override {
    for (hw::Observer* observer : wanting(span.core)) observer->span(span);
  }
  void queue(const hw::QueueChange& change) override {
    for (hw::Observer* observer : wanting(change.core)) observer->queue(change);
  }
  void settled(std::uint32_t core, hw::Cycle until) override {
    for (hw::Observer* observer : wanting(core)) observer->settled(core, until);
  }
  void link(const hw::LinkUse& use) override { timeline_.link(use); }
  void dram(const hw::DramTransfer& transfer) override { timeline_.dram(transfer); }

 private:
  const std::vector<hw::Observer*>& wanting(std::uint32_t core) {
    wanting_.clear();
    for (hw::Observer* observer : {static_cast<hw::Observer*>(&timeline_), static_cast<hw::Observer*>(&vcd_)})
      if (observer->wants_core(core)) wanting_.push_back(observer);
    return wanting_;
  }
  Timeline& timeline_;
  Vcd& vcd_;
  std::vector<hw::Observer*> wanting_;
};

Tracing::Tracing(const TraceRequest& request, const RunConfig& config)
    : request_(request), clock_{config.hardware.clock_mhz} {
  if (!request.timeline.empty()) writer_.emplace(request.timeline, clock_);
  if (!request.vcd.empty()) vcd_file_.emplace(request.vcd);
}

Tracing::~Tracing() = default;

bool Tracing::in_timeline(const std::string& execution) const {
  const auto& wanted = request_.executions;
  return writer_ && std::find(wanted.begin(), wanted.end(), execution) != wanted.end();
}

bool Tracing::wants(const std::string& execution) const {
  return in_timeline(execution) || (vcd_file_ && request_.vcd_execution == execution);
}

hw::Observer* Tracing::begin(const std::string& execution, const Stage& stage) {
  const auto& network = stage.network_of(execution);
  const auto& [chip, mapping] = std::tie(stage.setup().chip, stage.setup().mapping);
  if (in_timeline(execution)) timeline_.emplace(*writer_, request_, executions_++, execution, network, mapping, chip);
  if (vcd_file_ && request_.vcd_execution == execution) {
    std::uint32_t first = chip.noc.columns * chip.noc.rows;
    for (const hw::Slice& slice : mapping.slices) first = std::min(first, slice.core);
    vcd_.emplace(*vcd_file_, clock_, request_.vcd_core.value_or(first), execution, network);
  }
  if (timeline_ && vcd_) both_ = std::make_unique<Both>(*timeline_, *vcd_);
  if (both_) return both_.get();
  if (timeline_) return &*timeline_;
  return &vcd_.value();
}

void Tracing::end(const ExecutionResult& result) {
  both_.reset();
  if (timeline_) {
    timeline_->finish(result);
    most_cycles_ = std::max<std::uint64_t>(most_cycles_, result.cycles);
    most_frames_ = std::max<std::uint64_t>(most_frames_, result.frames.size());
  }
  timeline_.reset();
  if (vcd_) vcd_->finish();
  vcd_.reset();
}

void Tracing::require_window() const {
  if (request_.cycles && request_.cycles->begin >= most_cycles_)
    throw models::InputError("command line", "--timeline-cycles",
                             fmt::format("begins at cycle {}, where nothing runs any more", request_.cycles->begin),
                             fmt::format("a window that begins before cycle {}", most_cycles_));
  if (request_.frames && request_.frames->begin >= most_frames_)
    throw models::InputError(
        "command line", "--timeline-frames",
        fmt::format("begins at frame {}, and the run has {}", request_.frames->begin, most_frames_),
        fmt::format("frames from 0 to {}", most_frames_ - 1));
}

void Tracing::commit() {
  if (writer_) {
    require_window();
    writer_->commit(fmt::format(R"("tool":"deltasim {}","clock_mhz":{},"time":"ts and dur are microseconds, rounded )"
                                R"(down to nanoseconds; args.cycle and args.cycles are exact")",
                                version, clock_.mhz));
  }
  if (vcd_file_) vcd_file_->commit();
}

std::string Tracing::summary() const {
  const auto line = [](const TraceFile& file, const char* what, const char* viewer) {
    return fmt::format("{}: {}, {:.1f} MB; opens in {}\n", what, file.path(),
                       static_cast<double>(std::filesystem::file_size(file.path())) * 1e-6, viewer);
  };
  std::string text;
  if (writer_) text += line(writer_->file(), "timeline", "ui.perfetto.dev and chrome://tracing");
  if (vcd_file_) text += line(*vcd_file_, "signals", "GTKWave");
  return text;
}

}  // namespace deltasim::sim
