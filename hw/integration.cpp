#include "hw/integration.hpp"

#include "hw/plan.hpp"

#include <algorithm>
#include <numeric>

namespace deltasim::hw {
namespace {

using models::BranchKind;

}  // namespace

bool Integration::pointwise() const {
  return branch_.kind == BranchKind::identity || branch_.kind == BranchKind::max_pool;
}

Integration::Integration(const models::Branch& branch, const models::Shape& output, const models::OutputBox& box,
                         const CoreParams& core)
    : branch_(branch), box_(box), field_(receptive_field(branch, output, box)), core_(core) {
  lay_out(output);
  models::Window w = branch.window;
  if (branch.kind == BranchKind::identity) w = models::Window();
  rows_ = make_axis({branch.input.height, output.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top},
                    branch.input.height,
                    {box.y_begin, box.y_end, field_.y_begin, field_.y_end, weight_row_bits_, state_row_bits_});
  columns_ = make_axis({branch.input.width, output.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left},
                       branch.input.width,
                       {box.x_begin, box.x_end, field_.x_begin, field_.x_end, weight_column_bits_, state_column_bits_});
  make_channels();
  count_reads();
  make_keys();
}

/// Where weights and state lie, up to a multiple of all banks' words: only that decides conflicts.
void Integration::lay_out(const models::Shape& output) {
  const bool weights = branch_.kind == BranchKind::convolution;
  in_group_ = weights ? branch_.input.channels / branch_.groups : 1;
  out_group_ = weights ? output.channels / branch_.groups : 1;
  state_bits_ = pointwise() ? core_.reference_bits : core_.accumulator_bits;
  state_unit_ = std::gcd(state_bits_, core_.state_memory.word_bits);
  const std::uint64_t channels = box_.channels();
  weight_column_bits_ = weights ? in_group_ * channels * 8 : 0;
  weight_row_bits_ = weight_column_bits_ * branch_.window.kernel_w;
  state_column_bits_ = channels * state_bits_;
  const models::OutputBox& held = pointwise() ? field_ : box_;
  state_row_bits_ = state_column_bits_ * (held.x_end - held.x_begin);
  state_words_ =
      (state_row_bits_ * (held.y_end - held.y_begin) + core_.state_memory.word_bits - 1) / core_.state_memory.word_bits;
}

Integration::Axis Integration::make_axis(const models::AxisTaps& taps, std::uint32_t inputs, const Span& span) const {
  Axis axis;
  axis.places.resize(inputs);
  std::map<Pattern, std::uint32_t> known;
  for (std::uint32_t i = span.field_begin; i < span.field_end; ++i) {
    Place& place = axis.places[i];
    place.inside = true;
    place.first = static_cast<std::uint32_t>(axis.outputs.size());
    Pattern pattern;
    std::uint32_t first_kernel = 0;
    for (const models::Tap tap : taps.of(i)) {
      if (tap.output < span.begin || tap.output >= span.end) continue;
      if (pattern.empty()) first_kernel = tap.kernel;
      axis.outputs.push_back(tap.output - span.begin);
      pattern.emplace_back(
          static_cast<std::int32_t>(tap.kernel) - static_cast<std::int32_t>(first_kernel),
          static_cast<std::int32_t>(axis.outputs.back()) - static_cast<std::int32_t>(axis.outputs[place.first]));
    }
    place.last = static_cast<std::uint32_t>(axis.outputs.size());
    const std::uint32_t held = pointwise() ? i - span.field_begin : pattern.empty() ? 0 : axis.outputs[place.first];
    if (pointwise()) pattern.assign(1, {0, 0});  // one value is stored, whatever windows read it
    place.weight_phase = static_cast<std::uint32_t>(first_kernel * span.weight_stride_bits %
                                                    core_.weight_memory.word_bits / weight_unit_);
    place.state_phase =
        static_cast<std::uint32_t>(held * span.state_stride_bits % core_.state_memory.word_bits / state_unit_);
    place.pattern = known.try_emplace(pattern, static_cast<std::uint32_t>(known.size())).first->second;
    if (place.pattern == axis.patterns.size()) axis.patterns.push_back(std::move(pattern));
  }
  return axis;
}

void Integration::make_channels() {
  channels_.resize(branch_.input.channels);
  std::map<std::uint32_t, std::uint32_t> classes;
  for (std::uint32_t c = 0; c < channels_.size(); ++c) {
    const std::uint32_t group = c / in_group_;
    const std::uint32_t first = std::max(group * out_group_, box_.channel_begin);
    const std::uint32_t last = std::min((group + 1) * out_group_, box_.channel_end);
    if (first >= last) continue;
    Channel& channel = channels_[c];
    channel.run = last - first;
    channel.first = first - box_.channel_begin;
    const std::uint64_t weight = (std::uint64_t{c % in_group_} * box_.channels() + channel.first) * 8;
    channel.weight_phase = static_cast<std::uint32_t>(weight % core_.weight_memory.word_bits / weight_unit_);
    channel.state_phase = static_cast<std::uint32_t>(std::uint64_t{channel.first} * state_bits_ %
                                                     core_.state_memory.word_bits / state_unit_);
    const auto [known, is_new] = classes.try_emplace(channel.run, static_cast<std::uint32_t>(runs_.size()));
    if (is_new) runs_.push_back(channel.run);
    channel.run_class = known->second;
  }
}

void Integration::count_reads() {
  const models::Window& w = branch_.window;
  const auto inside = [](std::uint32_t output, std::uint32_t inputs, std::uint32_t kernel, std::uint32_t stride,
                         std::uint32_t dilation, std::int32_t pad) {
    std::uint32_t n = 0;
    for (std::uint32_t k = 0; k < kernel; ++k) {
      const std::int64_t at = std::int64_t{output} * stride - pad + std::int64_t{k} * dilation;
      if (at >= 0 && at < inputs) ++n;
    }
    return n;
  };
  const bool window = branch_.kind == BranchKind::max_pool;  // all others read one word for each output neuron
  for (std::uint32_t y = box_.y_begin; y < box_.y_end; ++y)
    rows_read_.push_back(window ? inside(y, branch_.input.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top) : 1);
  for (std::uint32_t x = box_.x_begin; x < box_.x_end; ++x)
    columns_read_.push_back(window ? inside(x, branch_.input.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left)
                                   : 1);
}

/// An index into `known_` for every pair of patterns, class of runs, and pair of phases.
void Integration::make_keys() {
  weight_phases_ = core_.weight_memory.word_bits / weight_unit_;
  state_phases_ = core_.state_memory.word_bits / state_unit_;
  std::size_t stride = std::size_t{weight_phases_} * state_phases_;
  for (Channel& channel : channels_) channel.key = channel.run_class * stride;
  stride *= runs_.size();
  for (Place& column : columns_.places) column.key = column.pattern * stride;
  stride *= columns_.patterns.size();
  for (Place& row : rows_.places) row.key = row.pattern * stride;
  known_.assign(stride * rows_.patterns.size(), -1);
}

Integration::Pixel Integration::find_pixel(std::uint32_t y, std::uint32_t x) const {
  Pixel p{y, x};
  if (y >= rows_.places.size() || x >= columns_.places.size()) return p;
  const Place& row = rows_.places[y];
  const Place& column = columns_.places[x];
  p.inside = row.inside && column.inside;
  p.weight_phase = wrap(row.weight_phase + column.weight_phase, weight_phases_);
  p.state_phase = wrap(row.state_phase + column.state_phase, state_phases_);
  p.key = row.key + column.key;
  return p;
}

const EventCost& Integration::compute_cost(std::size_t key, models::Position at, std::uint32_t weight_phase,
                                           std::uint32_t state_phase) {
  known_[key] = static_cast<std::int32_t>(costs_.size());
  costs_.push_back(compute(at, {weight_phase * weight_unit_}, state_phase * state_unit_));
  return costs_.back();
}

const EventCost& Integration::cost(const std::vector<models::Position>& group) {
  if (group.size() == 1) return cost(group.front());
  const models::Position& at = group.front();
  const Pixel& p = pixel(at);
  const std::uint32_t state_phase = wrap(p.state_phase + channels_[at.channel].state_phase, state_phases_);
  group_key_.clear();
  for (const models::Position& event : group)
    group_key_.push_back(wrap(p.weight_phase + channels_[event.channel].weight_phase, weight_phases_) * weight_unit_);
  std::sort(group_key_.begin(), group_key_.end());
  group_key_.push_back(p.key + channels_[at.channel].key + state_phase);
  const auto known = group_costs_.find(group_key_);
  if (known != group_costs_.end()) return known->second;
  const std::vector<std::uint32_t> phases(group_key_.begin(), group_key_.end() - 1);
  return group_costs_.emplace(group_key_, compute(at, phases, state_phase * state_unit_)).first->second;
}

EventCost Integration::compute(const models::Position& at, const std::vector<std::uint32_t>& weight_phases,
                               std::uint32_t state_phase) const {
  const Pattern& rows = rows_.patterns[rows_.places[at.y].pattern];
  const Pattern& columns = columns_.patterns[columns_.places[at.x].pattern];
  const std::uint32_t run = channels_[at.channel].run;
  const auto events = static_cast<std::uint32_t>(weight_phases.size());
  StepCounter steps(core_, events, core_.group_padding && groups_events() ? core_.group_events - events : 0);
  // Outputs fall while kernel positions rise: start high enough, at a multiple of banks and words, to stay above 0.
  const std::uint64_t all_banks_bits = std::uint64_t{core_.state_memory.word_bits} * core_.state_memory.banks;
  const std::uint64_t above = (state_row_bits_ * (box_.y_end - box_.y_begin) / all_banks_bits + 1) * all_banks_bits;
  for (const auto& [ky, oy] : rows)
    for (const auto& [kx, ox] : columns)
      for (std::uint32_t c = 0; c < run; ++c) {
        const std::uint64_t weight = static_cast<std::uint64_t>(ky) * weight_row_bits_ +
                                     static_cast<std::uint64_t>(kx) * weight_column_bits_ + std::uint64_t{c} * 8;
        const std::int64_t state = oy * static_cast<std::int64_t>(state_row_bits_) +
                                   ox * static_cast<std::int64_t>(state_column_bits_) +
                                   static_cast<std::int64_t>(above + state_phase + std::uint64_t{c} * state_bits_);
        for (std::uint32_t e = 0; e < events && has_weights(); ++e) steps.touch_weight(e, weight_phases[e] + weight);
        steps.touch_state(static_cast<std::uint64_t>(state), state_bits_);
        steps.end_item();
      }
  steps.end_step();
  EventCost cost = steps.cost();
  cost.taps = events * static_cast<std::uint32_t>(rows.size() * columns.size());
  return cost;
}

void Integration::mark(const models::Position& at, TouchedFlags& touched) const {
  const Place& row = rows_.places[at.y];
  const Place& column = columns_.places[at.x];
  const Channel& channel = channels_[at.channel];
  const std::size_t width = box_.x_end - box_.x_begin;
  const std::uint32_t* const outputs = columns_.outputs.data();
  const bool all = channel.run == box_.channels();
  for (std::uint32_t r = row.first; r < row.last; ++r) {
    const std::size_t first = rows_.outputs[r] * width;
    if (all) {
      touched.mark_pixels(first, outputs + column.first, outputs + column.last);
      continue;
    }
    for (std::uint32_t c = column.first; c < column.last; ++c)
      for (std::uint32_t k = 0; k < channel.run; ++k) touched.mark(first + outputs[c], channel.first + k);
  }
}

}  // namespace deltasim::hw
