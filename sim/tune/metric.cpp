#include "sim/tune/metric.hpp"

#include "models/error.hpp"
#include "sim/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::sim {
namespace {

constexpr std::size_t frames_per_part = 8;

std::size_t size_of(const models::Output& output) {
  std::size_t n = 1;
  for (const auto d : output.dims) n *= d;
  return n;
}

}  // namespace

double allowed_loss(Metric metric, double limit) {
  const auto refuse = [&](const std::string& right) {
    throw models::InputError("--max-loss", "", fmt::format("is {}", limit), right);
  };
  if (!std::isfinite(limit)) refuse("a finite number");
  if (metric == Metric::sqnr) {
    if (limit <= 0 || limit > 200)
      refuse("for sqnr: the dB that must remain, above 0 (20 is a relative L2 error of 0.1)");
    return std::pow(10.0, -limit / 20.0);
  }
  if (limit <= 0) refuse("above 0: without loss the rule's neutral thresholds are all there is");
  if (limit >= 1) refuse("below 1: a share of the outputs' length, of the decisions, or of the right answers");
  return limit;
}

std::optional<double> in_unit(Metric metric, double loss) {
  if (metric != Metric::sqnr) return loss;
  if (loss <= 0.0) return std::nullopt;
  return -20.0 * std::log10(loss);
}

struct Truth::Sums {
  double error = 0, reference = 0;
  std::uint64_t differ = 0, decided = 0, right = 0, right_dense = 0, frames = 0;
  void add(const Sums& s) {
    error += s.error, reference += s.reference;
    differ += s.differ, decided += s.decided, right += s.right, right_dense += s.right_dense, frames += s.frames;
  }
};

Truth::Truth(const models::Network& network, const FrameOutputs& outputs, HeldFrames frames, Metric metric,
             std::size_t parts, std::size_t first)
    : outputs_(network.outputs),
      first_(first),
      metric_(metric),
      parts_(std::max<std::size_t>(1, std::min(parts, (outputs.size() - first) / frames_per_part))) {
  const OutputScaler scaler(network);
  for (std::size_t f = first; f < outputs.size(); ++f) real_.push_back(scaler.real(outputs[f]));
  models::Frame frame;
  frames.rewind();
  for (std::size_t f = 0; frames.next(frame); ++f)
    if (f >= first && frame.label) labels_.push_back(*frame.label);
  if (labels_.size() != real_.size()) labels_.clear();
}

double Truth::metric_loss(const Sums& s, const Sums& whole) const {
  const double n = static_cast<double>(s.frames);
  if (metric_ == Metric::top1)
    return s.decided > 0 ? static_cast<double>(s.differ) / static_cast<double>(s.decided) : 0;
  if (metric_ == Metric::accuracy)
    return std::max(0.0, (static_cast<double>(s.right_dense) - static_cast<double>(s.right)) / n);
  // A part with small outputs would make any error large: parts share the mean power of all frames.
  const double reference = whole.reference * n / static_cast<double>(whole.frames);
  if (reference > 0) return std::sqrt(s.error / reference);
  return s.error > 0 ? 1e9 : 0.0;
}

Loss Truth::loss(const models::Network& network, const FrameOutputs& outputs) const {
  const OutputScaler scaler(network);
  std::vector<Sums> parts(parts_);
  for (std::size_t f = 0; f < real_.size(); ++f) {
    Sums& s = parts[f * parts_ / real_.size()];
    const auto ours = scaler.real(outputs[first_ + f]);
    ++s.frames;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      s.error += (ours[i] - real_[f][i]) * (ours[i] - real_[f][i]);
      s.reference += real_[f][i] * real_[f][i];
    }
    std::size_t at = 0;
    bool answered = false;
    for (const auto& output : outputs_) {
      const auto mine = decisions(output, ours.data() + at), theirs = decisions(output, real_[f].data() + at);
      for (std::size_t i = 0; i < mine.size(); ++i) s.differ += mine[i] != theirs[i];
      s.decided += mine.size();
      if (!labels_.empty() && !answered && mine.size() == 1) {
        s.right += mine[0] == labels_[f], s.right_dense += theirs[0] == labels_[f];
        answered = true;
      }
      at += size_of(output);
    }
  }
  Sums whole;
  for (const Sums& s : parts) whole.add(s);
  Loss loss;
  loss.whole = loss.worst = metric_loss(whole, whole);
  for (const Sums& s : parts) loss.worst = std::max(loss.worst, metric_loss(s, whole));
  loss.power = whole.reference > 0 ? whole.error / whole.reference : whole.error;
  return loss;
}

}  // namespace deltasim::sim
