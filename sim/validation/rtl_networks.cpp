#include "sim/validation/rtl_networks.hpp"

#include "sim/embedded.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace deltasim::sim {

std::string network_record_text(const std::vector<RecordedNetwork>& record) {
  std::string text = "[\n";
  for (const RecordedNetwork& r : record) {
    const nlohmann::ordered_json line{
        {"name", r.name}, {"events", r.events}, {"outputs", r.outputs}, {"rtl", r.rtl}, {"model", r.model}};
    text += line.dump() + (&r == &record.back() ? "\n" : ",\n");
  }
  return text + "]\n";
}

std::vector<RecordedNetwork> read_network_record(std::string_view text) {
  std::vector<RecordedNetwork> record;
  for (const nlohmann::json& r : nlohmann::json::parse(text))
    record.push_back({r.at("name").get<std::string>(), r.at("events").get<std::uint64_t>(),
                      r.at("outputs").get<std::string>(), r.at("rtl").get<std::vector<std::uint64_t>>(),
                      r.at("model").get<std::vector<std::uint64_t>>()});
  return record;
}

double frames_deviation(const std::vector<std::uint64_t>& rtl, const std::vector<std::uint64_t>& model) {
  if (rtl.size() != model.size()) throw std::logic_error("RTL and model have finished different numbers of frames");
  double largest = 0;
  for (std::size_t f = 0; f < rtl.size(); ++f)
    largest = std::max(largest, std::abs(static_cast<double>(model[f]) / static_cast<double>(rtl[f]) - 1.0));
  return largest;
}

std::vector<NetworkComparison> compare_networks_with_recorded_rtl() {
  const std::vector<RecordedNetwork> record = read_network_record(embedded(recorded_rtl_networks));
  const std::vector<MeshNetwork> networks = mesh_networks();
  std::vector<NetworkComparison> comparisons;
  for (const MeshNetwork& network : networks) {
    const auto r = std::find_if(record.begin(), record.end(),
                                [&](const RecordedNetwork& known) { return known.name == network.name; });
    if (r == record.end() || record.size() != networks.size())
      throw std::logic_error(fmt::format("{} has {} networks, the program {}: '{}' was not recorded",
                                         recorded_rtl_networks, record.size(), networks.size(), network.name));
    const MeshFrames model = run_mesh_machine(network);
    comparisons.push_back({network.name, r->rtl.back(), model.finished.back(), frames_deviation(r->rtl, model.finished),
                           model.outputs_digest() == r->outputs});
  }
  return comparisons;
}

std::uint64_t recorded_network_sequences() { return read_network_record(embedded(recorded_rtl_networks)).size(); }

double recorded_network_deviation() {
  double largest = 0;
  for (const RecordedNetwork& r : read_network_record(embedded(recorded_rtl_networks)))
    largest = std::max(largest, frames_deviation(r.rtl, r.model));
  return largest;
}

}  // namespace deltasim::sim
