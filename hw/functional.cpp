#include "hw/functional.hpp"

#include "models/sending.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace deltasim::hw {

Functional::Functional(const Plan& plan, const models::RuleSet& rules, const Stream& stream)
    : plan_(plan), stream_(stream) {
  const models::Network& network = plan.network();
  const auto sending = models::sending_rules(network, rules);
  const std::uint32_t shift = network.sigma_delta.active ? network.sigma_delta.message_shift : 0;
  layers_.resize(network.layers.size());
  for (models::LayerId l = 0; l < network.layers.size(); ++l) {
    layers_[l].values.resize(network.layers[l].output.size());
    encoders_.emplace_back(network.layers[l].output, sending[l], rules, shift);
  }
  slices_.reserve(plan.slices().size());
  for (const Slice& slice : plan.slices()) {
    std::vector<bool> absolute;
    for (const models::Branch& branch : network.layers[slice.layer].branches)
      absolute.push_back(stream.absolute(branch.sources.front().producer));
    slices_.emplace_back(network.layers[slice.layer], box_of(slice), absolute);
  }
}

void Functional::evaluate(std::uint32_t slice, std::uint64_t frame) {
  const models::LayerId layer = plan_.slices()[slice].layer;
  auto& parts = layers_[layer].pending[frame];
  parts.push_back({slice, slices_[slice].evaluate()});
  if (parts.size() < plan_.slices_of(layer).size()) return;
  const std::vector<std::uint8_t> evaluated = gather(layer, parts);
  layers_[layer].pending.erase(frame);
  if (plan_.network().layers[layer].raw_output)
    check_outputs(layer, frame);
  else
    check_events(layer, frame, evaluated);
}

/// Puts the slices' values into the layer's. Returns the pixels that were evaluated.
std::vector<std::uint8_t> Functional::gather(models::LayerId layer, const std::vector<Evaluated>& parts) {
  const models::Shape& shape = plan_.network().layers[layer].output;
  std::vector<std::uint8_t> evaluated(shape.pixels());
  for (const Evaluated& part : parts) {
    const models::OutputBox& box = slices_[part.slice].box();
    const std::size_t width = box.x_end - box.x_begin;
    auto value = part.pixels.values.begin();
    for (const std::size_t p : part.pixels.pixels) {
      const std::size_t pixel = (box.y_begin + p / width) * shape.width + box.x_begin + p % width;
      evaluated[pixel] = 1;
      std::copy(
          value, value + box.channels(),
          layers_[layer].values.begin() + static_cast<std::ptrdiff_t>(pixel * shape.channels + box.channel_begin));
      value += box.channels();
    }
  }
  return evaluated;
}

void Functional::check_events(models::LayerId layer, std::uint64_t frame, const std::vector<std::uint8_t>& evaluated) {
  const std::uint32_t channels = plan_.network().layers[layer].output.channels;
  models::Encoder& encoder = encoders_[layer];
  if (stream_.frame(frame).key) encoder.reset();
  events_.clear();
  std::vector<std::int32_t> codes(channels);
  for (std::size_t pixel = 0; pixel < evaluated.size(); ++pixel) {
    if (evaluated[pixel] == 0) continue;
    for (std::uint32_t c = 0; c < channels; ++c)
      codes[c] = static_cast<std::int32_t>(layers_[layer].values[pixel * channels + c]);
    encoder.encode(pixel, codes.data(), events_);
  }
  encoder.finish(events_);
  compare(layer, frame, events_, stream_.frame(frame).of_layer[layer]);
  checked_ += events_.size();
}

void Functional::compare(models::LayerId layer, std::uint64_t frame, const std::vector<models::DeltaEvent>& computed,
                         const std::vector<models::DeltaEvent>& sent) const {
  const auto [mine, theirs] = std::mismatch(computed.begin(), computed.end(), sent.begin(), sent.end());
  if (mine == computed.end() && theirs == sent.end()) return;
  const auto place = [](const models::DeltaEvent& e) { return std::tuple(e.y, e.x, e.channel); };
  const bool only_mine = theirs == sent.end() || (mine != computed.end() && place(*mine) < place(*theirs));
  const bool only_theirs = mine == computed.end() || (theirs != sent.end() && place(*theirs) < place(*mine));
  const models::DeltaEvent& e = only_mine ? *mine : *theirs;
  throw CheckError(
      fmt::format("frame {}, layer '{}', channel {}, y {}, x {}: the machine computes {}, the stream has {}", frame,
                  plan_.network().layers[layer].name, e.channel, e.y, e.x,
                  only_theirs ? "no event" : fmt::format("{}", mine->value),
                  only_mine ? "no event" : fmt::format("{}", theirs->value)));
}

void Functional::check_outputs(models::LayerId layer, std::uint64_t frame) {
  std::size_t base = 0;
  for (const models::Output& output : plan_.network().outputs) {
    std::size_t size = 1;
    for (const std::uint32_t extent : output.dims) size *= extent;
    for (const models::Source& source : output.sources)
      if (source.producer == layer) check_output(source, base, size, frame);
    base += size;
  }
}

void Functional::check_output(const models::Source& source, std::size_t base, std::size_t size, std::uint64_t frame) {
  const models::Layer& layer = plan_.network().layers[source.producer];
  const models::Shape& shape = layer.output;
  const std::vector<std::int64_t>& expected = stream_.frame(frame).outputs;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t pixel = i % shape.pixels(), channel = i / shape.pixels();
    const std::size_t to = source.view.map ? (*source.view.map)[i] : i + source.view.channel_offset * shape.pixels();
    if (to >= size) continue;
    ++checked_;
    const std::int64_t computed = layers_[source.producer].values[pixel * shape.channels + channel];
    const bool known = base + to < expected.size();
    if (known && computed == expected[base + to]) continue;
    throw CheckError(
        fmt::format("frame {}, layer '{}', channel {}, y {}, x {}: the machine computes output {}, the stream has {}",
                    frame, layer.name, channel, pixel / shape.width, pixel % shape.width, computed,
                    known ? fmt::format("{}", expected[base + to]) : "none"));
  }
}

}  // namespace deltasim::hw
