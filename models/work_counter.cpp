#include "models/axis_taps.hpp"
#include "models/consumers.hpp"
#include "models/reference.hpp"

#include <map>

namespace deltasim::models {
namespace {

/// Positions along one axis that reach the same kernel positions behave alike: classes of them.
struct AxisClasses {
  std::vector<std::uint32_t> class_of;              ///< by input position
  std::vector<std::vector<std::uint32_t>> kernels;  ///< by class: the kernel positions

  AxisClasses(const AxisTaps& taps, std::uint32_t inputs) {
    std::map<std::vector<std::uint32_t>, std::uint32_t> known;
    for (std::uint32_t i = 0; i < inputs; ++i) {
      std::vector<std::uint32_t> reached;
      for (const Tap tap : taps.of(i)) reached.push_back(tap.kernel);
      const auto [it, fresh] = known.emplace(reached, static_cast<std::uint32_t>(kernels.size()));
      if (fresh) kernels.push_back(reached);
      class_of.push_back(it->second);
    }
  }
};

/// Work of one event at a branch, by the class of its row, the class of its column, and its channel.
class BranchTable {
 public:
  BranchTable(const Network& network, const Branch& branch, const Shape& output)
      : input_(branch.input),
        rows_(AxisTaps(branch.input.height, output.height, branch.window.kernel_h, branch.window.stride_h,
                       branch.window.dilation_h, branch.window.pad_top),
              branch.input.height),
        columns_(AxisTaps(branch.input.width, output.width, branch.window.kernel_w, branch.window.stride_w,
                          branch.window.dilation_w, branch.window.pad_left),
                 branch.input.width),
        last_active_(branch.input.pixels()) {
    for (const Source& source : branch.sources)
      locators_.emplace_back(source.view, network.layers[source.producer].output, branch.input);
    if (branch.kind == BranchKind::convolution) fill(branch, output.channels / branch.groups);
  }

  void start_frame(BranchWork& work) {
    work = {};
    ++frame_;
  }

  void count(std::uint32_t source, const std::vector<DeltaEvent>& events, BranchWork& work) {
    Position at;
    for (const DeltaEvent& event : events) {
      if (!locators_[source](event, at)) continue;
      ++work.events;
      std::uint64_t& active = last_active_[std::size_t{at.y} * input_.width + at.x];
      work.active_pixels += active != frame_ ? 1 : 0;
      active = frame_;
      if (macs_.empty()) continue;
      const std::size_t place = rows_.class_of[at.y] * columns_.kernels.size() + columns_.class_of[at.x];
      work.macs += macs_[place];
      work.macs_nonzero_weight += nonzero_[place * input_.channels + at.channel];
    }
  }

 private:
  void fill(const Branch& branch, std::uint32_t out_group) {
    const std::uint32_t in_group = branch.input.channels / branch.groups;
    const std::size_t taps = std::size_t{branch.window.kernel_h} * branch.window.kernel_w;
    std::vector<std::uint32_t> nonzero(taps * branch.input.channels, out_group);  // [tap][channel]
    if (!branch.weights.empty()) {
      const std::int8_t* weight = branch.weights.data();
      for (std::uint32_t group = 0; group < branch.groups; ++group)
        for (std::size_t tap = 0; tap < taps; ++tap)
          for (std::uint32_t c = 0; c < in_group; ++c) {
            std::uint32_t& n = nonzero[tap * branch.input.channels + group * in_group + c] = 0;
            for (std::uint32_t o = 0; o < out_group; ++o) n += *weight++ != 0 ? 1 : 0;
          }
    }
    for (const auto& rows : rows_.kernels)
      for (const auto& columns : columns_.kernels) {
        macs_.push_back(std::uint64_t{rows.size()} * columns.size() * out_group);
        const std::size_t base = nonzero_.size();
        nonzero_.resize(base + branch.input.channels);
        for (const std::uint32_t ky : rows)
          for (const std::uint32_t kx : columns)
            for (std::uint32_t c = 0; c < branch.input.channels; ++c)
              nonzero_[base + c] += nonzero[(ky * branch.window.kernel_w + kx) * branch.input.channels + c];
      }
  }

  Shape input_;
  AxisClasses rows_, columns_;
  std::vector<Locator> locators_;           ///< by source
  std::vector<std::uint64_t> macs_;         ///< [row class][column class]; empty without weights
  std::vector<std::uint32_t> nonzero_;      ///< [row class][column class][channel]
  std::vector<std::uint64_t> last_active_;  ///< by pixel: the frame that last had an event there
  std::uint64_t frame_ = 0;
};

}  // namespace

class WorkCounter::Tables {
 public:
  explicit Tables(const Network& network) : consumers_(consumers(network)) {
    for (const Layer& layer : network.layers) {
      tables_.emplace_back();
      for (const Branch& branch : layer.branches) tables_.back().emplace_back(network, branch, layer.output);
      work_.emplace_back(layer.branches.size());
    }
  }

  const std::vector<std::vector<BranchWork>>& count(const FrameEvents& frame) {
    for (std::size_t l = 0; l < tables_.size(); ++l)
      for (std::size_t b = 0; b < tables_[l].size(); ++b) tables_[l][b].start_frame(work_[l][b]);
    for (std::size_t l = 0; l < frame.of_layer.size(); ++l)
      for (const Consumer& c : consumers_[l])
        tables_[c.layer][c.branch].count(c.source, frame.of_layer[l], work_[c.layer][c.branch]);
    return work_;
  }

 private:
  std::vector<std::vector<Consumer>> consumers_;  ///< by producer
  std::vector<std::vector<BranchTable>> tables_;  ///< [layer][branch]
  std::vector<std::vector<BranchWork>> work_;
};

WorkCounter::WorkCounter(const Network& network) : tables_(std::make_unique<Tables>(network)) {}

WorkCounter::~WorkCounter() = default;

const std::vector<std::vector<BranchWork>>& WorkCounter::count(const FrameEvents& frame) {
  return tables_->count(frame);
}

}  // namespace deltasim::models
