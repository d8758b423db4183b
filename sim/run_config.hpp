#pragma once

#include "hw/machine.hpp"
#include "hw/mapping.hpp"
#include "hw/params.hpp"
#include "hw/systolic_params.hpp"
#include "models/network.hpp"
#include "models/rules.hpp"
#include "sim/document.hpp"
#include "traces/actions.hpp"
#include "traces/frames.hpp"
#include "traces/rendered.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace deltasim::sim {

enum class InputKind : std::uint8_t {
  frames,    ///< video, folder of images or .npy
  rendered,  ///< a clip that the project renders itself
  actions,   ///< clips of its action-recognition benchmark
  stream,    ///< a recorded trace (.h5): replayed instead of computed
};

/// What the network sees.
struct InputConfig {
  InputKind kind = InputKind::frames;
  std::string path;  ///< as the current folder sees it; empty for rendered clips
  traces::FrameOptions
      frames;  ///< path and steps from picture to network input; the steps hold for rendered clips, too
  traces::RenderOptions render;
  traces::ActionInput actions;

  bool made_here() const { return kind == InputKind::rendered || kind == InputKind::actions; }
};

/// Frames on which a float network's ranges are measured.
struct CalibrationConfig {
  std::optional<InputConfig> input;  ///< absent: the run's own input
  std::uint64_t frames = 16;
};

struct NetworkConfig {
  std::string file;                 ///< as named by the run file: the model itself, or the description that names it
  std::string model;                ///< .onnx or .net, as the current folder sees it
  std::vector<std::string> labels;  ///< names of the classes
  traces::FrameOptions input;  ///< steps from picture to input that belong to the network; defaults of the run's input
  CalibrationConfig calibration;
  std::optional<models::Shape> input_shape;  ///< where the model leaves height or width open
};

/// A box of a layer's neurons on a core; without a range: all of them. Ranges: first, one past the last.
struct SliceConfig {
  using Range = std::array<std::uint32_t, 2>;
  std::string layer;
  std::uint32_t core = 0;
  std::optional<Range> channels, rows, columns;
  bool weights_in_dram = false, state_in_dram = false;
};

/// The energy table before sim/energy.hpp has looked at it.
struct EnergyConfig {
  std::string file;  ///< for messages: the table's file, or the run file where it stands inline
  Json table;
};

/// Everything that a run file says, with every default filled in and every path as the current folder sees it.
struct RunConfig {
  std::string file;
  NetworkConfig network;
  InputConfig input;
  std::string hardware_file;  ///< the run file where the hardware stands inline
  hw::ChipParams hardware;
  Json hardware_sources = Json::object();  ///< where its values come from, by JSON pointer; changed ones have none
  hw::SystolicParams systolic;             ///< what the run file leaves open is like the hardware
  EnergyConfig energy;
  models::RuleSet delta;
  std::optional<std::uint64_t> frames;  ///< at most so many
  std::vector<std::string> executions{"dense", "spatial", "delta"};
  bool check = false;
  hw::Hosting engine = hw::Hosting::wheel;
  std::uint64_t seed = 1;
  std::optional<std::vector<SliceConfig>> mapping;  ///< absent: automatic
  double stall_probability = 0.0;                   ///< random stalls of outputs, for tests

  /// `systolic` alone needs neither weights nor input.
  bool needs_machine() const;
  bool wants(const std::string& execution) const;
};

/// Reads a run file and everything it refers to, after applying overrides "/pointer=value" (JSON, or a bare string).
/// Errors: InputError with file and JSON pointer.
RunConfig read_run(const std::string& path, const std::vector<std::string>& overrides);
/// The same from text in memory; `file` stands for the run file in messages, and its paths are relative to it.
RunConfig read_run_text(const std::string& text, const std::string& file, const std::vector<std::string>& overrides);

/// A run file in two steps, for those who put values of another file into it. `document`: with its base merged in.
/// load_on_the_way() puts the files in place that `pointer` enters, so that a value can be set inside of them.
void load_on_the_way(Document& document, const std::string& pointer);
RunConfig read_run_document(Document document, const std::string& file);

/// A hardware file or a description of a network alone.
hw::ChipParams read_hardware(const std::string& path);
hw::SystolicParams read_systolic(const std::string& path);
hw::ChipParams read_hardware_text(const std::string& text, const std::string& file);
NetworkConfig read_network(const std::string& path);

/// Complete: every default, and what hardware, energy and network files contained. Loads as a run file again.
Json effective(const RunConfig& config);

/// The given mapping with layer names resolved. Errors: InputError naming the slice and the layers that exist.
hw::Mapping given_mapping(const RunConfig& config, const models::Network& network);

}  // namespace deltasim::sim
