#include "hw/own_values.hpp"

#include "models/sending.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace deltasim::hw {
namespace {

/// The rule of the slice's channels alone.
models::SendingRule part_of(models::SendingRule sending, const models::OutputBox& box) {
  if (sending.threshold.size() > 1)
    sending.threshold = {sending.threshold.begin() + box.channel_begin, sending.threshold.begin() + box.channel_end};
  return sending;
}

}  // namespace

OwnValues::OwnValues(const Plan& plan, const models::RuleSet& rules, Stream& stream, bool check)
    : plan_(plan), stream_(stream), check_(check) {
  const models::Network& network = plan.network();
  const auto sending = models::sending_rules(network, rules);
  const std::uint32_t shift = network.sigma_delta.active ? network.sigma_delta.message_shift : 0;
  if (stream.layer_delay()) throw std::invalid_argument("layer_delay and queue_policy drop exclude each other");
  slices_.reserve(plan.slices().size());
  for (const Slice& s : plan.slices()) {
    const models::Layer& layer = network.layers[s.layer];
    const models::OutputBox box = box_of(s);
    std::vector<bool> absolute;
    for (const models::Branch& branch : layer.branches)
      absolute.push_back(stream.absolute(branch.sources.front().producer));
    OwnSlice& slice = slices_.emplace_back(layer, box, absolute);
    for (const models::Branch& branch : layer.branches) slice.weights.push_back(count_weights(layer, branch, box));
    if (layer.raw_output) {
      slice.sums.resize(box.pixels() * box.channels());
      continue;
    }
    if (sending[s.layer].rule == models::Rule::pixel && box.channels() != layer.output.channels)
      throw std::invalid_argument(
          fmt::format("rule pixel decides over all channels of a pixel: with queue_policy drop, layer '{}' must not be "
                      "split by channels",
                      layer.name));
    const models::Shape shape{box.channels(), box.y_end - box.y_begin, box.x_end - box.x_begin};
    slice.encoder.emplace(shape, part_of(sending[s.layer], box), rules, shift);
    slice.sends_untouched = stream.absolute(s.layer) || sending[s.layer].rule == models::Rule::sigma_delta;
  }
}

OwnValues::Weights OwnValues::count_weights(const models::Layer& layer, const models::Branch& branch,
                                            const models::OutputBox& box) const {
  Weights weights;
  if (branch.kind != models::BranchKind::convolution || branch.weights.empty()) return weights;
  const models::Window& w = branch.window;
  weights.rows.emplace(branch.input.height, layer.output.height, w.kernel_h, w.stride_h, w.dilation_h, w.pad_top);
  weights.columns.emplace(branch.input.width, layer.output.width, w.kernel_w, w.stride_w, w.dilation_w, w.pad_left);
  const std::size_t taps = std::size_t{w.kernel_h} * w.kernel_w;
  const std::uint32_t in_group = branch.input.channels / branch.groups;
  const std::uint32_t out_group = layer.output.channels / branch.groups;
  weights.nonzero.resize(taps * branch.input.channels);
  const std::int8_t* weight = branch.weights.data();  // [group][tap][input channel][output channel]
  for (std::uint32_t group = 0; group < branch.groups; ++group)
    for (std::size_t tap = 0; tap < taps; ++tap)
      for (std::uint32_t c = 0; c < in_group; ++c)
        for (std::uint32_t o = group * out_group; o < (group + 1) * out_group; ++o, ++weight)
          if (*weight != 0 && o >= box.channel_begin && o < box.channel_end)
            ++weights.nonzero[tap * branch.input.channels + group * in_group + c];
  return weights;
}

std::uint64_t OwnValues::integrate(std::uint32_t slice, std::uint32_t branch, const models::Position& at,
                                   std::int32_t value) {
  OwnSlice& own = slices_[slice];
  own.values.integrate(branch, at, value);
  const Weights& weights = own.weights[branch];
  if (!weights.rows) return 0;
  const models::OutputBox& box = own.values.box();
  const models::Branch& b = plan_.network().layers[plan_.slices()[slice].layer].branches[branch];
  std::uint64_t n = 0;
  for (const models::Tap row : weights.rows->of(at.y)) {
    if (row.output < box.y_begin || row.output >= box.y_end) continue;
    for (const models::Tap column : weights.columns->of(at.x))
      if (column.output >= box.x_begin && column.output < box.x_end)
        n +=
            weights
                .nonzero[(std::size_t{row.kernel} * b.window.kernel_w + column.kernel) * b.input.channels + at.channel];
  }
  return n;
}

void OwnValues::compute(std::uint32_t slice, std::uint64_t frame, std::uint32_t rows) {
  OwnSlice& own = slices_[slice];
  if (own.rows == 0 && own.encoder && stream_.frame(frame).key) own.encoder->reset();
  if (rows <= own.rows) return;
  const models::OutputBox& box = own.values.box();
  const std::size_t width = box.x_end - box.x_begin;
  const SliceValues::Pixels pixels = own.values.evaluate_to(rows * width);
  if (own.encoder) {
    encode(own, pixels, own.rows * width, rows * width);
    for (models::DeltaEvent& e : events_) {
      e.channel += box.channel_begin;
      e.y = static_cast<std::uint16_t>(e.y + box.y_begin);
      e.x = static_cast<std::uint16_t>(e.x + box.x_begin);
    }
    stream_.send(slice, frame, events_);
  } else {
    keep_sums(own, pixels);
  }
  own.rows = rows;
}

/// What pixels [begin, end) of the slice send goes to `events_`, in the slice's coordinates.
void OwnValues::encode(OwnSlice& slice, const SliceValues::Pixels& pixels, std::size_t begin, std::size_t end) {
  const std::size_t channels = slice.values.box().channels();
  std::vector<std::int32_t> codes(channels);
  auto value = pixels.values.begin();
  events_.clear();
  for (const std::size_t pixel : pixels.pixels) {
    for (std::int32_t& code : codes) code = static_cast<std::int32_t>(*value++);
    slice.encoder->encode(pixel, codes.data(), events_);
  }
  slice.encoder->finish(begin, end, events_);
}

void OwnValues::keep_sums(OwnSlice& slice, const SliceValues::Pixels& pixels) {
  const std::size_t channels = slice.values.box().channels();
  auto value = pixels.values.begin();
  for (const std::size_t pixel : pixels.pixels) {
    std::copy_n(value, channels, slice.sums.begin() + static_cast<std::ptrdiff_t>(pixel * channels));
    value += static_cast<std::ptrdiff_t>(channels);
  }
}

void OwnValues::end_frame(std::uint32_t slice, std::uint64_t frame) {
  OwnSlice& own = slices_[slice];
  own.values.end_frame();
  own.rows = 0;
  if (!own.encoder)
    write_outputs(slice, frame);
  else if (check_ && !lost_)
    check_events(slice, frame);
}

void OwnValues::check_events(std::uint32_t slice, std::uint64_t frame) {
  const auto& mine = stream_.sent_by(slice, frame);
  const auto& theirs = stream_.in_source(slice, frame);
  checked_ += mine.size();
  const auto same = [](const models::DeltaEvent* a, const models::DeltaEvent* b) { return *a == *b; };
  const auto [a, b] = std::mismatch(mine.begin(), mine.end(), theirs.begin(), theirs.end(), same);
  if (a == mine.end() && b == theirs.end()) return;
  const auto text = [](const models::DeltaEvent& e) {
    return fmt::format("{} at channel {}, y {}, x {}", e.value, e.channel, e.y, e.x);
  };
  throw CheckError(fmt::format("frame {}, layer '{}', nothing lost so far: the machine computes {}, the stream has {}",
                               frame, plan_.network().layers[plan_.slices()[slice].layer].name,
                               a == mine.end() ? "no event" : text(**a), b == theirs.end() ? "no event" : text(**b)));
}

void OwnValues::write_outputs(std::uint32_t slice, std::uint64_t frame) {
  std::size_t base = 0;
  for (const models::Output& output : plan_.network().outputs) {
    std::size_t size = 1;
    for (const std::uint32_t extent : output.dims) size *= extent;
    for (const models::Source& source : output.sources)
      if (source.producer == plan_.slices()[slice].layer) write_output(slice, source, base, size, frame);
    base += size;
  }
}

void OwnValues::write_output(std::uint32_t slice, const models::Source& source, std::size_t base, std::size_t size,
                             std::uint64_t frame) {
  const models::Shape& shape = plan_.network().layers[source.producer].output;
  const models::OutputBox& box = slices_[slice].values.box();
  std::vector<std::int64_t>& outputs = stream_.outputs(frame);
  if (outputs.size() < base + size) outputs.resize(base + size);
  const std::int64_t* sum = slices_[slice].sums.data();
  for (std::uint32_t y = box.y_begin; y < box.y_end; ++y)
    for (std::uint32_t x = box.x_begin; x < box.x_end; ++x)
      for (std::uint32_t c = box.channel_begin; c < box.channel_end; ++c, ++sum) {
        const std::size_t i = (std::size_t{c} * shape.height + y) * shape.width + x;
        const std::size_t to =
            source.view.map ? (*source.view.map)[i] : i + source.view.channel_offset * shape.pixels();
        if (to >= size) continue;
        std::int64_t& output = outputs[base + to];
        if (check_ && !lost_) {
          ++checked_;
          if (output != *sum)
            throw CheckError(
                fmt::format("frame {}, layer '{}', channel {}, y {}, x {}, nothing lost so far: the "
                            "machine computes output {}, the stream has {}",
                            frame, plan_.network().layers[source.producer].name, c, y, x, *sum, output));
        }
        output = *sum;
      }
}

}  // namespace deltasim::hw
