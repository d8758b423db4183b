#include "sim/training/training_config.hpp"

#include "sim/config_writer.hpp"
#include "sim/override.hpp"
#include "sim/schema.hpp"
#include "sim/suggestion.hpp"
#include "sim/training/network_file.hpp"
#include "sim/training/training_describe.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace deltasim::sim {
namespace {

namespace fs = std::filesystem;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// A name in the place of an object stands for the built-in network, a .json file for what it holds.
void expand_network(Document& document) {
  const Json* network = document.find("/network");
  if (network == nullptr) return;
  if (network->is_string()) {
    if (ends_with(network->get<std::string>(), ".json"))
      document.load("/network");
    else
      document.wrap("/network", "builtin");
    const Json* name = document.find("/network/builtin");
    if (name != nullptr && *name == "mobilenet") document.set("/network/builtin", "mobilenet_v1", "/network=mobilenet");
  }
  document.merge_base("/network");
}

void settle_data(const Document& document, const DataConfig& data) {
  const int given = data.rendered.has_value() + data.ucf101.has_value() + data.folder.has_value();
  if (given != 1)
    throw document.error("/data", given == 0 ? "names no clips" : "names several kinds of clips",
                         "one of the keys 'rendered', 'ucf101', 'folder'");
}

void settle_options(const Document& document, const models::training::TrainingOptions& o,
                    const models::training::NetworkDescription& network) {
  if (const auto fault = models::training::option_fault(o, network))
    throw document.error("/training/" + fault->option, fault->problem, fault->remedy);
  if (o.warm_up > static_cast<double>(o.epochs))
    throw document.error("/training/warm_up", fmt::format("is {}, but there are {} epochs", o.warm_up, o.epochs),
                         "must be less than /training/epochs");
}

void settle_start(const Document& document, const std::string& start) {
  std::error_code failed;
  if (start.empty()) return;
  if (!fs::exists(start, failed))
    throw document.error("/start", fmt::format("there is nothing at '{}'", start),
                         "the folder of a training or an .onnx file, relative to the file that names it");
  if (!fs::is_directory(start, failed) && !ends_with(start, ".onnx"))
    throw document.error("/start", fmt::format("'{}' is neither a folder nor an .onnx file", start),
                         "the folder of a training, or a trained network (.onnx)");
}

}  // namespace

TrainingConfig read_training_document(Document document, const std::string& file,
                                      const std::vector<std::string>& overrides, StartIs start) {
  document.merge_base("");
  for (const std::string& text : overrides) {
    const Override given = read_override(text, "/training/rate=0.3");
    if (given.pointer.rfind("/network/", 0) == 0) expand_network(document);
    document.set(given.pointer, given.value, given.text);
  }
  if (document.json().is_object()) expand_network(document);
  TrainingConfig config;
  config.file = file;
  read_into(config, document, "");
  settle_data(document, config.data);
  if (start == StartIs::needed) settle_start(document, config.start);
  if (!config.network.is_object())
    throw document.error("/network", "is no network", "the name of a built-in one, a .json file or an object");
  if (const Json* onnx = document.find("/network/onnx"); onnx != nullptr && onnx->is_string())
    config.network["onnx"] =  // the object is read again, alone: it must not lose where it stood
        fs::absolute(document.resolve_path("/network/onnx", onnx->get<std::string>())).lexically_normal().string();
  // Errors of the network now, not after the clips are decoded
  settle_options(document, config.training, read_network_description(document, "/network"));
  return config;
}

models::training::NetworkDescription network_of(const TrainingConfig& config, const models::ClipSource& clips) {
  return read_network_description(Document::parse(config.network.dump(), config.file), "", clips.shape(),
                                  static_cast<std::uint32_t>(clips.classes().size()));
}

models::training::NetworkDescription network_alone(const Json& network, const std::vector<std::string>& overrides) {
  const bool is_file = network.is_string() && ends_with(network.get<std::string>(), ".json");
  const std::string file = is_file ? "command line" : network.is_string() ? network.get<std::string>() : "network";
  Document document = Document::parse(Json{{"network", network}}.dump(), file);
  expand_network(document);
  for (const std::string& text : overrides) {
    const Override given = read_override(text, "/width=0.25");
    document.set("/network" + given.pointer, given.value, given.text);
  }
  return read_network_description(document, "/network");
}

TrainingConfig read_training(const std::string& path, const std::vector<std::string>& overrides) {
  return read_training_document(Document::read(path), path, overrides);
}

Json with_absolute_paths(Json config) {
  for (const char* place : {"/data/ucf101/path", "/data/ucf101/lists", "/data/ucf101/cache", "/data/folder/path",
                            "/data/folder/cache", "/start"}) {
    const Json::json_pointer pointer(place);
    if (!config.contains(pointer) || !config[pointer].is_string()) continue;
    const std::string given = config[pointer];
    if (given.empty()) continue;  // none
    const fs::path path = fs::absolute(given).lexically_normal();
    config[pointer] = (path.has_filename() ? path : path.parent_path()).string();
  }
  return config;
}

Json effective(const TrainingConfig& config) { return with_absolute_paths(write(config)); }

Json training_schema() {
  TrainingConfig config;
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "deltasim-train training file"}};
  schema.update(SchemaWriter::of(config, true));
  Json& forms = schema["properties"]["network"]["anyOf"];
  forms.erase(1);  // "any object"
  for (const Json& form : network_forms_schema()) forms.push_back(form);
  return schema;
}

}  // namespace deltasim::sim
