#pragma once

#include "hw/params.hpp"
#include "hw/step_counter.hpp"
#include "models/axis_taps.hpp"
#include "models/consumers.hpp"
#include "models/integrate.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace deltasim::hw {

/// Neurons of a slice that an event has reached since the last evaluation; in order y, x, channel.
class TouchedFlags {
 public:
  TouchedFlags(std::uint32_t channels, std::size_t pixels) : channels_(channels), pixels_(pixels) {}

  void mark(std::size_t pixel, std::uint32_t channel) {
    if (neurons_.empty()) neurons_.resize(pixels_.size() * channels_);
    pixels_[pixel] |= 2;
    neurons_[pixel * channels_ + channel] = 1;
  }
  bool pixel_touched(std::size_t pixel) const { return pixels_[pixel] != 0; }
  void mark_pixel(std::size_t pixel) { pixels_[pixel] = 1; }
  void mark_pixels(std::size_t first, const std::uint32_t* offset, const std::uint32_t* end) {
    std::uint8_t* const pixels = pixels_.data() + first;
    for (; offset != end; ++offset) pixels[*offset] = 1;
  }
  bool touched(std::size_t neuron) const {
    const std::uint8_t p = pixels_[neuron / channels_];
    return (p & 1) != 0 || (p != 0 && neurons_[neuron] != 0);
  }
  /// First touched neuron at or after `neuron`; the number of neurons where there is none.
  std::size_t next(std::size_t neuron) const;
  /// Touched neurons in [begin, end).
  std::uint32_t count(std::size_t begin, std::size_t end) const;
  void clear();

 private:
  std::uint32_t channels_;
  std::vector<std::uint8_t> pixels_;   ///< bit 0: all channels; bit 1: look into `neurons_`
  std::vector<std::uint8_t> neurons_;  ///< empty until needed
};

/// Work of events on one branch of a slice.
///
/// Timing: items are (tap, output channel) pairs in order ky, kx, channel; `lanes` of them make a step. A step takes
/// max(step_cycles, weight cycles, state cycles): the most words in one bank over its ports, state words twice (read
/// and write). Events of a group take their weights one after another and share the state words.
/// Layout: weights [ky][kx][input channel of the group][slice channel], accumulators [y][x][slice channel]; max pools
/// and identities hold the reconstructed input instead, max pools over the slice's receptive field. An event's cost
/// depends on its tap pattern and on where in a word it starts, so few costs are ever computed.
class Integration {
 public:
  Integration(const models::Branch& branch, const models::Shape& output, const models::OutputBox& box,
              const CoreParams& core);

  /// Inside the receptive field: the event is sent here. It may still have no tap (stride).
  bool contains(const models::Position& at) const {
    return pixel(at).inside && at.channel < channels_.size() && channels_[at.channel].run != 0;
  }
  /// Whether events of a pixel can share their state: they reach the same output channels. Not so depthwise.
  bool groups_events() const {
    return core_.group_events > 1 && has_weights() && (branch_.groups == 1 || in_group_ > 1);
  }
  bool same_group(const models::Position& a, const models::Position& b) const {
    return a.y == b.y && a.x == b.x && a.channel / in_group_ == b.channel / in_group_;
  }
  /// Of events of one group, at most `group_events`.
  const EventCost& cost(const std::vector<models::Position>& group);
  /// Of one event alone; `at` is contained.
  const EventCost& cost(const models::Position& at) {
    const Pixel& p = pixel(at);
    const Channel& channel = channels_[at.channel];
    const std::uint32_t weight_phase = wrap(p.weight_phase + channel.weight_phase, weight_phases_);
    const std::uint32_t state_phase = wrap(p.state_phase + channel.state_phase, state_phases_);
    const std::size_t key = p.key + channel.key + weight_phase * std::size_t{state_phases_} + state_phase;
    const std::int32_t known = known_[key];
    if (known < 0) return compute_cost(key, at, weight_phase, state_phase);
    return costs_[static_cast<std::size_t>(known)];
  }
  void mark(const models::Position& at, TouchedFlags& touched) const;
  bool reaches_all_channels(const models::Position& at) const { return channels_[at.channel].run == box_.channels(); }

  bool has_weights() const { return branch_.kind == models::BranchKind::convolution; }
  /// Words that hold the branch's state: what a key frame writes.
  std::uint64_t state_words() const { return state_words_; }
  std::uint32_t state_bits() const { return state_bits_; }
  bool reads_windows() const { return branch_.kind == models::BranchKind::max_pool; }
  /// Window elements that the output at (y, x) of the layer reads.
  std::uint32_t window_elements(std::uint32_t y, std::uint32_t x) const {
    return rows_read_[y - box_.y_begin] * columns_read_[x - box_.x_begin];
  }

 private:
  /// Taps along one axis inside the box, relative to the first: {kernel, output} differences.
  using Pattern = std::vector<std::pair<std::int32_t, std::int32_t>>;
  struct Place {
    bool inside = false;
    std::uint32_t pattern = 0;
    std::uint32_t weight_phase = 0, state_phase = 0;  ///< address of the first tap, modulo the word, in units
    std::uint32_t first = 0, last = 0;                ///< taps, as indices into `outputs`
    std::size_t key = 0;                              ///< its part of the index into `known_`
  };
  struct Axis {
    std::vector<Place> places;
    std::vector<Pattern> patterns;
    std::vector<std::uint32_t> outputs;  ///< relative to the box
  };
  struct Channel {
    std::uint32_t run = 0;    ///< output channels that an event of this channel reaches
    std::uint32_t first = 0;  ///< the first of them, relative to the box
    std::uint32_t run_class = 0;
    std::uint32_t weight_phase = 0, state_phase = 0;
    std::size_t key = 0;
  };

  /// Outputs [begin, end) that the box holds, inputs [field_begin, field_end) that reach them, and the bits between
  /// neighbours along the axis.
  struct Span {
    std::uint32_t begin, end, field_begin, field_end;
    std::uint64_t weight_stride_bits, state_stride_bits;
  };
  void lay_out(const models::Shape& output);
  Axis make_axis(const models::AxisTaps& taps, std::uint32_t inputs, const Span& span) const;
  void make_channels();
  void count_reads();
  bool pointwise() const;
  /// The sum of two phases, each below `total`.
  static std::uint32_t wrap(std::uint32_t sum, std::uint32_t total) { return sum - (sum >= total ? total : 0); }
  /// What all channels of a pixel have in common.
  struct Pixel {
    std::uint32_t y = ~0u, x = ~0u;
    bool inside = false;
    std::uint32_t weight_phase = 0, state_phase = 0;
    std::size_t key = 0;
  };
  /// Events of a pixel follow each other, so only the last one is kept.
  const Pixel& pixel(const models::Position& at) const {
    if (at.y != pixel_.y || at.x != pixel_.x) pixel_ = find_pixel(at.y, at.x);
    return pixel_;
  }
  Pixel find_pixel(std::uint32_t y, std::uint32_t x) const;
  void make_keys();
  const EventCost& compute_cost(std::size_t key, models::Position at, std::uint32_t weight_phase,
                                std::uint32_t state_phase);
  EventCost compute(const models::Position& at, const std::vector<std::uint32_t>& weight_phases,
                    std::uint32_t state_phase) const;

  const models::Branch& branch_;
  const models::OutputBox box_, field_;
  const CoreParams core_;
  std::uint32_t in_group_ = 1, out_group_ = 1;
  std::uint32_t state_bits_ = 0, weight_unit_ = 8, state_unit_ = 1;
  std::uint32_t weight_phases_ = 1, state_phases_ = 1;  ///< units of a word
  std::uint64_t weight_row_bits_ = 0, weight_column_bits_ = 0, state_row_bits_ = 0, state_column_bits_ = 0;
  std::uint64_t state_words_ = 0;
  Axis rows_, columns_;
  std::vector<Channel> channels_;
  std::vector<std::uint32_t> runs_;  ///< by run class
  std::vector<std::uint32_t> rows_read_, columns_read_;
  std::vector<std::int32_t> known_;  ///< index into `costs_`; -1 = not computed yet
  std::vector<EventCost> costs_;
  mutable Pixel pixel_;
  struct KeyHash {
    std::size_t operator()(const std::vector<std::size_t>& key) const {
      std::size_t hash = 0;
      for (const std::size_t k : key) hash = (hash ^ k) * 0x9e3779b97f4a7c15u;
      return hash ^ (hash >> 32);
    }
  };
  /// By the first event's key without its weight phase, then the sorted phases of all.
  std::unordered_map<std::vector<std::size_t>, EventCost, KeyHash> group_costs_;
  std::vector<std::size_t> group_key_;
};

}  // namespace deltasim::hw
