#include "hw/ledger.hpp"

#include <algorithm>

namespace deltasim::hw {

Ledger::Ledger(const Plan& plan, std::uint32_t cores) : plan_(plan) {
  result_.cores.resize(cores);
  const auto& layers = plan.network().layers;
  result_.rows.emplace_back(0, 0);
  for (models::LayerId l = 1; l < layers.size(); ++l)
    for (std::uint32_t b = 0; b < layers[l].branches.size(); ++b) result_.rows.emplace_back(l, b);

  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> shares;  // core and row
  for (const Slice& slice : plan.slices()) {
    first_row_.push_back(plan.row(slice.layer));
    first_share_.push_back(static_cast<std::uint32_t>(share_.size()));
    for (std::uint32_t b = 0; b < layers[slice.layer].branches.size(); ++b) {
      const std::uint32_t row = plan.row(slice.layer, b);
      const auto [known, is_new] =
          shares.try_emplace({slice.core, row}, static_cast<std::uint32_t>(row_of_share_.size()));
      if (is_new) row_of_share_.push_back(row);
      share_.push_back(known->second);
    }
  }
  first_row_.push_back(0);  // the input port
}

void Ledger::open_frame(std::uint64_t frame, Cycle now) {
  result_.frames.resize(frame + 1);
  result_.frames[frame].started = now;
  result_.frames[frame].rows.resize(result_.rows.size());
  cycles_.resize(frame + 1);
  cycles_[frame].resize(row_of_share_.size());
  if (observer_ != nullptr) observer_->frame_started(frame, now);
}

void Ledger::charge(std::uint32_t sender, std::uint32_t branch, std::uint64_t frame, const Counts& counts) {
  result_.frames[frame].rows[row_of(sender, branch)].counts += counts;
  (sender == plan_.input_port() ? result_.ports : result_.cores[plan_.slices()[sender].core].counts) += counts;
}

void Ledger::charge(std::uint32_t sender, std::uint32_t branch, std::uint64_t frame, Activity activity,
                    std::uint64_t n) {
  result_.frames[frame].rows[row_of(sender, branch)].counts[activity] += n;
  (sender == plan_.input_port() ? result_.ports : result_.cores[plan_.slices()[sender].core].counts)[activity] += n;
}

void Ledger::charge_output_port(std::uint32_t sender, std::uint64_t frame) {
  for (Counts* counts : {&result_.frames[frame].rows[row_of(sender, 0)].counts, &result_.ports}) {
    (*counts)[Activity::queue_write] += 1;
    (*counts)[Activity::queue_read] += 1;
  }
}

void Ledger::work(std::uint32_t slice, std::uint32_t branch, std::uint64_t frame, std::uint64_t cycles) {
  cycles_[frame][share_[first_share_[slice] + branch]] += cycles;
}

void Ledger::close_before(std::uint64_t frame) {
  for (; closed_ < frame && closed_ < cycles_.size(); ++closed_) {
    auto& rows = result_.frames[closed_].rows;
    for (std::size_t i = 0; i < row_of_share_.size(); ++i) {
      std::uint64_t& longest = rows[row_of_share_[i]].cycles;
      longest = std::max(longest, cycles_[closed_][i]);
    }
    std::vector<std::uint64_t>().swap(cycles_[closed_]);
  }
}

}  // namespace deltasim::hw
