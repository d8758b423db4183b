#pragma once

#include "sim/validation/mesh_networks.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Networks on a machine of four cores against RTL. What RTL did is on record, so this needs no
/// Verilator; tests/rtl runs RTL and tells when the record is no longer true.
namespace deltasim::sim {

inline constexpr std::string_view recorded_rtl_networks = "sim/validation/recorded_rtl_networks.json";

struct RecordedNetwork {
  std::string name;
  std::uint64_t events = 0;
  std::string outputs;                    ///< digest of RTL's
  std::vector<std::uint64_t> rtl, model;  ///< cycles at which each frame was finished
};
std::string network_record_text(const std::vector<RecordedNetwork>& record);
std::vector<RecordedNetwork> read_network_record(std::string_view text);

/// Largest |model / RTL - 1| over the frames' cycles.
double frames_deviation(const std::vector<std::uint64_t>& rtl, const std::vector<std::uint64_t>& model);

struct NetworkComparison {
  std::string network;
  std::uint64_t expected = 0,
                got = 0;  ///< cycles until the last frame was finished, of RTL as recorded and of the model
  double deviation = 0;   ///< largest of any frame
  bool outputs_equal = false;
};
/// Runs the machine on every recorded network; its values are checked against the reference network, too. Errors:
/// std::logic_error where the record has other networks; hw::CheckError.
std::vector<NetworkComparison> compare_networks_with_recorded_rtl();

/// The largest deviation of the record.
double recorded_network_deviation();
std::uint64_t recorded_network_sequences();

}  // namespace deltasim::sim
