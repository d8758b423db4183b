#pragma once

#include "sim/validation/mesh_sequences.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// The network of routers against RTL (hw/rtl/mesh.sv). What the RTL did is on record, so this needs no Verilator;
/// tests/rtl runs the RTL and tells when the record is no longer true.
namespace deltasim::sim {

inline constexpr std::string_view recorded_rtl_mesh = "sim/validation/recorded_rtl_mesh.json";

struct MeshRecord {
  std::uint64_t packets = 0;
  std::uint64_t rtl_cycles = 0;
  std::uint64_t model_cycles = 0;
  std::uint64_t largest_difference = 0;  ///< cycles, of any arrival, when it was recorded
  std::string order_digest;              ///< of the RTL
};

/// By sequence name.
std::map<std::string, MeshRecord> mesh_records(std::string_view json);
std::string mesh_records_json(const std::map<std::string, MeshRecord>& records);

struct MeshComparison {
  std::string sequence;
  double expected = 0;        ///< cycles of the RTL
  double got = 0;             ///< cycles of the model, now
  bool values_equal = false;  ///< every endpoint got the same packets in the same order
};

/// Runs the model on every sequence.
std::vector<MeshComparison> compare_mesh_with_recorded_rtl();
/// Largest relative difference of cycles in the record: what a report may quote.
double recorded_mesh_deviation();
std::uint64_t recorded_mesh_sequences();

}  // namespace deltasim::sim
