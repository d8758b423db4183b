#include "sim/run_config.hpp"

#include "sim/config.hpp"
#include "sim/config_writer.hpp"
#include "sim/json_text.hpp"
#include "sim/override.hpp"
#include "sim/provenance.hpp"
#include "sim/run_describe.hpp"
#include "sim/suggestion.hpp"
#include "sim/supply.hpp"
#include "sim/systolic_execution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_text(const Document& document, const std::string& pointer) {
  const Json* json = document.find(pointer);
  return json != nullptr && json->is_string();
}

/// A path in the place of an object becomes the object that it stands for.
void expand(Document& document, const std::string& pointer, const char* path_key) {
  if (is_text(document, pointer)) {
    const std::string path = document.find(pointer)->get<std::string>();
    if (path_key == nullptr || ends_with(path, ".json"))
      document.load(pointer);
    else
      document.wrap(pointer, path_key);
  }
  document.merge_base(pointer);
}

struct Reference {
  const char* pointer;
  const char* path_key;  ///< a path that is not a .json file stands for {path_key: path}
};

/// Everything that may be a path, from the outside to the inside.
constexpr Reference references[] = {{"/network", "model"},  {"/network/calibration/input", "path"},
                                    {"/input", "path"},     {"/hardware", nullptr},
                                    {"/systolic", nullptr}, {"/energy", nullptr}};

void apply(Document& document, const std::string& override_text) {
  const Override given = read_override(override_text, "/delta/threshold=2");
  load_on_the_way(document, given.pointer);
  document.set(given.pointer, given.value, given.text);
}

/// The older place of the key, kept because the contract names it.
void move_layer_delay(Document& document) {
  if (document.find("/layer_delay") == nullptr) return;
  if (document.find("/delta/layer_delay") != nullptr)
    throw document.error("/layer_delay", "stands here and at /delta/layer_delay", "keep the second");
  if (document.find("/delta") == nullptr) document.set("/delta", Json::object(), "/delta={}");
  if (document.find("/delta")->is_object()) document.move("/layer_delay", "/delta/layer_delay");
}

void require_file(const Document& document, const std::string& pointer, const std::string& path) {
  std::error_code failed;
  if (!fs::exists(path, failed))
    throw document.error(pointer, fmt::format("there is no file '{}'", path),
                         "a path relative to the file that names it");
}

void settle_input(const Document& document, const std::string& pointer, InputConfig& input) {
  const auto has = [&](const char* key) {
    const Json* found = document.find(pointer + key);
    return found != nullptr && !found->is_null();
  };
  if (has("/render") && has("/actions"))
    throw document.error(pointer, "has both 'render' and 'actions'", "one of them");
  if (input.made_here() && !input.path.empty())
    throw document.error(
        pointer, fmt::format("has both 'path' and '{}'", input.kind == InputKind::rendered ? "render" : "actions"),
        "one of them");
  if (input.kind == InputKind::actions && input.actions.least_noise > input.actions.most_noise)
    throw document.error(pointer + "/actions/least_noise", fmt::format("is {}", input.actions.least_noise),
                         fmt::format("at most {} (most_noise)", input.actions.most_noise));
  if (!input.made_here()) {
    if (input.path.empty())
      throw document.error(pointer, "names no input", "the key 'path', the key 'render' or the key 'actions'");
    require_file(document, pointer + "/path", input.path);
    if (ends_with(input.path, ".h5") || ends_with(input.path, ".hdf5")) input.kind = InputKind::stream;
  }
  if (!input.frames.labels.empty()) require_file(document, pointer + "/labels", input.frames.labels);
  input.frames.path = input.path;
}

void settle_network(const Document& document, const std::string& place, NetworkConfig& network) {
  if (!ends_with(network.model, ".onnx") && !ends_with(network.model, ".net"))
    throw document.error(place + "/model", fmt::format("'{}' is not a trained network", network.model),
                         "an .onnx file or a Lava netx .net file");
  require_file(document, place + "/model", network.model);
  if (!network.calibration.input) return;
  const std::string calibration = place + "/calibration/input";
  network.calibration.input.emplace();
  network.calibration.input->frames = network.input;
  read_into(*network.calibration.input, document, calibration);
  settle_input(document, calibration, *network.calibration.input);
}

void settle_packets(const Document& document, const std::string& place, const hw::ChipParams& chip) {
  const hw::NocParams& noc = chip.noc;
  const auto fail = [&](const char* key, std::uint32_t value, const std::string& why, const std::string& remedy) {
    throw document.error(place + key, fmt::format("is {}, but {}", value, why), remedy);
  };
  const auto alone = [&](const char* key, std::uint32_t value) {
    if (value != 1)
      fail(key, value, "without a header (header_flits 0) a packet is one flit with one value",
           "must be 1, or header_flits at least 1");
  };
  if (noc.header_flits == 0) {
    alone("/noc/packet_flits", noc.packet_flits);
    alone("/noc/values_per_flit", noc.values_per_flit);
  } else if (noc.packet_flits <= noc.header_flits) {
    fail("/noc/packet_flits", noc.packet_flits, fmt::format("the header alone has {} flits", noc.header_flits),
         fmt::format("must be at least {}: a packet has room for a value", noc.header_flits + 1));
  }
  const auto holds = [&](const char* key, std::uint32_t flits) {
    if (flits < noc.packet_flits)
      throw document.error(place + key,
                           fmt::format("a packet has up to {} flits, but the queue holds {}", noc.packet_flits, flits),
                           fmt::format("must be at least {} (packet_flits of /noc)", noc.packet_flits));
  };
  holds("/noc/router_queue_flits", noc.router_queue_flits);
  holds("/core/input_queue_flits", chip.core.input_queue_flits);
  holds("/core/output_queue_flits", chip.core.output_queue_flits);
}

void settle_chip(const Document& document, const std::string& place, const hw::ChipParams& chip) {
  const auto whole_bytes = [&](const char* name, const hw::MemoryParams& memory) {
    if (memory.word_bits % 8 != 0)
      throw document.error(fmt::format("{}/core/{}/word_bits", place, name), fmt::format("is {}", memory.word_bits),
                           "must be a multiple of 8");
  };
  whole_bytes("weight_memory", chip.core.weight_memory);
  whole_bytes("state_memory", chip.core.state_memory);
  const auto inside = [&](const char* name, std::uint32_t column) {
    if (column >= chip.noc.columns)
      throw document.error(fmt::format("{}/{}", place, name), fmt::format("is {}", column),
                           fmt::format("must be below the {} columns of /noc", chip.noc.columns));
  };
  inside("input_port_column", chip.input_port_column);
  inside("output_port_column", chip.output_port_column);
  check_supply(document, place, chip);
  settle_packets(document, place, chip);
}

void settle_array(const Document& document, const std::string& place, const hw::SystolicParams& array) {
  const auto in_range = [&](const char* key, double value, double low, double high) {
    if (low > value || high < value)
      throw document.error(fmt::format("{}/{}", place, key), fmt::format("is {}", value),
                           fmt::format("must lie in its own range, {} .. {} ({}_low, {}_high)", low, high, key, key));
  };
  in_range("dram_pj_per_bit", array.dram_pj_per_bit, array.dram_pj_per_bit_low, array.dram_pj_per_bit_high);
  in_range("element_pj", array.element_pj, array.element_pj_low, array.element_pj_high);
}

void settle_run(const Document& document, const RunConfig& config) {
  const hw::NocParams& noc = config.hardware.noc;
  const std::uint32_t needed = noc.values_per_flit * config.delta.payload_bits;
  if (noc.flit_bits < needed)
    throw document.error(
        "/hardware/noc/flit_bits",
        fmt::format("is {}, but a flit carries {} of {} bits (/delta/payload_bits)", noc.flit_bits,
                    noc.values_per_flit == 1 ? "a value" : fmt::format("{} values", noc.values_per_flit),
                    config.delta.payload_bits),
        fmt::format("must be an integer from {} to 1024", needed));
  if (config.executions.empty())
    throw document.error("/executions", "is empty", "at least one of: dense, spatial, delta, systolic");
  if (config.needs_machine() && !config.energy.table.is_object())
    throw document.error("/energy", "is not an energy table", "the path of one, or an object");
  if (config.mapping && config.mapping->empty())
    throw document.error("/mapping", "is empty", "null (automatic), or slices that cover every layer");
}

/// What other keys decide.
void settle_defaults(RunConfig& config, const Document& document) {
  const Json* executions = document.find("/executions");
  if (executions != nullptr && *executions == Json::array({systolic_name})) config.executions = {systolic_name};
  if (document.find("/hardware") == nullptr) return;
  read_into(config.hardware, document, "/hardware");
  config.systolic = array_like(config.hardware);
}

std::string part_file(const Document& document, const std::string& pointer) {
  return document.find(pointer) == nullptr ? document.file_of("") : document.file_of(pointer);
}

hw::Slice slice_of(const RunConfig& config, const models::Network& network, std::size_t index) {
  const SliceConfig& given = (*config.mapping)[index];
  std::vector<std::string> names;
  for (models::LayerId l = 1; l < network.layers.size(); ++l) {
    names.push_back(network.layers[l].name);
    if (names.back() != given.layer) continue;
    const models::Shape& shape = network.layers[l].output;
    const auto channels = given.channels.value_or(SliceConfig::Range{0, shape.channels});
    const auto rows = given.rows.value_or(SliceConfig::Range{0, shape.height});
    const auto columns = given.columns.value_or(SliceConfig::Range{0, shape.width});
    return {l,       given.core, channels[0], channels[1],           rows[0],
            rows[1], columns[0], columns[1],  given.weights_in_dram, given.state_in_dram};
  }
  throw models::InputError(config.file, fmt::format("/mapping/{}/layer", index),
                           fmt::format("the network has no layer '{}'", given.layer),
                           suggestion(given.layer, names, "layers"));
}

}  // namespace

bool RunConfig::wants(const std::string& execution) const {
  return std::find(executions.begin(), executions.end(), execution) != executions.end();
}

bool RunConfig::needs_machine() const {
  return std::any_of(executions.begin(), executions.end(), [](const auto& name) { return name != systolic_name; });
}

RunConfig read_run(const std::string& path, const std::vector<std::string>& overrides) {
  return read_run_text(read_text(path), path, overrides);
}

RunConfig read_run_text(const std::string& text, const std::string& file, const std::vector<std::string>& overrides) {
  Document document = Document::parse(text, file);
  document.merge_base("");
  for (const std::string& override_text : overrides) apply(document, override_text);
  return read_run_document(std::move(document), file);
}

void load_on_the_way(Document& document, const std::string& pointer) {
  for (const Reference& reference : references)  // no others: another value may replace the rest
    if (pointer.rfind(std::string(reference.pointer) + "/", 0) == 0)
      expand(document, reference.pointer, reference.path_key);
}

RunConfig read_run_document(Document document, const std::string& file) {
  if (document.json().is_object()) {
    for (const Reference& reference : references) expand(document, reference.pointer, reference.path_key);
    move_layer_delay(document);
  }
  RunConfig config;
  config.file = file;
  if (document.find("/network") != nullptr) read_into(config.network, document, "/network");
  config.input.frames = config.network.input;
  settle_defaults(config, document);
  read_into(config, document, "");
  settle_network(document, "/network", config.network);
  if (config.needs_machine()) settle_input(document, "/input", config.input);
  settle_chip(document, "/hardware", config.hardware);
  settle_array(document, "/systolic", config.systolic);
  settle_run(document, config);
  config.hardware_sources = valid_sources(document, "/hardware");
  config.input.frames.frames = config.frames;
  config.network.file = part_file(document, "/network");
  config.hardware_file = part_file(document, "/hardware");
  config.energy.file = part_file(document, "/energy");
  return config;
}

namespace {

hw::ChipParams hardware_of(Document document) {
  document.merge_base("");
  hw::ChipParams chip;
  read_into(chip, document, "");
  settle_chip(document, "", chip);
  return chip;
}

}  // namespace

hw::ChipParams read_hardware(const std::string& path) { return hardware_of(Document::read(path)); }

hw::ChipParams read_hardware_text(const std::string& text, const std::string& file) {
  return hardware_of(Document::parse(text, file));
}

hw::SystolicParams read_systolic(const std::string& path) {
  Document document = Document::read(path);
  document.merge_base("");
  hw::SystolicParams array;
  read_into(array, document, "");
  settle_array(document, "", array);
  return array;
}

NetworkConfig read_network(const std::string& path) {
  Document document = Document::read(path);
  document.merge_base("");
  if (document.json().is_object()) expand(document, "/calibration/input", "path");
  NetworkConfig network;
  read_into(network, document, "");
  settle_network(document, "", network);
  network.file = path;
  return network;
}

Json effective(const RunConfig& config) {
  Json json = write(config);
  if (!config.hardware_sources.empty()) json["hardware"]["sources"] = config.hardware_sources;
  if (!config.needs_machine()) json.erase("input");
  if (!config.energy.table.is_object()) json.erase("energy");
  json["files"] = {{"run", config.file},
                   {"network", config.network.file},
                   {"hardware", config.hardware_file},
                   {"energy", config.energy.file}};
  return json;
}

hw::Mapping given_mapping(const RunConfig& config, const models::Network& network) {
  hw::Mapping mapping;
  for (std::size_t i = 0; config.mapping && i < config.mapping->size(); ++i)
    mapping.slices.push_back(slice_of(config, network, i));
  return mapping;
}

}  // namespace deltasim::sim
