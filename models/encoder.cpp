#include "models/encoder.hpp"

#include "models/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace deltasim::models {
namespace {

Comparison comparison(Rule rule, const RuleSet& rules) {
  if (rules.comparison) return *rules.comparison;
  return rule == Rule::sigma_delta ? Comparison::greater_equal : Comparison::greater;
}

/// Smallest |d| that fires. Rule `delta` has its threshold in the step: every change of a code is sent.
std::int64_t firing_limit(Rule rule, double threshold, Comparison comparison) {
  constexpr double never = 1e15;  // above every difference of codes, below what int64 and double hold exactly
  if (rule == Rule::delta) return 1;
  const double t = std::min(threshold, never);
  const double limit = comparison == Comparison::greater ? std::floor(t) + 1 : std::ceil(t);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(limit));
}

}  // namespace

Encoder::Encoder(const Shape& shape, const SendingRule& sending, const RuleSet& rules, std::uint32_t message_shift)
    : shape_(shape), rule_(sending.rule), message_shift_(message_shift) {
  for (std::uint32_t c = 0; c < shape.channels; ++c)
    limit_.push_back(firing_limit(rule_, per_channel(sending.threshold, c, 0.0), comparison(rule_, rules)));
  payload_high_ = (std::int64_t{1} << (rules.payload_bits - 1)) - 1;
  payload_low_ = -payload_high_ - 1;
  sent_.resize(shape.size());
  firing_.resize(shape.channels);
  if (rule_ == Rule::previous_frame || rule_ == Rule::sigma_delta) previous_.resize(shape.size());
  if (rule_ == Rule::sigma_delta) residue_.resize(shape.size());
  if (message_shift_ != 0) shifted_.resize(shape.channels);
}

void Encoder::reset() {
  for (auto* state : {&sent_, &previous_, &residue_}) std::fill(state->begin(), state->end(), 0);
}

void Encoder::encode(std::size_t pixel, const std::int32_t* x, std::vector<DeltaEvent>& out) {
  y_ = static_cast<std::uint16_t>(pixel / shape_.width);
  x_ = static_cast<std::uint16_t>(pixel % shape_.width);
  if (rule_ == Rule::sigma_delta) return send_messages(pixel, x, out);
  if (message_shift_ != 0) {
    for (std::uint32_t c = 0; c < shape_.channels; ++c) shifted_[c] = x[c] >> message_shift_;
    x = shifted_.data();
  }
  switch (rule_) {
    case Rule::dense:
    case Rule::spatial:
      std::copy(x, x + shape_.channels, sent_.begin() + static_cast<std::ptrdiff_t>(pixel * shape_.channels));
      return;
    case Rule::previous_frame:
      return send_differences(pixel, x, out);
    case Rule::pixel:
      return send_pixel(pixel, x, out);
    default:
      return send_changes(x, sent_.data() + pixel * shape_.channels, out);
  }
}

void Encoder::finish(std::size_t begin, std::size_t end, std::vector<DeltaEvent>& out) {
  if (!absolute()) return;
  const std::int32_t* value = sent_.data() + begin * shape_.channels;
  for (std::size_t pixel = begin; pixel < end; ++pixel) {
    y_ = static_cast<std::uint16_t>(pixel / shape_.width);
    x_ = static_cast<std::uint16_t>(pixel % shape_.width);
    for (std::uint32_t c = 0; c < shape_.channels; ++c, ++value)
      if (*value != 0 || rule_ == Rule::dense) emit(c, *value, out);
  }
}

// Which channels fire is as good as random to a processor: found without a branch each.
void Encoder::send_changes(const std::int32_t* x, std::int32_t* reference, std::vector<DeltaEvent>& out) {
  const std::int64_t* limit = limit_.data();
  std::uint32_t* firing = firing_.data();
  std::size_t n = 0;
  for (std::uint32_t c = 0; c < shape_.channels; ++c) {
    const std::int64_t d = std::int64_t{x[c]} - reference[c];
    firing[n] = c;
    n += static_cast<std::size_t>((d >= limit[c]) | (d <= -limit[c]));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t c = firing[i];
    emit(c, std::int64_t{x[c]} - reference[c], out);
    reference[c] = x[c];
  }
}

void Encoder::send_differences(std::size_t pixel, const std::int32_t* x, std::vector<DeltaEvent>& out) {
  const std::size_t base = pixel * shape_.channels;
  for (std::uint32_t c = 0; c < shape_.channels; ++c) {
    const std::int64_t d = std::int64_t{x[c]} - previous_[base + c];
    previous_[base + c] = x[c];
    if (!fires(c, d)) continue;
    emit(c, d, out);
    sent_[base + c] = add_wrapping(sent_[base + c], static_cast<std::int32_t>(d));
  }
}

void Encoder::send_pixel(std::size_t pixel, const std::int32_t* x, std::vector<DeltaEvent>& out) {
  std::int32_t* reference = sent_.data() + pixel * shape_.channels;
  bool active = false;
  for (std::uint32_t c = 0; c < shape_.channels && !active; ++c) active = fires(c, std::int64_t{x[c]} - reference[c]);
  if (!active) return;
  for (std::uint32_t c = 0; c < shape_.channels; ++c) {
    emit(c, std::int64_t{x[c]} - reference[c], out);
    reference[c] = x[c];
  }
}

void Encoder::send_messages(std::size_t pixel, const std::int32_t* x, std::vector<DeltaEvent>& out) {
  const std::size_t base = pixel * shape_.channels;
  for (std::uint32_t c = 0; c < shape_.channels; ++c) {
    const std::int64_t d = std::int64_t{x[c]} - previous_[base + c] + residue_[base + c];
    previous_[base + c] = x[c];
    if (!fires(c, d)) {
      residue_[base + c] = static_cast<std::int32_t>(d);
      continue;
    }
    residue_[base + c] = 0;
    const std::int64_t message = d >> message_shift_;
    if (message == 0) continue;
    emit(c, message, out);
    sent_[base + c] = add_wrapping(sent_[base + c], static_cast<std::int32_t>(message));
  }
}

/// Sends what exceeds the payload, as often as it does; what remains fits.
std::int64_t Encoder::split(std::uint32_t channel, std::int64_t value, std::vector<DeltaEvent>& out) const {
  const std::int64_t most = value > 0 ? payload_high_ : payload_low_;
  for (; value > payload_high_ || value < payload_low_; value -= most)
    out.push_back({channel, y_, x_, static_cast<std::int32_t>(most)});
  return value;
}

}  // namespace deltasim::models
