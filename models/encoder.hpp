#pragma once

#include "models/event.hpp"
#include "models/sending.hpp"

namespace deltasim::models {

/// Decides what a layer sends for its activations, once per frame and for all consumers together.
/// A delta of 0 is no change and is never sent, except by `pixel` inside an active pixel.
class Encoder {
 public:
  /// `message_shift`: bits that Loihi's messages lose; under other rules the activation itself is shifted first.
  Encoder(const Shape& shape, const SendingRule& sending, const RuleSet& rules, std::uint32_t message_shift);

  /// As at power-up: references and residues 0.
  void reset();
  /// New activations of one pixel, all channels; `pixel` = y * width + x. Pixels that are left out have not changed.
  void encode(std::size_t pixel, const std::int32_t* activations, std::vector<DeltaEvent>& out);
  /// After the last pixel of a frame: absolute rules send here.
  void finish(std::vector<DeltaEvent>& out) { finish(0, shape_.pixels(), out); }
  /// The same for pixels [begin, end), where a frame is encoded part by part.
  void finish(std::size_t begin, std::size_t end, std::vector<DeltaEvent>& out);

  /// What consumers hold: the value last sent, or the sum of the deltas; in order y, x, channel.
  const std::vector<std::int32_t>& sent() const { return sent_; }
  bool absolute() const { return is_absolute(rule_); }

 private:
  void send_changes(const std::int32_t* x, std::int32_t* reference, std::vector<DeltaEvent>& out);
  void send_differences(std::size_t pixel, const std::int32_t* x, std::vector<DeltaEvent>& out);
  void send_pixel(std::size_t pixel, const std::int32_t* x, std::vector<DeltaEvent>& out);
  void send_messages(std::size_t pixel, const std::int32_t* x, std::vector<DeltaEvent>& out);
  bool fires(std::size_t channel, std::int64_t d) const { return d >= limit_[channel] || d <= -limit_[channel]; }
  /// At row y_, column x_: of the pixel that is being encoded.
  void emit(std::uint32_t channel, std::int64_t value, std::vector<DeltaEvent>& out) const {
    if (value > payload_high_ || value < payload_low_) value = split(channel, value, out);
    out.push_back({channel, y_, x_, static_cast<std::int32_t>(value)});
  }
  std::int64_t split(std::uint32_t channel, std::int64_t value, std::vector<DeltaEvent>& out) const;

  Shape shape_;
  Rule rule_;
  std::vector<std::int64_t> limit_;  ///< per channel: fires where |d| >= limit; at least 1
  std::int64_t payload_low_, payload_high_;
  std::uint32_t message_shift_;
  std::uint16_t y_ = 0, x_ = 0;
  std::vector<std::int32_t> sent_;
  std::vector<std::int32_t> previous_;  ///< previous_frame, sigma_delta: the last activation
  std::vector<std::int32_t> residue_;   ///< sigma_delta: what was too small to be sent
  std::vector<std::int32_t> shifted_;   ///< one pixel
  std::vector<std::uint32_t> firing_;   ///< channels of one pixel
};

}  // namespace deltasim::models
