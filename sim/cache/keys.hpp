#pragma once

#include "sim/cache/store.hpp"
#include "sim/stage.hpp"

#include <array>
#include <string>

/// Names of cache entries: everything that decides the content, hashed. Another build of the program has other names.
namespace deltasim::sim {

/// What no simulation reads, but accounting does: JSON pointers into the chip.
inline constexpr std::array accounting_of_chip{"/clock_mhz", "/voltage", "/operating_points", "/power_gating",
                                               "/node_nm"};
/// What changes no event: JSON pointers into the input. Labels are part of answers.
inline constexpr std::array accounting_of_input{"/frame_rate", "/labels", "/label"};

/// Everything about chip and mapping that a simulation reads; of the way to run it, what may change results.
Json machine_material(const MachineSetup& setup);

class Keys {
 public:
  /// `store` remembers what files contain, so that a long video is read once.
  explicit Keys(Store& store) : store_(store) {}

  std::string stream(const Stage& stage, const std::string& execution) const;
  std::string simulation(const Stage& stage, const std::string& execution) const;
  std::string dense_outputs(const Stage& stage) const;
  std::string answers(const Stage& stage) const;
  std::string calibration(const models::Graph& graph, const InputConfig& input, std::uint64_t frames) const;

  /// Digest of what a file holds; of a folder: of its files' names and contents.
  std::string content(const std::string& path) const;
  /// Everything that frames, and with them labels, come from.
  Json input_material(const InputConfig& input, std::optional<std::uint64_t> frames, bool with_labels) const;

 private:
  Json stream_material(const Stage& stage, const std::string& execution) const;

  Store& store_;
};

}  // namespace deltasim::sim
