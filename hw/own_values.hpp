#pragma once

#include "hw/machine.hpp"
#include "hw/slice_values.hpp"
#include "hw/stream.hpp"
#include "models/encoder.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace deltasim::hw {

/// A machine that lives on what arrives: each slice computes its sums from the events that reached it and decides by
/// itself what it sends. Where events can be lost, only that is honest; without losses it is what the source says.
///
/// Limits: a slice knows its own neurons alone, so rules that decide over all channels of a pixel need slices with all
/// channels; no layer_delay.
class OwnValues {
 public:
  /// `check`: what a slice computes is compared with the source until the first loss.
  /// Errors: std::invalid_argument for what cannot be decided by a slice.
  OwnValues(const Plan& plan, const models::RuleSet& rules, Stream& stream, bool check);

  /// Returns the multiply-accumulates with weights that are not 0.
  std::uint64_t integrate(std::uint32_t slice, std::uint32_t branch, const models::Position& at, std::int32_t value);
  void reset(std::uint32_t slice) { slices_[slice].values.reset(); }
  /// Nothing more reaches the first `rows` rows of the slice: what they send in `frame` goes to the stream.
  void compute(std::uint32_t slice, std::uint64_t frame, std::uint32_t rows);
  /// After the last row. Errors: CheckError.
  void end_frame(std::uint32_t slice, std::uint64_t frame);
  void note_loss() { lost_ = true; }
  /// Whether neurons may send in a frame in which no event reaches them: values as such, or what is left of earlier
  /// changes.
  bool sends_untouched(std::uint32_t slice) const { return slices_[slice].sends_untouched; }
  std::uint64_t checked_values() const { return checked_; }

 private:
  /// Weights that are not 0 in the slice's channels, by tap and input channel.
  struct Weights {
    std::vector<std::uint32_t> nonzero;
    std::optional<models::AxisTaps> rows, columns;
  };
  struct OwnSlice {
    OwnSlice(const models::Layer& layer, const models::OutputBox& box, const std::vector<bool>& absolute)
        : values(layer, box, absolute) {}
    SliceValues values;
    std::optional<models::Encoder> encoder;  ///< none where outputs are raw
    std::vector<std::int64_t> sums;          ///< raw outputs
    std::vector<Weights> weights;            ///< by branch
    std::uint32_t rows = 0;                  ///< computed in this frame
    bool sends_untouched = false;
  };
  Weights count_weights(const models::Layer& layer, const models::Branch& branch, const models::OutputBox& box) const;
  void encode(OwnSlice& slice, const SliceValues::Pixels& pixels, std::size_t begin, std::size_t end);
  void keep_sums(OwnSlice& slice, const SliceValues::Pixels& pixels);
  void check_events(std::uint32_t slice, std::uint64_t frame);
  void write_outputs(std::uint32_t slice, std::uint64_t frame);
  void write_output(std::uint32_t slice, const models::Source& source, std::size_t base, std::size_t size,
                    std::uint64_t frame);

  const Plan& plan_;
  Stream& stream_;
  const bool check_;
  bool lost_ = false;
  std::vector<OwnSlice> slices_;
  std::vector<models::DeltaEvent> events_;
  std::uint64_t checked_ = 0;
};

}  // namespace deltasim::hw
