#pragma once

#include "hw/plan.hpp"
#include "models/axis_taps.hpp"
#include "models/evaluate.hpp"
#include "models/integrate.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace deltasim::hw {

/// The accumulators that a slice holds for one branch: in order y, x, channel of its box, or, where it holds
/// reconstructed inputs, of its receptive field.
class BranchValues {
 public:
  BranchValues(const models::Layer& layer, const models::Branch& branch, const models::OutputBox& box);

  void reset();  ///< every sum at its bias
  /// Marks pixels of the box whose sums change.
  void integrate(const models::Position& at, std::int32_t value, std::vector<std::uint8_t>& touched);
  /// Adds what the branch contributes to the outputs of one pixel of the box, by channel of the box: in 2^-24 codes, or
  /// bare sums where `raw`.
  void add(std::size_t pixel, bool raw, std::vector<std::int64_t>& to) const;

 private:
  void integrate_window(const models::Position& at, std::int32_t value, std::vector<std::uint8_t>& touched);
  std::int32_t value(std::size_t pixel, std::uint32_t channel) const;
  std::int32_t maximum(std::size_t pixel, std::uint32_t channel) const;
  std::int64_t average_term(std::size_t pixel, std::uint32_t channel, std::int64_t multiplier) const;
  std::size_t held_at(std::uint32_t y, std::uint32_t x, std::uint32_t channel) const;

  const models::Layer& layer_;
  const models::Branch& branch_;
  models::OutputBox box_, held_;
  models::AxisTaps rows_, columns_;
  std::vector<std::uint32_t> rows_inside_, columns_inside_;  ///< window elements inside the input, by output
  std::unique_ptr<models::Convolver> convolver_;
  std::vector<std::int32_t> sums_;
};

/// All branches of a slice.
class SliceValues {
 public:
  SliceValues(const models::Layer& layer, const models::OutputBox& box, const std::vector<bool>& absolute);

  void reset();
  void integrate(std::uint32_t branch, const models::Position& at, std::int32_t value) {
    branches_[branch].integrate(at, value, touched_);
  }
  /// Codes (raw: sums) of the pixels that changed. Absolute branches go back to their bias afterwards.
  struct Pixels {
    std::vector<std::size_t> pixels;   ///< of the box
    std::vector<std::int64_t> values;  ///< of all its channels, pixel after pixel
  };
  Pixels evaluate() {
    Pixels pixels = evaluate_to(touched_.size());
    end_frame();
    return pixels;
  }
  /// The same part by part: pixels before `end` that were not evaluated yet; then, after the last, `end_frame`.
  Pixels evaluate_to(std::size_t end);
  void end_frame();
  const models::OutputBox& box() const { return box_; }

 private:
  const models::Layer& layer_;
  models::OutputBox box_;
  std::vector<bool> absolute_;
  std::vector<BranchValues> branches_;
  std::vector<models::ChannelCode> codes_;
  std::vector<std::uint8_t> touched_;
  std::size_t next_pixel_ = 0;
};

}  // namespace deltasim::hw
