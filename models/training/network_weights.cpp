#include "models/error.hpp"
#include "models/training/network_module.hpp"

#include <fmt/format.h>

namespace deltasim::models::training {
namespace {

std::vector<float> values_of(const torch::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const auto flat = tensor.detach().to(torch::kCPU, torch::kFloat).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

TrainedTerm trained(const LinearTerm& term) {
  TrainedTerm result{values_of(term.weight), values_of(term.bias), std::nullopt};
  if (term.batch_norm.is_empty()) return result;
  const auto& norm = *term.batch_norm;
  result.batch_norm = Normalisation{values_of(norm.weight), values_of(norm.bias), values_of(norm.running_mean),
                                    values_of(norm.running_var), norm.options.eps()};
  return result;
}

std::vector<float> steps_of(const DeltaPoint& point) {
  return point.activation->quantises() ? values_of(point.activation->step()) : std::vector<float>{};
}

/// Copies a trained network's numbers into a module of the same layers.
class Loader {
 public:
  Loader(NetworkModule& module, const TrainedNetwork& from) : module_(module), from_(from) {
    const std::size_t here = module.description().layers.size();
    if (from.layers.size() != here)
      throw InputError(from.description.name, "",
                       fmt::format("{} layers for the {} of the network that is trained", from.layers.size(), here),
                       "expected a network of the same layers");
  }

  void run() {
    for (std::size_t l = 0; l < from_.layers.size(); ++l)
      if (!other_classes(l)) copy(l);
    for (DeltaPoint& point : module_.delta_points())
      set_steps(point, point.layer == TermGeometry::from_input ? from_.input_steps : from_.layers[point.layer].steps);
  }

 private:
  [[noreturn]] void fail(const std::string& layer, const std::string& problem) const {
    throw InputError(from_.description.name, layer, problem, "expected weights of the network that is trained");
  }

  bool other_classes(std::size_t l) const {
    if (l + 1 != from_.layers.size()) return false;
    const auto classes = [](const NetworkDescription& network) { return geometry(network).back().output.channels; };
    return classes(module_.description()) != classes(from_.description);
  }

  void copy(std::size_t l) {
    const LayerDescription& layer = module_.description().layers[l];
    if (from_.layers[l].terms.size() != layer.terms.size())
      fail(layer.name, fmt::format("{} terms for {}", from_.layers[l].terms.size(), layer.terms.size()));
    for (std::size_t i = 0; i < layer.terms.size(); ++i) copy(layer.name, from_.layers[l].terms[i], module_.term(l, i));
  }

  void copy(const std::string& layer, const TrainedTerm& from, LinearTerm& to) {
    set(layer, "weights", from.weight, to.weight);
    if (from.batch_norm.has_value() == to.batch_norm.is_empty())
      fail(layer, to.batch_norm.is_empty() ? "batch normalisation for a layer without"
                                           : "no batch normalisation for a layer with");
    if (!from.bias.empty() || !to.bias.defined())
      set(layer, "biases", from.bias, to.bias);
    else
      to.bias.detach().zero_();
    if (!from.batch_norm) return;
    auto& norm = *to.batch_norm;
    set(layer, "factors", from.batch_norm->gamma, norm.weight);
    set(layer, "offsets", from.batch_norm->beta, norm.bias);
    set(layer, "means", from.batch_norm->mean, norm.running_mean);
    set(layer, "variances", from.batch_norm->variance, norm.running_var);
    norm.options.eps(from.batch_norm->epsilon);
  }

  void set(const std::string& layer, const char* what, const std::vector<float>& values,
           const torch::Tensor& to) const {
    const std::size_t here = to.defined() ? static_cast<std::size_t>(to.numel()) : 0;
    if (values.size() != here) fail(layer, fmt::format("{} {} for {}", values.size(), what, here));
    if (here > 0) to.detach().copy_(torch::tensor(values).view_as(to));
  }

  void set_steps(DeltaPoint& point, const std::vector<float>& steps) const {
    if (steps.empty()) return;
    auto threshold = point.activation->threshold.detach();
    if (steps.size() == 1)
      threshold.fill_(steps.front());
    else if (threshold.numel() == static_cast<std::int64_t>(steps.size()))
      threshold.copy_(torch::tensor(steps).view_as(threshold));
    else if (threshold.size(1) == static_cast<std::int64_t>(steps.size()))  // thresholds of neurons from channels'
      threshold.copy_(torch::tensor(steps).view({1, -1, 1, 1}).expand_as(threshold));
    else
      fail(point.name, fmt::format("{} steps for {}", steps.size(), threshold.numel()));
    point.activation->quantise(true);
  }

  NetworkModule& module_;
  const TrainedNetwork& from_;
};

}  // namespace

TrainedNetwork to_trained(NetworkModule& module) {
  TrainedNetwork result;
  result.description = module.description();
  for (std::size_t l = 0; l < result.description.layers.size(); ++l) {
    TrainedLayer layer;
    for (std::size_t i = 0; i < result.description.layers[l].terms.size(); ++i)
      layer.terms.push_back(trained(module.term(l, i)));
    result.layers.push_back(std::move(layer));
  }
  for (const DeltaPoint& point : module.delta_points())
    (point.layer == TermGeometry::from_input ? result.input_steps : result.layers[point.layer].steps) = steps_of(point);
  return result;
}

void load(NetworkModule& module, const TrainedNetwork& network) {
  torch::NoGradGuard no_gradients;
  Loader(module, network).run();
}

}  // namespace deltasim::models::training
