#pragma once

#include "traces/stream.hpp"

#include <cstdint>
#include <random>
#include <vector>

namespace deltasim::test {

/// Three layers (the second with more channels than 16 bits count, the last without events) and per-layer rules.
inline traces::StreamInfo sample_info() {
  traces::StreamInfo info;
  info.network = "sample";
  info.network_hash = "11111111-2222-5333-8444-555555555555";
  info.layers = {
      {"input", {3, 20, 30}, false, 0.5}, {"wide", {70000, 1, 1}, true, 0.25}, {"logits", {10, 1, 1}, false, 1.0}};
  info.rules.rule = models::Rule::send_on_delta;
  info.rules.every.threshold = {2.0};
  info.rules.layers["wide"] = {models::Mode::normal, {1.0, 2.5, 4.0}};
  info.rules.key_frame_period = 7;
  info.frame_rate = 30000.0 / 1001;
  info.source = "clip.avi (mpeg4, 320 x 240, 1 bytes)";
  info.tool = "deltasim test";
  info.outputs = 10;
  return info;
}

/// Random events in scan order; every fifth frame has none.
inline models::FrameEvents sample_frame(const traces::StreamInfo& info, std::uint64_t index, double density = 0.1) {
  std::mt19937_64 random(index + 1);
  std::bernoulli_distribution fires(index % 5 == 4 ? 0.0 : density);
  models::FrameEvents frame;
  frame.frame = index;
  frame.key = index % 7 == 0;
  for (const auto& layer : info.layers) {
    frame.of_layer.emplace_back();
    if (layer.name == "logits") continue;
    for (std::uint32_t y = 0; y < layer.shape.height; ++y)
      for (std::uint32_t x = 0; x < layer.shape.width; ++x)
        for (std::uint32_t c = 0; c < layer.shape.channels; ++c)
          if (fires(random))
            frame.of_layer.back().push_back({c, static_cast<std::uint16_t>(y), static_cast<std::uint16_t>(x),
                                             static_cast<std::int32_t>(random() % 511) - 255});
  }
  for (std::uint64_t i = 0; i < info.outputs; ++i) frame.outputs.push_back(static_cast<std::int64_t>(random()));
  return frame;
}

}  // namespace deltasim::test
