#pragma once

#include "models/consumers.hpp"
#include "models/evaluate.hpp"
#include "models/event.hpp"
#include "models/integrate.hpp"

#include <optional>

namespace deltasim::models {

/// The accumulators of one branch of a layer.
class BranchState {
 public:
  /// Network outlives this object; `layer` and `branch` are parts of it.
  BranchState(const Network& network, const Layer& layer, const Branch& branch);

  void reset();  ///< every sum at its bias
  /// Adds what one source sent. Marks output pixels that changed in `touched`.
  void integrate(std::size_t source, const std::vector<DeltaEvent>& events, std::uint8_t* touched);

  /// Adds this branch's terms (acc * M, in 2^-24 codes) of one output pixel to `terms`, by channel.
  void add_terms(std::size_t pixel, std::int64_t* terms) const;
  /// Adds what a raw output layer shows of one output pixel: bare sums where it has one branch, else terms.
  void add_raw(std::size_t pixel, std::int64_t* sums) const;
  /// Output neurons in order y, x, channel (max pool: maxima). Sums wrapped at the layer's width.
  std::int32_t value(std::size_t pixel, std::uint32_t channel) const;

 private:
  void integrate_convolution(std::size_t source, const std::vector<DeltaEvent>& events, std::uint8_t* touched);
  void integrate_element(const Position& at, std::int32_t value, std::uint8_t* touched);
  void flush_run(std::uint32_t y, std::uint32_t x, std::uint8_t* touched);
  void add_average(std::size_t pixel, std::int64_t* terms) const;
  std::int64_t pool_count(std::size_t pixel) const;
  std::int32_t maximum(std::size_t pixel, std::uint32_t channel) const;

  const Layer& layer_;
  const Branch& branch_;
  std::vector<Locator> locators_;  ///< by source
  std::optional<Convolver> convolver_;
  AxisTaps rows_, columns_;
  std::vector<std::uint32_t> rows_inside_, columns_inside_;  ///< window elements inside the input, by output position
  std::vector<std::int64_t> multiplier_;                     ///< per channel
  std::vector<std::int32_t> sums_;
  std::vector<std::uint32_t> run_channels_;  ///< events of one pixel
  std::vector<std::int32_t> run_values_;
};

/// All branches of a layer, and which of its output pixels an event has reached.
class LayerState {
 public:
  LayerState(const Network& network, LayerId layer);

  void reset();                           ///< key frame: all branches at their bias, every pixel to be evaluated
  void reset_branch(std::size_t branch);  ///< an absolute branch, every frame
  void integrate(std::size_t branch, std::size_t source, const std::vector<DeltaEvent>& events);

  /// Calls `use(pixel, codes)` for every pixel to be evaluated, in scan order, and forgets that it was touched.
  template <typename Use>
  void evaluate(Use use) {
    for (std::size_t p = 0; p < touched_.size(); ++p) {
      if (touched_[p] == 0) continue;
      touched_[p] = 0;
      evaluate_pixel(p);
      use(p, codes_.data());
    }
  }
  /// Bare sums over all branches of one output pixel, by channel.
  const std::vector<std::int64_t>& raw(std::size_t pixel);
  void forget_touched();
  const BranchState& branch(std::size_t b) const { return branches_[b]; }

 private:
  void evaluate_pixel(std::size_t pixel);

  const Layer& layer_;
  std::vector<BranchState> branches_;
  std::vector<ChannelCode> code_;
  std::vector<std::uint8_t> touched_;  ///< by output pixel
  std::vector<std::int64_t> terms_;
  std::vector<std::int32_t> codes_;
};

}  // namespace deltasim::models
