#include "sim/sparsity.hpp"

namespace deltasim::sim {

SparsityMeter::SparsityMeter(const models::Network& network) {
  for (const auto& layer : network.layers) {
    auto& fans = paper_fan_out_.emplace_back();
    for (const auto& branch : layer.branches) {
      const bool has_weights = branch.kind == models::BranchKind::convolution;
      const auto& w = branch.window;
      const std::uint32_t of_group = layer.output.channels / branch.groups;
      fans.push_back(has_weights ? double(w.kernel_h) * w.kernel_w * of_group : 0.0);
      dense_macs_ += static_cast<double>(dense_macs(branch, layer.output));
      dense_paper_operations_ += fans.back() * static_cast<double>(branch.input.size());
    }
  }
}

void SparsityMeter::add(const std::vector<std::vector<models::BranchWork>>& work) {
  Sum frame;
  frame.frames = 1;
  for (std::size_t l = 0; l < paper_fan_out_.size(); ++l)
    for (std::size_t b = 0; b < paper_fan_out_[l].size(); ++b) {
      frame.macs += static_cast<double>(work[l][b].macs);
      frame.paper_operations += paper_fan_out_[l][b] * static_cast<double>(work[l][b].events);
    }
  if (sum_.frames == 0) first_ = frame;
  sum_.frames += 1;
  sum_.macs += frame.macs;
  sum_.paper_operations += frame.paper_operations;
}

Sparsity SparsityMeter::without_first_frame() const {
  return result(
      {sum_.frames - first_.frames, sum_.macs - first_.macs, sum_.paper_operations - first_.paper_operations});
}

Sparsity SparsityMeter::result(const Sum& sum) const {
  Sparsity s;
  const auto frames = static_cast<double>(sum.frames);
  if (sum.frames == 0) return s;
  if (dense_macs_ > 0) s.mac = 1.0 - sum.macs / (frames * dense_macs_);
  if (dense_paper_operations_ > 0) s.fan_out = 1.0 - sum.paper_operations / (frames * dense_paper_operations_);
  return s;
}

}  // namespace deltasim::sim
