#include "models/layer_state.hpp"

#include <algorithm>
#include <cassert>

namespace deltasim::models {
namespace {

std::vector<std::uint32_t> elements_inside(const AxisTaps& taps, std::uint32_t inputs, std::uint32_t outputs) {
  std::vector<std::uint32_t> inside(outputs);
  for (std::uint32_t i = 0; i < inputs; ++i)
    for (const Tap tap : taps.of(i)) ++inside[tap.output];
  return inside;
}

AxisTaps rows_of(const Branch& b, const Shape& output) {
  return {b.input.height, output.height, b.window.kernel_h, b.window.stride_h, b.window.dilation_h, b.window.pad_top};
}

AxisTaps columns_of(const Branch& b, const Shape& output) {
  return {b.input.width, output.width, b.window.kernel_w, b.window.stride_w, b.window.dilation_w, b.window.pad_left};
}

}  // namespace

BranchState::BranchState(const Network& network, const Layer& layer, const Branch& branch)
    : layer_(layer),
      branch_(branch),
      rows_(rows_of(branch, layer.output)),
      columns_(columns_of(branch, layer.output)),
      rows_inside_(elements_inside(rows_, branch.input.height, layer.output.height)),
      columns_inside_(elements_inside(columns_, branch.input.width, layer.output.width)) {
  for (const Source& source : branch.sources)
    locators_.emplace_back(source.view, network.layers[source.producer].output, branch.input);
  if (branch.kind == BranchKind::convolution) convolver_.emplace(branch, layer.output, whole(layer.output));
  const bool by_input = branch.kind == BranchKind::identity || branch.kind == BranchKind::max_pool;
  assert(branch.kind != BranchKind::identity || branch.input == layer.output);
  sums_.resize(by_input ? branch.input.size() : layer.output.size());
  for (std::uint32_t c = 0; c < layer.output.channels; ++c)
    multiplier_.push_back(per_channel(branch.multiplier, c, unit_multiplier));
  reset();
}

void BranchState::reset() {
  std::fill(sums_.begin(), sums_.end(), 0);
  if (branch_.kind != BranchKind::convolution || branch_.bias.empty()) return;
  const std::size_t channels = layer_.output.channels;
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] = per_channel(branch_.bias, i % channels, 0);
}

void BranchState::integrate(std::size_t source, const std::vector<DeltaEvent>& events, std::uint8_t* touched) {
  if (branch_.kind == BranchKind::convolution) return integrate_convolution(source, events, touched);
  Position at;
  for (const DeltaEvent& event : events)
    if (locators_[source](event, at)) integrate_element(at, event.value, touched);
}

void BranchState::integrate_convolution(std::size_t source, const std::vector<DeltaEvent>& events,
                                        std::uint8_t* touched) {
  std::uint32_t y = 0, x = 0;
  Position at;
  for (const DeltaEvent& event : events) {
    if (!locators_[source](event, at)) continue;
    if (at.y != y || at.x != x) flush_run(y, x, touched);
    y = at.y;
    x = at.x;
    run_channels_.push_back(at.channel);
    run_values_.push_back(event.value);
  }
  flush_run(y, x, touched);
}

void BranchState::flush_run(std::uint32_t y, std::uint32_t x, std::uint8_t* touched) {
  if (run_channels_.empty()) return;
  convolver_->add(y, x, run_channels_.data(), run_values_.data(), run_channels_.size(), sums_.data(), touched);
  run_channels_.clear();
  run_values_.clear();
}

void BranchState::integrate_element(const Position& at, std::int32_t value, std::uint8_t* touched) {
  const std::size_t width = layer_.output.width, channels = branch_.input.channels;
  const bool average = branch_.kind == BranchKind::average_pool;
  if (!average) {
    auto& r = sums_[(std::size_t{at.y} * branch_.input.width + at.x) * channels + at.channel];
    r = add_wrapping(r, value);
    if (branch_.kind == BranchKind::identity) {
      touched[at.y * width + at.x] = 1;
      return;
    }
  }
  for (const Tap row : rows_.of(at.y))
    for (const Tap column : columns_.of(at.x)) {
      const std::size_t pixel = row.output * width + column.output;
      touched[pixel] = 1;
      if (!average) continue;
      auto& sum = sums_[pixel * channels + at.channel];
      sum = add_wrapping(sum, value);
    }
}

std::int64_t BranchState::pool_count(std::size_t pixel) const {
  const std::size_t width = layer_.output.width;
  return pool_elements(branch_, rows_inside_[pixel / width] * columns_inside_[pixel % width]);
}

std::int32_t BranchState::maximum(std::size_t pixel, std::uint32_t channel) const {
  const Window& w = branch_.window;
  const std::int64_t top = std::int64_t(pixel / layer_.output.width) * w.stride_h - w.pad_top;
  const std::int64_t left = std::int64_t(pixel % layer_.output.width) * w.stride_w - w.pad_left;
  bool any = false;
  std::int32_t largest = 0;  // of a window that lies in the padding altogether
  for (std::int64_t ky = 0; ky < w.kernel_h; ++ky) {
    const std::int64_t y = top + ky * w.dilation_h;
    if (y < 0 || y >= branch_.input.height) continue;
    for (std::int64_t kx = 0; kx < w.kernel_w; ++kx) {
      const std::int64_t x = left + kx * w.dilation_w;
      if (x < 0 || x >= branch_.input.width) continue;
      const std::int32_t r = sums_[(y * branch_.input.width + x) * branch_.input.channels + channel];
      largest = any ? std::max(largest, r) : r;
      any = true;
    }
  }
  return largest;
}

std::int32_t BranchState::value(std::size_t pixel, std::uint32_t channel) const {
  if (branch_.kind == BranchKind::max_pool) return maximum(pixel, channel);
  return wrap(sums_[pixel * layer_.output.channels + channel], layer_.accumulator_bits);
}

void BranchState::add_terms(std::size_t pixel, std::int64_t* terms) const {
  const std::uint32_t channels = layer_.output.channels;
  const std::int64_t* m = multiplier_.data();
  if (branch_.kind == BranchKind::average_pool) return add_average(pixel, terms);
  if (branch_.kind == BranchKind::max_pool || layer_.accumulator_bits < 32) {
    for (std::uint32_t c = 0; c < channels; ++c) terms[c] += value(pixel, c) * m[c];
    return;
  }
  const std::int32_t* sums = sums_.data() + pixel * channels;  // what most layers are: worth a loop without choices
  for (std::uint32_t c = 0; c < channels; ++c) terms[c] += sums[c] * m[c];
}

void BranchState::add_average(std::size_t pixel, std::int64_t* terms) const {
  const std::int64_t n = pool_count(pixel);
  const bool sole = layer_.branches.size() == 1;
  for (std::uint32_t c = 0; c < layer_.output.channels; ++c) {
    const bool plain = sole && multiplier_[c] == unit_multiplier;
    terms[c] +=
        plain ? pool_average(value(pixel, c), n) * unit_multiplier : pool_term(value(pixel, c), multiplier_[c], n);
  }
}

void BranchState::add_raw(std::size_t pixel, std::int64_t* sums) const {
  if (layer_.branches.size() > 1) return add_terms(pixel, sums);
  for (std::uint32_t c = 0; c < layer_.output.channels; ++c) sums[c] += value(pixel, c);
}

LayerState::LayerState(const Network& network, LayerId layer)
    : layer_(network.layers[layer]),
      code_(channel_codes(layer_)),
      touched_(layer_.output.pixels()),
      terms_(layer_.output.channels),
      codes_(layer_.output.channels) {
  branches_.reserve(layer_.branches.size());
  for (const Branch& branch : layer_.branches) branches_.emplace_back(network, layer_, branch);
}

void LayerState::reset() {
  for (std::size_t b = 0; b < branches_.size(); ++b) reset_branch(b);
}

void LayerState::reset_branch(std::size_t branch) {
  branches_[branch].reset();
  std::fill(touched_.begin(), touched_.end(), std::uint8_t{1});
}

void LayerState::integrate(std::size_t branch, std::size_t source, const std::vector<DeltaEvent>& events) {
  branches_[branch].integrate(source, events, touched_.data());
}

void LayerState::evaluate_pixel(std::size_t pixel) {
  std::fill(terms_.begin(), terms_.end(), 0);
  for (const BranchState& branch : branches_) branch.add_terms(pixel, terms_.data());
  for (std::size_t c = 0; c < codes_.size(); ++c) codes_[c] = code_[c].of_terms(terms_[c]);
}

const std::vector<std::int64_t>& LayerState::raw(std::size_t pixel) {
  std::fill(terms_.begin(), terms_.end(), 0);
  for (const BranchState& branch : branches_) branch.add_raw(pixel, terms_.data());
  return terms_;
}

void LayerState::forget_touched() { std::fill(touched_.begin(), touched_.end(), std::uint8_t{0}); }

}  // namespace deltasim::models
