#include "models/error.hpp"
#include "models/training/accounting.hpp"
#include "models/training/trained_network.hpp"
#include "sim/training/commands.hpp"
#include "sim/training/network_file.hpp"
#include "sim/training/training_config.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

using models::training::Accounting;
using models::training::LayerAccount;
using models::training::Memory;
using models::training::NetworkDescription;
using models::training::ThresholdGrain;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

NetworkDescription described(const DescribeCommand& command) {
  if (ends_with(command.network, ".onnx") && !command.overrides.empty())
    throw models::InputError("--set " + command.overrides.front(), "",
                             fmt::format("'{}' has no values that could be set", command.network),
                             "a description or training file (.json), or the name of a built-in network");
  if (ends_with(command.network, ".onnx")) return models::training::import_trained(command.network).description;
  if (!ends_with(command.network, ".json")) return network_alone(Json(command.network), command.overrides);
  const Document document = Document::read(command.network);
  if (document.json().is_object() && document.json().contains("data")) {
    const TrainingConfig config = read_training(command.network, command.overrides);
    return network_of(config, *open_data(config).train);
  }
  return network_alone(Json(command.network), command.overrides);
}

Json account_json(const LayerAccount& a) {
  return {{"name", a.name},
          {"output", {a.output.channels, a.output.height, a.output.width}},
          {"delta_neurons", a.delta_neurons},
          {"thresholds", a.thresholds},
          {"weights", a.weights},
          {"macs_padded", a.macs_padded},
          {"macs", a.macs}};
}

Json as_json(const NetworkDescription& network, const Accounting& accounting) {
  Json json{{"name", network.name},
            {"input", {network.input.channels, network.input.height, network.input.width}},
            {"total", account_json(accounting.total)},
            {"layers", Json::array()}};
  for (const bool convolutions_only : {false, true}) {
    const Memory memory = memory_of(accounting.total, convolutions_only);
    json[convolutions_only ? "memory_bytes_convolutions" : "memory_bytes"] = {{"normal", memory.normal},
                                                                              {"delta", memory.delta}};
  }
  for (const LayerAccount& layer : accounting.layers) json["layers"].push_back(account_json(layer));
  return json;
}

/// With spaces between thousands, to be read and compared with papers.
std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, " ");
  return text;
}

std::string shape_text(const models::Shape& s) { return fmt::format("{} x {} x {}", s.channels, s.height, s.width); }

void print_rows(const Accounting& accounting) {
  fmt::print("{:<24} {:>16} {:>11} {:>10} {:>12} {:>16}\n", "layer", "output", "neurons", "thresholds", "weights",
             "MACs");
  for (const LayerAccount& l : accounting.layers)
    fmt::print("{:<24} {:>16} {:>11} {:>10} {:>12} {:>16}\n", l.name.substr(0, 24), shape_text(l.output),
               grouped(l.delta_neurons), grouped(l.thresholds), grouped(l.weights), grouped(l.macs));
}

void print_table(const NetworkDescription& network, const Accounting& accounting) {
  const LayerAccount& total = accounting.total;
  fmt::print("{}, input {}\n\n", network.name, shape_text(network.input));
  print_rows(accounting);
  fmt::print("\ndelta neurons  {:>16}   keep a sum, send its changes\n", grouped(total.delta_neurons));
  fmt::print("thresholds     {:>16}   one per channel\n", grouped(total.thresholds));
  fmt::print("weights        {:>16}   {} of them in convolutions\n", grouped(total.weights),
             grouped(total.convolution_weights));
  fmt::print("MACs, dense    {:>16}   {} with those on padding, as papers count\n", grouped(total.macs),
             grouped(total.macs_padded));
  const Memory all = memory_of(total, false), convolutions = memory_of(total, true);
  const double mb = 1e-6;
  fmt::print("memory         {:>13.1f} MB   8-bit weights, maps in and out of the largest layer\n",
             static_cast<double>(all.normal) * mb);
  fmt::print("  with deltas  {:>13.1f} MB   8-bit weights, 16 bit for each delta neuron\n",
             static_cast<double>(all.delta) * mb);
  fmt::print(
      "  convolutions {:>13.1f} MB   without weights of dense layers, as the delta paper counts; {:.1f} MB with "
      "deltas\n",
      static_cast<double>(convolutions.normal) * mb, static_cast<double>(convolutions.delta) * mb);
}

}  // namespace

int describe_command(const DescribeCommand& command) {
  const NetworkDescription network = described(command);
  const Accounting accounting = models::training::account(network, ThresholdGrain::channel);
  if (command.json)
    fmt::print("{}\n", as_json(network, accounting).dump(2));
  else
    print_table(network, accounting);
  return 0;
}

}  // namespace deltasim::sim
