#include "models/training/export_check.hpp"

#include "models/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace deltasim::models::training {
namespace {

class Check {
 public:
  Check(const TrainedNetwork& network, const ExportOptions& options, const std::vector<LayerGeometry>& geometry)
      : network_(network), options_(options), geometry_(geometry) {}

  void run() const {
    if (options_.quantised && !options_.fold_batch_norm)
      fail("", "a quantised file with its batch normalisation", "expected \"fold_batch_norm\": true, or real weights");
    if (network_.layers.size() != geometry_.size())
      fail("", fmt::format("{} layers with weights", network_.layers.size()),
           fmt::format("expected {}", geometry_.size()));
    if (options_.quantised && !network_.input_steps.empty())
      steps("input", network_.input_steps, network_.description.input.channels);
    for (std::size_t l = 0; l < geometry_.size(); ++l) layer(l);
  }

 private:
  [[noreturn]] void fail(const std::string& layer, const std::string& problem, const std::string& remedy) const {
    throw InputError(network_.description.name, layer, problem, remedy);
  }

  void layer(std::size_t l) const {
    const LayerDescription& layer = network_.description.layers[l];
    const TrainedLayer& trained = network_.layers[l];
    if (trained.terms.size() != layer.terms.size())
      fail(layer.name, fmt::format("{} terms with weights", trained.terms.size()),
           fmt::format("expected {}", layer.terms.size()));
    if (layer.activation == Activation::softmax)
      fail(layer.name, "softmax inside the network is not exported", "expected relu, relu6 or none");
    for (std::size_t t = 0; t < layer.terms.size(); ++t) term(layer, l, t);
    if (!options_.quantised || l + 1 == geometry_.size()) return;
    const TermKind kind = layer.terms.front().kind;
    const bool passes = layer.terms.size() == 1 && (kind == TermKind::identity || kind == TermKind::average_pool);
    if (trained.steps.empty() && !passes)
      fail(layer.name, "it has no steps to quantise with",
           "expected a delta layer that was trained, or an export with real weights");
    if (!trained.steps.empty()) steps(layer.name, trained.steps, geometry_[l].output.channels);
  }

  void term(const LayerDescription& layer, std::size_t l, std::size_t t) const {
    const std::size_t outputs = geometry_[l].sum.channels;
    const TrainedTerm& term = network_.layers[l].terms[t];
    const TermGeometry& g = geometry_[l].terms[t];
    const bool weights = layer.terms[t].kind == TermKind::convolution || layer.terms[t].kind == TermKind::dense;
    const std::size_t expected = weights ? outputs * (g.input.channels / g.groups) * g.kernel_h * g.kernel_w : 0;
    if (term.weight.size() != expected)
      fail(layer.name, fmt::format("{} weights", term.weight.size()),
           fmt::format("expected {} for its shape", expected));
    bool fits = term.bias.empty() || term.bias.size() == outputs;
    if (term.batch_norm)
      for (const auto* values :
           {&term.batch_norm->gamma, &term.batch_norm->beta, &term.batch_norm->mean, &term.batch_norm->variance})
        fits = fits && values->size() == outputs;
    if (!fits)
      fail(layer.name, "biases or a batch normalisation of another size", fmt::format("expected {} of each", outputs));
    if (!weights && g.from == TermGeometry::from_input)
      fail(layer.name, "it reads the image without weights", "expected a convolution on the image");
  }

  void steps(const std::string& layer, const std::vector<float>& steps, std::uint32_t channels) const {
    if (steps.size() != 1 && steps.size() != channels)
      fail(layer, fmt::format("{} steps for {} channels", steps.size(), channels),
           "expected one for each channel, or one: steps per neuron have no place in a file, train with "
           "\"threshold_grain\": \"channel\"");
    for (const float step : steps)
      if (!(step > 0) || !std::isfinite(step))
        fail(layer, fmt::format("a step of {}", step), "expected positive steps");
  }

  const TrainedNetwork& network_;
  const ExportOptions& options_;
  const std::vector<LayerGeometry>& geometry_;
};

}  // namespace

void check_exportable(const TrainedNetwork& network, const ExportOptions& options,
                      const std::vector<LayerGeometry>& geometry) {
  Check(network, options, geometry).run();
}

}  // namespace deltasim::models::training
