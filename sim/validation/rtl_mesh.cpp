#include "sim/validation/rtl_mesh.hpp"

#include "sim/embedded.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace deltasim::sim {

std::map<std::string, MeshRecord> mesh_records(std::string_view json) {
  std::map<std::string, MeshRecord> records;
  const nlohmann::json document = nlohmann::json::parse(json);
  for (const auto& sequence : document.at("sequences")) {
    MeshRecord& record = records[sequence.at("name").get<std::string>()];
    record.packets = sequence.at("packets").get<std::uint64_t>();
    record.rtl_cycles = sequence.at("rtl_cycles").get<std::uint64_t>();
    record.model_cycles = sequence.at("model_cycles").get<std::uint64_t>();
    record.largest_difference = sequence.at("largest_difference").get<std::uint64_t>();
    record.order_digest = sequence.at("order").get<std::string>();
  }
  return records;
}

std::string mesh_records_json(const std::map<std::string, MeshRecord>& records) {
  std::string text =
      "{\n  \"about\": \"2x2 mesh of hw/rtl/router.sv and hw::Router on the same packets; written by the RTL test with "
      "DELTASIM_RECORD_RTL=1\",\n  \"sequences\": [";
  const char* separator = "\n    ";
  for (const auto& [name, record] : records) {
    nlohmann::ordered_json line;
    line["name"] = name;
    line["packets"] = record.packets;
    line["rtl_cycles"] = record.rtl_cycles;
    line["model_cycles"] = record.model_cycles;
    line["largest_difference"] = record.largest_difference;
    line["order"] = record.order_digest;
    text += separator + line.dump();
    separator = ",\n    ";
  }
  return text + "\n  ]\n}\n";
}

std::vector<MeshComparison> compare_mesh_with_recorded_rtl() {
  const auto records = mesh_records(embedded(recorded_rtl_mesh));
  std::vector<MeshComparison> comparisons;
  for (const MeshSequence& sequence : mesh_sequences()) {
    MeshComparison& comparison = comparisons.emplace_back();
    comparison.sequence = sequence.name;
    const MeshArrivals arrivals = run_mesh_model(sequence);
    comparison.got = static_cast<double>(arrivals.cycles());
    const auto record = records.find(sequence.name);
    if (record == records.end()) continue;
    comparison.expected = static_cast<double>(record->second.rtl_cycles);
    comparison.values_equal = arrivals.order_digest() == record->second.order_digest;
  }
  return comparisons;
}

std::uint64_t recorded_mesh_sequences() { return mesh_records(embedded(recorded_rtl_mesh)).size(); }

double recorded_mesh_deviation() {
  double largest = 0;
  for (const auto& [name, record] : mesh_records(embedded(recorded_rtl_mesh)))
    largest = std::max(largest,
                       std::abs(static_cast<double>(record.model_cycles) / static_cast<double>(record.rtl_cycles) - 1));
  return largest;
}

}  // namespace deltasim::sim
