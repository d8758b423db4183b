#include "sim/cache/keys.hpp"

#include "sim/cache/archive.hpp"
#include "sim/cache/digest.hpp"
#include "sim/config_writer.hpp"
#include "sim/run_describe.hpp"
#include "sim/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

#include <fcntl.h>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

constexpr int cache_format = 1;

std::string file_digest(const std::string& path) {
  const OpenFile file(path, O_RDONLY);
  const auto status = file.status();
  return status ? digest_of_file(file.descriptor(), static_cast<std::size_t>(status->st_size)) : "";
}

/// Who computes: the version, and the program itself, since two builds of one version may differ.
const Json& origin() {
  static const Json value = {{"tool", fmt::format("deltasim {}", version)},
                             {"program", file_digest("/proc/self/exe")},
                             {"format", cache_format},
                             {"archive", archive_format()},
                             {"decoder", traces::decoder_version()}};
  return value;
}

std::string named(const char* kind, const Json& material) {
  return fmt::format("{}-{}", kind, digest_of(Json{{"origin", origin()}, {"of", material}}.dump()));
}

template <std::size_t n>
void leave_out(Json& json, const std::array<const char*, n>& pointers) {
  for (const char* pointer : pointers) json.erase(pointer + 1);
}

Json mapping_material(const hw::Mapping& mapping) {
  Json slices = Json::array();
  for (const hw::Slice& s : mapping.slices)
    slices.push_back({s.layer, s.core, s.channel_begin, s.channel_end, s.y_begin, s.y_end, s.x_begin, s.x_end,
                      s.weights_in_dram, s.state_in_dram});
  return slices;
}

/// Rules name layers, and a network's hash knows no names.
Json layer_names(const models::Network& network) {
  Json names = Json::array();
  for (const auto& layer : network.layers) names.push_back(layer.name);
  return names;
}

struct Part {
  std::string name;
  fs::path path;
  struct stat status;
};

/// A file, or the files of a folder by name.
std::vector<Part> parts_of(const std::string& path) {
  std::vector<Part> parts;
  std::error_code failed;
  const auto add = [&](const std::string& name, const fs::path& file) {
    Part part{name, file, {}};
    if (stat(file.c_str(), &part.status) == 0 && S_ISREG(part.status.st_mode)) parts.push_back(std::move(part));
  };
  if (!fs::is_directory(path, failed)) {
    add("", path);
    return parts;
  }
  for (const auto& entry : fs::directory_iterator(path, failed)) add(entry.path().filename().string(), entry.path());
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.name < b.name; });
  return parts;
}

/// A file that was changed just now may be changed again without its time telling.
bool settled(const std::vector<Part>& parts) {
  constexpr std::int64_t resolution_s = 2;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  return std::all_of(parts.begin(), parts.end(),
                     [&](const Part& p) { return p.status.st_mtim.tv_sec + resolution_s < now.count(); });
}

Json looks_of(const std::string& path, const std::vector<Part>& parts) {
  Json looks = Json::array({fs::absolute(path).lexically_normal().string()});
  for (const Part& p : parts)
    looks.push_back({p.name, p.status.st_size, p.status.st_mtim.tv_sec, p.status.st_mtim.tv_nsec, p.status.st_ino});
  return looks;
}

}  // namespace

Json machine_material(const MachineSetup& setup) {
  Json chip = write(setup.chip);
  leave_out(chip, accounting_of_chip);
  Json material = {{"chip", std::move(chip)}, {"mapping", mapping_material(setup.mapping)}, {"check", setup.check}};
  if (setup.stall_probability > 0)  // else seed and engine change nothing
    material["stalls"] = {setup.stall_probability, setup.seed, setup.engine};
  return material;
}

std::string Keys::content(const std::string& path) const {
  const auto parts = parts_of(path);
  const std::string key = named("content", looks_of(path, parts));
  const auto claim = store_.claim(key);
  if (const auto known = store_.find(key)) return known->content();
  Json contents = Json::array();
  for (const Part& p : parts) contents.push_back({p.name, file_digest(p.path.string())});
  std::string digest = digest_of(contents.dump());
  if (claim && settled(parts)) store_.keep(*claim, digest);
  return digest;
}

Json Keys::input_material(const InputConfig& input, std::optional<std::uint64_t> frames, bool with_labels) const {
  Json json = write(input);
  leave_out(json, accounting_of_input);
  json["path"] = input.path.empty() ? "" : content(input.path);
  json["kind"] = fs::path(input.path).extension().string();  // decides who reads it
  json["frames"] = frames ? Json(*frames) : Json();
  if (!with_labels) return json;
  json["labels"] = input.frames.labels.empty() ? "" : content(input.frames.labels);
  json["label"] = input.frames.label ? Json(*input.frames.label) : Json();
  return json;
}

Json Keys::stream_material(const Stage& stage, const std::string& execution) const {
  const RunConfig& config = stage.config();
  const models::Network& network = stage.network_of(execution);
  return {{"network", stage.network_hash(execution)},
          {"layers", layer_names(network)},
          {"rules", write(stage.rules_of(execution))},
          {"input", input_material(config.input, config.frames, false)}};
}

std::string Keys::stream(const Stage& stage, const std::string& execution) const {
  return named("stream", stream_material(stage, execution));
}

std::string Keys::simulation(const Stage& stage, const std::string& execution) const {
  return named("simulation",
               {{"stream", stream_material(stage, execution)}, {"machine", machine_material(stage.setup())}});
}

std::string Keys::dense_outputs(const Stage& stage) const { return named("outputs", stream_material(stage, "dense")); }

std::string Keys::answers(const Stage& stage) const {
  const models::Graph* graph = stage.judging_graph();
  const RunConfig& config = stage.config();
  return named("answers", {{"network", stage.network_hash("dense")},
                           {"graph", graph != nullptr ? digest_of_graph(*graph) : ""},
                           {"input", input_material(config.input, config.frames, true)}});
}

std::string Keys::calibration(const models::Graph& graph, const InputConfig& input, std::uint64_t frames) const {
  return named("calibration", {{"graph", digest_of_graph(graph)}, {"input", input_material(input, frames, true)}});
}

}  // namespace deltasim::sim
