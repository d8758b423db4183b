#include "tests/traces/stream_samples.hpp"

#include <cstdio>

using namespace deltasim;

/// Writes the sample stream, and prints what a reader of the format should find in it.
int main(int, char** arguments) {
  auto info = test::sample_info();
  info.layers[1].shape.channels = 700;
  traces::StreamWriter writer(arguments[1], info);
  std::vector<std::size_t> events(info.layers.size());
  std::vector<long long> sums(info.layers.size());
  constexpr std::uint64_t frames = 12;
  for (std::uint64_t t = 0; t < frames; ++t) {
    const auto frame = test::sample_frame(info, t);
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (frame.key || info.layers[i].absolute) sums[i] = 0;
      events[i] += frame.of_layer[i].size();
      for (const auto& event : frame.of_layer[i]) sums[i] += event.value;
    }
    writer.append(frame);
  }
  writer.finish();
  std::printf("%s send_on_delta %llu frames\n", info.network.c_str(), static_cast<unsigned long long>(frames));
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& layer = info.layers[i];
    std::printf("%s [%u, %u, %u] %zu events, state sums to %lld\n", layer.name.c_str(), layer.shape.channels,
                layer.shape.height, layer.shape.width, events[i], sums[i]);
  }
}
