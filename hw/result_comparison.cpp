#include "hw/result_comparison.hpp"

#include <algorithm>

namespace deltasim::hw {
namespace {

/// How many figures of two results are not the same.
class Differences {
 public:
  template <class T>
  void look(const T& a, const T& b) {
    count_ += a == b ? 0 : 1;
  }
  /// Element by element; a length that differs counts as one figure.
  template <class List, class Look>
  void look_at_each(const List& a, const List& b, Look&& each) {
    look(a.size(), b.size());
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) each(a[i], b[i]);
  }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace

std::uint64_t differing_figures(const MachineResult& a, const MachineResult& b) {
  Differences d;
  d.look(a.cycles, b.cycles);
  d.look(a.checked_values, b.checked_values);
  d.look(a.ports, b.ports);
  d.look(a.dram.has_value(), b.dram.has_value());
  if (a.dram && b.dram) {
    d.look(a.dram->busy_cycles, b.dram->busy_cycles);
    d.look(a.dram->weight_bursts, b.dram->weight_bursts);
    d.look(a.dram->state_read_bursts, b.dram->state_read_bursts);
    d.look(a.dram->state_write_bursts, b.dram->state_write_bursts);
  }
  d.look_at_each(a.cores, b.cores, [&](const CoreResult& x, const CoreResult& y) {
    d.look(x.counts, y.counts);
    d.look(x.causes, y.causes);
    d.look(x.lost_events, y.lost_events);
    d.look(x.input_queue_high_water, y.input_queue_high_water);
    d.look(x.output_queue_high_water, y.output_queue_high_water);
  });
  d.look_at_each(a.links, b.links, [&](const LinkResult& x, const LinkResult& y) {
    d.look(x.flits, y.flits);
    d.look(x.high_water, y.high_water);
  });
  d.look_at_each(a.frames, b.frames, [&](const FrameResult& x, const FrameResult& y) {
    d.look(x.started, y.started);
    d.look(x.finished, y.finished);
    d.look_at_each(x.rows, y.rows, [&](const BranchResult& p, const BranchResult& q) {
      d.look(p.counts, q.counts);
      d.look(p.cycles, q.cycles);
      d.look(p.lost_events, q.lost_events);
      d.look(p.macs_nonzero_weight, q.macs_nonzero_weight);
    });
  });
  return d.count();
}

}  // namespace deltasim::hw
