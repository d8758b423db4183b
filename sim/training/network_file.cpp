#include "sim/training/network_file.hpp"

#include "sim/schema.hpp"
#include "sim/training/network_forms.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

using models::Shape;
using models::training::NetworkDescription;

std::string text_of(const Shape& s) { return fmt::format("{} x {} x {}", s.channels, s.height, s.width); }

std::optional<Shape> shape_of(const Extents& extents) {
  if (!extents) return std::nullopt;
  return Shape{(*extents)[0], (*extents)[1], (*extents)[2]};
}

/// The image that the document asks for, else that of the clips.
std::optional<Shape> agreed(const Document& document, const std::string& place, const std::optional<Shape>& given,
                            const std::optional<Shape>& clips) {
  if (given && clips && *given != *clips)
    throw document.error(place, fmt::format("is {}, the clips have {}", text_of(*given), text_of(*clips)),
                         "null: as large as the clips are");
  return given ? given : clips;
}

std::uint32_t agreed_classes(const Document& document, const std::string& place, std::uint32_t given,
                             std::uint32_t clips) {
  if (given != 0 && clips != 0 && given != clips)
    throw document.error(place, fmt::format("is {}, the clips have {} classes", given, clips),
                         "0: as many as there are");
  return given != 0 ? given : clips;
}

/// What is wrong with the network itself: in the file that describes it.
template <class Make>
auto in_document(const Document& document, const std::string& pointer, const Make& make) {
  try {
    return make();
  } catch (const models::InputError& error) {
    throw document.error(pointer, error.what(), "");
  }
}

NetworkDescription built_in(const Document& document, const std::string& pointer, const std::optional<Shape>& input,
                            std::uint32_t classes) {
  BuiltinForm form;
  read_into(form, document, pointer);
  if (form.input && form.resolution)
    throw document.error(pointer + "/resolution", "stands beside /input, which says the same",
                         "must be one of the two");
  auto given = shape_of(form.input);
  if (form.resolution) given = Shape{3, *form.resolution, *form.resolution};
  models::training::BuiltinOptions options = form.options;
  options.input = agreed(document, pointer + (form.resolution ? "/resolution" : "/input"), given, input);
  options.classes = agreed_classes(document, pointer + "/classes", options.classes, classes);
  if (form.pool_delta != PoolDelta::usual) options.pool_delta = form.pool_delta == PoolDelta::always;
  return in_document(document, pointer, [&] { return models::training::builtin(options); });
}

/// A term without `from` reads the layer before.
models::training::LayerDescription layer_of(const LayerForm& form, const std::string& before) {
  models::training::LayerDescription layer = form.layer;
  if (form.max_pool) layer.max_pool = *form.max_pool;
  for (const auto& term : form.terms.value_or(std::vector<models::training::TermDescription>{})) {
    layer.terms.push_back(term);
    if (term.from.empty()) layer.terms.back().from = before;
  }
  return layer;
}

NetworkDescription layered(const Document& document, const std::string& pointer, const std::optional<Shape>& input,
                           std::uint32_t classes) {
  LayersForm form;
  read_into(form, document, pointer);
  NetworkDescription network;
  network.name = form.name;
  network.input_delta = form.input_delta;
  network.input = agreed(document, pointer + "/input", shape_of(form.input), input).value_or(network.input);
  std::string before = "input";
  for (const LayerForm& layer : form.layers.value_or(std::vector<LayerForm>{})) {
    network.layers.push_back(layer_of(layer, before));
    before = layer.layer.name;
  }
  if (!network.layers.empty()) {
    auto& last = network.layers.back();
    last.outputs = agreed_classes(document, fmt::format("{}/layers/{}/outputs", pointer, network.layers.size() - 1),
                                  last.outputs, classes);
  }
  return network;
}

NetworkDescription imported(const Document& document, const std::string& pointer, const std::optional<Shape>& input,
                            std::uint32_t classes) {
  OnnxForm form;
  read_into(form, document, pointer);
  NetworkDescription network = models::training::import_trained(form.onnx, form.pixel_scale).description;
  agreed(document, pointer + "/onnx", network.input, input);
  if (classes != 0) network.layers.back().outputs = classes;
  return network;
}

template <class Form>
Json form_schema() {
  Form form{};
  return SchemaWriter::of(form, true);
}

}  // namespace

NetworkDescription read_network_description(const Document& document, const std::string& pointer,
                                            std::optional<Shape> input, std::uint32_t classes) {
  const bool has_layers = document.find(pointer + "/layers") != nullptr,
             has_onnx = document.find(pointer + "/onnx") != nullptr,
             has_builtin = document.find(pointer + "/builtin") != nullptr;
  if (has_layers + has_onnx + has_builtin != 1)
    throw document.error(pointer, has_layers + has_onnx + has_builtin == 0 ? "names no network" : "names two networks",
                         "one of the keys 'builtin', 'layers', 'onnx'");
  const auto read = has_layers ? layered : has_onnx ? imported : built_in;
  NetworkDescription network = read(document, pointer, input, classes);
  in_document(document, pointer, [&] { return geometry(network); });
  return network;
}

Json network_forms_schema() {
  return Json::array({form_schema<BuiltinForm>(), form_schema<LayersForm>(), form_schema<OnnxForm>()});
}

}  // namespace deltasim::sim
