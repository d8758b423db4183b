#include "hw/slice_values.hpp"

#include <algorithm>

namespace deltasim::hw {

using models::BranchKind;

namespace {

bool holds_input(const models::Branch& branch) {
  return branch.kind == BranchKind::identity || branch.kind == BranchKind::max_pool;
}

std::vector<std::uint32_t> elements_inside(const models::AxisTaps& taps, std::uint32_t inputs, std::uint32_t outputs) {
  std::vector<std::uint32_t> inside(outputs);
  for (std::uint32_t i = 0; i < inputs; ++i)
    for (const models::Tap tap : taps.of(i)) ++inside[tap.output];
  return inside;
}

}  // namespace

BranchValues::BranchValues(const models::Layer& layer, const models::Branch& branch, const models::OutputBox& box)
    : layer_(layer),
      branch_(branch),
      box_(box),
      held_(holds_input(branch) ? receptive_field(branch, layer.output, box) : box),
      rows_(branch.input.height, layer.output.height, branch.window.kernel_h, branch.window.stride_h,
            branch.window.dilation_h, branch.window.pad_top),
      columns_(branch.input.width, layer.output.width, branch.window.kernel_w, branch.window.stride_w,
               branch.window.dilation_w, branch.window.pad_left),
      rows_inside_(elements_inside(rows_, branch.input.height, layer.output.height)),
      columns_inside_(elements_inside(columns_, branch.input.width, layer.output.width)),
      sums_(held_.pixels() * held_.channels()) {
  if (branch.kind == BranchKind::convolution)
    convolver_ = std::make_unique<models::Convolver>(branch, layer.output, box);
  reset();
}

void BranchValues::reset() {
  std::fill(sums_.begin(), sums_.end(), 0);
  if (branch_.kind != BranchKind::convolution || branch_.bias.empty()) return;
  for (std::size_t i = 0; i < sums_.size(); ++i)
    sums_[i] = models::per_channel(branch_.bias, box_.channel_begin + i % box_.channels(), 0);
}

std::size_t BranchValues::held_at(std::uint32_t y, std::uint32_t x, std::uint32_t channel) const {
  const std::size_t pixel = std::size_t{y - held_.y_begin} * (held_.x_end - held_.x_begin) + (x - held_.x_begin);
  return pixel * held_.channels() + (channel - held_.channel_begin);
}

void BranchValues::integrate(const models::Position& at, std::int32_t value, std::vector<std::uint8_t>& touched) {
  if (convolver_) {
    convolver_->add(at.y, at.x, &at.channel, &value, 1, sums_.data(), touched.data());
    return;
  }
  if (holds_input(branch_)) {
    std::int32_t& r = sums_[held_at(at.y, at.x, at.channel)];
    r = models::add_wrapping(r, value);
  }
  if (branch_.kind == BranchKind::identity)
    touched[std::size_t{at.y - box_.y_begin} * (box_.x_end - box_.x_begin) + (at.x - box_.x_begin)] = 1;
  else
    integrate_window(at, value, touched);
}

void BranchValues::integrate_window(const models::Position& at, std::int32_t value,
                                    std::vector<std::uint8_t>& touched) {
  for (const models::Tap row : rows_.of(at.y)) {
    if (row.output < box_.y_begin || row.output >= box_.y_end) continue;
    for (const models::Tap column : columns_.of(at.x)) {
      if (column.output < box_.x_begin || column.output >= box_.x_end) continue;
      touched[std::size_t{row.output - box_.y_begin} * (box_.x_end - box_.x_begin) + (column.output - box_.x_begin)] =
          1;
      if (branch_.kind != BranchKind::average_pool) continue;
      std::int32_t& sum = sums_[held_at(row.output, column.output, at.channel)];
      sum = models::add_wrapping(sum, value);
    }
  }
}

std::int32_t BranchValues::maximum(std::size_t pixel, std::uint32_t channel) const {
  const models::Window& w = branch_.window;
  const std::size_t width = box_.x_end - box_.x_begin;
  const std::int64_t top = std::int64_t(box_.y_begin + pixel / width) * w.stride_h - w.pad_top;
  const std::int64_t left = std::int64_t(box_.x_begin + pixel % width) * w.stride_w - w.pad_left;
  bool any = false;
  std::int32_t largest = 0;  // of a window that lies in the padding altogether
  for (std::uint32_t ky = 0; ky < w.kernel_h; ++ky)
    for (std::uint32_t kx = 0; kx < w.kernel_w; ++kx) {
      const std::int64_t y = top + std::int64_t{ky} * w.dilation_h, x = left + std::int64_t{kx} * w.dilation_w;
      if (y < 0 || x < 0 || y >= branch_.input.height || x >= branch_.input.width) continue;
      const std::int32_t r =
          sums_[held_at(static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(x), box_.channel_begin + channel)];
      largest = any ? std::max(largest, r) : r;
      any = true;
    }
  return largest;
}

std::int32_t BranchValues::value(std::size_t pixel, std::uint32_t channel) const {
  if (branch_.kind == BranchKind::max_pool) return maximum(pixel, channel);
  return models::wrap(sums_[pixel * box_.channels() + channel], layer_.accumulator_bits);
}

std::int64_t BranchValues::average_term(std::size_t pixel, std::uint32_t channel, std::int64_t multiplier) const {
  const std::size_t width = box_.x_end - box_.x_begin;
  const std::int64_t n = models::pool_elements(
      branch_, rows_inside_[box_.y_begin + pixel / width] * columns_inside_[box_.x_begin + pixel % width]);
  const std::int64_t sum = value(pixel, channel);
  if (layer_.branches.size() == 1 && multiplier == models::unit_multiplier)
    return models::pool_average(sum, n) * models::unit_multiplier;
  return models::pool_term(sum, multiplier, n);
}

void BranchValues::add(std::size_t pixel, bool raw, std::vector<std::int64_t>& to) const {
  const bool bare = raw && layer_.branches.size() == 1;
  for (std::uint32_t c = 0; c < box_.channels(); ++c) {
    const std::int64_t m = models::per_channel(branch_.multiplier, box_.channel_begin + c, models::unit_multiplier);
    if (bare)
      to[c] += value(pixel, c);
    else if (branch_.kind == BranchKind::average_pool)
      to[c] += average_term(pixel, c, m);
    else
      to[c] += value(pixel, c) * m;
  }
}

SliceValues::SliceValues(const models::Layer& layer, const models::OutputBox& box, const std::vector<bool>& absolute)
    : layer_(layer), box_(box), absolute_(absolute), touched_(box.pixels(), 1) {
  branches_.reserve(layer.branches.size());
  for (const models::Branch& branch : layer.branches) branches_.emplace_back(layer, branch, box);
  for (std::uint32_t c = box.channel_begin; c < box.channel_end; ++c) codes_.emplace_back(layer, c);
}

void SliceValues::reset() {
  for (BranchValues& branch : branches_) branch.reset();
  std::fill(touched_.begin(), touched_.end(), std::uint8_t{1});
}

SliceValues::Pixels SliceValues::evaluate_to(std::size_t end) {
  Pixels result;
  const bool all = std::find(absolute_.begin(), absolute_.end(), true) != absolute_.end();
  std::vector<std::int64_t> terms(box_.channels());
  for (; next_pixel_ < end; ++next_pixel_) {
    if (touched_[next_pixel_] == 0 && !all) continue;
    touched_[next_pixel_] = 0;
    std::fill(terms.begin(), terms.end(), 0);
    for (const BranchValues& branch : branches_) branch.add(next_pixel_, layer_.raw_output, terms);
    if (!layer_.raw_output)
      for (std::uint32_t c = 0; c < terms.size(); ++c) terms[c] = codes_[c].of_terms(terms[c]);
    result.pixels.push_back(next_pixel_);
    result.values.insert(result.values.end(), terms.begin(), terms.end());
  }
  return result;
}

void SliceValues::end_frame() {
  next_pixel_ = 0;
  for (std::size_t b = 0; b < branches_.size(); ++b)
    if (absolute_[b]) branches_[b].reset();
}

}  // namespace deltasim::hw
