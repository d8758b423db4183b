#include "sim/commands.hpp"
#include "sim/config.hpp"
#include "sim/config_writer.hpp"
#include "sim/progress.hpp"
#include "sim/run_describe.hpp"
#include "traces/stream.hpp"

#include <fmt/format.h>

#include <iostream>

namespace deltasim::sim {
namespace {

struct LayerEvents {
  std::uint64_t events = 0, most_in_a_frame = 0;
};

/// One pass over the stream; only a frame is in memory.
std::vector<LayerEvents> count_events(traces::StreamReader& reader) {
  std::vector<LayerEvents> counts(reader.info().layers.size());
  const auto progress = show_progress("read", reader.info().frames);
  models::FrameEvents frame;
  for (std::uint64_t done = 0; reader.next(frame); progress(++done))
    for (std::size_t l = 0; l < counts.size() && l < frame.of_layer.size(); ++l) {
      counts[l].events += frame.of_layer[l].size();
      counts[l].most_in_a_frame = std::max<std::uint64_t>(counts[l].most_in_a_frame, frame.of_layer[l].size());
    }
  return counts;
}

/// Events per neuron and frame.
double density(const LayerEvents& layer, const models::Shape& shape, std::uint64_t frames) {
  const double most = static_cast<double>(shape.size()) * static_cast<double>(frames);
  return most > 0 ? static_cast<double>(layer.events) / most : 0.0;
}

Json info_json(const std::string& file, const traces::StreamInfo& info, const std::vector<LayerEvents>& counts) {
  Json layers = Json::array();
  for (std::size_t l = 0; l < info.layers.size(); ++l) {
    const auto& layer = info.layers[l];
    layers.push_back({{"name", layer.name},
                      {"shape", Json::array({layer.shape.channels, layer.shape.height, layer.shape.width})},
                      {"absolute", layer.absolute},
                      {"step", layer.step},
                      {"events", counts[l].events},
                      {"events_most_in_a_frame", counts[l].most_in_a_frame},
                      {"element_density", density(counts[l], layer.shape, info.frames)}});
    if (!layer.channel_steps.empty()) layers.back()["channel_steps"] = layer.channel_steps;
  }
  return {{"file", file},
          {"tool", info.tool},
          {"network", info.network},
          {"network_hash", info.network_hash},
          {"source", info.source},
          {"frames", info.frames},
          {"frame_rate", info.frame_rate},
          {"frame_rate_assumed", info.frame_rate_assumed},
          {"layer_delay", info.layer_delay},
          {"outputs", info.outputs},
          {"delta", write(info.rules)},
          {"layers", layers}};
}

std::string info_text(const std::string& file, const traces::StreamInfo& info, const std::vector<LayerEvents>& counts) {
  const Json rules = write(info.rules);
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    text += fmt::format("{:<12} {}\n", name, value);
  };
  line("trace", file);
  line("network", fmt::format("{} ({})", info.network, info.network_hash));
  line("source", info.source);
  line("frames", fmt::format("{} at {:g} per second{}", info.frames, info.frame_rate,
                             info.frame_rate_assumed ? " (assumed)" : ""));
  const Json& threshold = rules["threshold"];
  line("rule",
       rules["rule"].get<std::string>() +
           (threshold.empty() ? "" : ", threshold " + (threshold.is_array() ? "per channel" : threshold.dump())) +
           (info.rules.layers.empty() ? "" : fmt::format(", {} layers with their own", info.rules.layers.size())) +
           (info.layer_delay ? ", layer delay" : ""));
  line("tool", info.tool);
  text += fmt::format("\n{:<40} {:>16} {:>14} {:>12} {:>9}\n", "layer", "C x H x W", "events", "most/frame", "density");
  for (std::size_t l = 0; l < info.layers.size(); ++l) {
    const auto& layer = info.layers[l];
    const std::string name = layer.name.size() > 40 ? layer.name.substr(0, 37) + "..." : layer.name;
    text += fmt::format("{:<40} {:>16} {:>14} {:>12} {:>9.4f}{}\n", name,
                        fmt::format("{} x {} x {}", layer.shape.channels, layer.shape.height, layer.shape.width),
                        counts[l].events, counts[l].most_in_a_frame, density(counts[l], layer.shape, info.frames),
                        layer.absolute ? " v" : "");
  }
  return text;
}

}  // namespace

int trace_info_command(const TraceInfoCommand& command) {
  traces::StreamReader reader(command.file);
  const auto counts = count_events(reader);
  if (command.json)
    std::cout << info_json(command.file, reader.info(), counts).dump(2) << "\n";
  else
    std::cout << info_text(command.file, reader.info(), counts);
  return 0;
}

}  // namespace deltasim::sim
