#include "sim/subject.hpp"

#include "sim/cache/recall.hpp"
#include "sim/input.hpp"

#include <fmt/format.h>

namespace deltasim::sim {
namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

models::Calibration measure(const RunConfig& config, const models::Graph& graph, const Phases& phases, Recall& recall) {
  const auto& calibration = config.network.calibration;
  const InputConfig& input = calibration.input ? *calibration.input : config.input;
  if (input.kind == InputKind::stream)
    throw models::InputError(config.network.file, "/calibration",
                             "a float network is quantised on frames, and the run's input is a recorded stream",
                             "name the frames: \"calibration\": {\"input\": ..., \"frames\": ...}, as in the run that "
                             "recorded the stream");
  auto open = open_input(input, nullptr, graph.layers[0].output, config.file, calibration.frames);
  return recall.calibration(graph, input, calibration.frames, [&] {
    phases("calibrate", open.count);
    return models::calibrate(graph, *open.frames, calibration.frames);
  });
}

}  // namespace

Subject load_subject(const RunConfig& config, const Phases& phases) {
  Recall nothing(nullptr);
  return load_subject(config, phases, nothing);
}

Subject load_subject(const RunConfig& config, const Phases& phases, Recall& recall) {
  Subject subject;
  const std::string& model = config.network.model;
  if (ends_with(model, ".net")) {
    subject.network = models::import_netx(model);
    return subject;
  }
  subject.graph = models::import_onnx(model, config.network.input_shape);
  if (subject.graph->weights_missing)
    throw models::InputError(model, "", "the weights are in another file that is not there: shapes only",
                             "running needs the weights; put the external data file beside the network");
  models::Calibration calibration;
  if (!subject.graph->quantised) calibration = measure(config, *subject.graph, phases, recall);
  try {
    subject.network = models::quantise(*subject.graph, calibration);
  } catch (const models::InputError& error) {
    throw error.in_file(model);
  }
  return subject;
}

models::Network load_shapes(const RunConfig& config) {
  const std::string& model = config.network.model;
  if (ends_with(model, ".net")) return models::import_netx(model);
  return models::shapes_only(models::import_onnx(model, config.network.input_shape));
}

}  // namespace deltasim::sim
