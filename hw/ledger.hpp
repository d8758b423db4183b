#pragma once

#include "hw/machine.hpp"
#include "hw/observer.hpp"
#include "hw/plan.hpp"
#include "hw/schedule.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace deltasim::hw {

/// Where work is written down: by frame and row, by core, and how long each core worked on a row.
class Ledger {
 public:
  Ledger(const Plan& plan, std::uint32_t cores);

  void observe(Observer* observer) { observer_ = observer; }
  void open_frame(std::uint64_t frame, Cycle now);
  /// Work of a sender (slice or input port) for a frame.
  void charge(std::uint32_t sender, std::uint32_t branch, std::uint64_t frame, const Counts& counts);
  void charge(std::uint32_t sender, std::uint32_t branch, std::uint64_t frame, Activity activity, std::uint64_t n);
  void count_nonzero(std::uint32_t slice, std::uint32_t branch, std::uint64_t frame, std::uint64_t macs) {
    result_.frames[frame].rows[row_of(slice, branch)].macs_nonzero_weight += macs;
  }
  /// Events that reached the slice's core and were dropped there.
  void lose(std::uint32_t slice, std::uint32_t branch, std::uint64_t frame, std::uint64_t events) {
    result_.frames[frame].rows[row_of(slice, branch)].lost_events += events;
    result_.cores[plan_.slices()[slice].core].lost_events += events;
  }
  /// Cycles of a slice's core.
  void work(std::uint32_t slice, std::uint32_t branch, std::uint64_t frame, std::uint64_t cycles);
  void finish_frame(std::uint64_t frame, Cycle now) {
    result_.frames[frame].finished = now;
    if (observer_ != nullptr) observer_->frame_finished(frame, now);
  }
  /// Nobody will work on frames before `frame` any more.
  void close_before(std::uint64_t frame);

  /// The output port has taken a flit of a sender's.
  void charge_output_port(std::uint32_t sender, std::uint64_t frame);
  CoreResult& core(std::uint32_t core) { return result_.cores[core]; }
  MachineResult& result() { return result_; }

 private:
  std::uint32_t row_of(std::uint32_t sender, std::uint32_t branch) const { return first_row_[sender] + branch; }

  const Plan& plan_;
  MachineResult result_;
  std::vector<std::uint32_t> first_row_;    ///< by sender
  std::vector<std::uint32_t> first_share_;  ///< by slice: its branches' places in `shares_`
  std::vector<std::uint32_t> share_;        ///< by slice and branch: a core's share of a row
  std::vector<std::uint32_t> row_of_share_;
  std::vector<std::vector<std::uint64_t>> cycles_;  ///< by frame, then share; empty once closed
  std::uint64_t closed_ = 0;
  Observer* observer_ = nullptr;
};

}  // namespace deltasim::hw
