#include "tests/models/training/trained_networks.hpp"

#include <cmath>
#include <random>

namespace deltasim::test {

using namespace models;
using namespace models::training;

namespace {

LayerDescription layer_of(const std::string& name, std::uint32_t outputs, std::vector<TermDescription> terms,
                          Activation activation) {
  LayerDescription layer;
  layer.name = name;
  layer.outputs = outputs;
  layer.terms = std::move(terms);
  layer.activation = activation;
  return layer;
}

TermDescription term_of(TermKind kind, const std::string& from, std::uint32_t kernel = 3, std::uint32_t stride = 1,
                        std::uint32_t groups = 1) {
  TermDescription term;
  term.kind = kind;
  term.from = from;
  term.kernel = kernel;
  term.stride = stride;
  term.groups = groups;
  return term;
}

LayerDescription logits_of(const std::string& from) {
  LayerDescription layer = layer_of("logits", 5, {term_of(TermKind::dense, from)}, Activation::none);
  layer.terms[0].batch_norm = false;
  layer.delta = false;
  return layer;
}

constexpr TermKind conv = TermKind::convolution;

class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : random_(seed) {}
  float between(double low, double high) {
    return static_cast<float>(std::uniform_real_distribution<double>(low, high)(random_));
  }
  std::vector<float> many(std::size_t count, double low, double high) {
    std::vector<float> values(count);
    for (float& v : values) v = between(low, high);
    return values;
  }
  std::vector<float> steps(std::size_t count, double middle, double spread) {
    std::vector<float> values(spread == 1 ? 1 : count);
    for (float& v : values) v = static_cast<float>(middle * std::pow(spread, between(-0.5, 0.5)));
    return values;
  }

 private:
  std::mt19937 random_;
};

}  // namespace

NetworkDescription mobile_description() {
  NetworkDescription network;
  network.name = "mobile";
  network.input = {3, 17, 16};
  network.layers = {layer_of("stem", 8, {term_of(conv, "input", 3, 2)}, Activation::relu6),
                    layer_of("depth1", 0, {term_of(conv, "stem", 3, 1, 0)}, Activation::relu6),
                    layer_of("point1", 12, {term_of(conv, "depth1", 1)}, Activation::relu6),
                    layer_of("depth2", 0, {term_of(conv, "point1", 3, 2, 0)}, Activation::relu6),
                    layer_of("point2", 16, {term_of(conv, "depth2", 1)}, Activation::relu6),
                    layer_of("pool", 0, {term_of(TermKind::average_pool, "point2", 0)}, Activation::none),
                    logits_of("pool")};
  network.layers[2].max_pool = PoolDescription{2, 2, 0};
  return network;
}

NetworkDescription plain_pool_description() {
  NetworkDescription network = mobile_description();
  network.name = "plain pool";
  network.layers[5].delta = false;
  return network;
}

NetworkDescription residual_description() {
  NetworkDescription network;
  network.name = "residual";
  network.input = {2, 12, 13};
  network.layers = {layer_of("stem", 8, {term_of(conv, "input")}, Activation::relu),
                    layer_of("a1", 8, {term_of(conv, "stem")}, Activation::relu),
                    layer_of("a2", 8, {term_of(conv, "a1"), term_of(TermKind::identity, "stem")}, Activation::relu),
                    layer_of("b1", 12, {term_of(conv, "a2", 3, 2)}, Activation::none),
                    layer_of("b2", 12, {term_of(conv, "b1", 3, 1, 2), term_of(conv, "a2", 1, 2)}, Activation::relu),
                    layer_of("smooth", 0, {term_of(TermKind::average_pool, "b2", 3, 2)}, Activation::none),
                    layer_of("hidden", 10, {term_of(TermKind::dense, "smooth")}, Activation::relu),
                    logits_of("hidden")};
  return network;
}

TrainedNetwork random_trained(const NetworkDescription& description, std::uint32_t seed, double spread) {
  Numbers numbers(seed);
  TrainedNetwork network;
  network.description = description;
  // no pixel lies between two codes: there training rounds up, and QuantizeLinear to the even one
  network.input_steps = numbers.steps(description.input.channels, 2.03 / 255, std::sqrt(spread));
  const std::vector<LayerGeometry> geometry = training::geometry(description);
  for (std::size_t l = 0; l < geometry.size(); ++l) {
    const LayerDescription& layer = description.layers[l];
    const std::size_t outputs = geometry[l].sum.channels;
    TrainedLayer trained;
    for (std::size_t t = 0; t < layer.terms.size(); ++t) {
      const TermGeometry& g = geometry[l].terms[t];
      TrainedTerm term;
      if (layer.terms[t].kind == TermKind::convolution || layer.terms[t].kind == TermKind::dense) {
        const std::size_t row = std::size_t{g.input.channels / g.groups} * g.kernel_h * g.kernel_w;
        const double reach = 1.5 / std::sqrt(static_cast<double>(row));
        term.weight = numbers.many(outputs * row, -reach, reach);
        if (layer.terms[t].batch_norm)
          term.batch_norm = Normalisation{numbers.many(outputs, 0.7, 1.6), numbers.many(outputs, -0.2, 0.8),
                                          numbers.many(outputs, -0.3, 0.3), numbers.many(outputs, 0.2, 1.2), 1e-5};
        else
          term.bias = numbers.many(outputs, -0.5, 0.5);
      }
      trained.terms.push_back(term);
    }
    if (layer.delta) trained.steps = numbers.steps(geometry[l].output.channels, 3.0 / 255, spread);
    network.layers.push_back(trained);
  }
  return network;
}

std::vector<std::vector<float>> pixel_frames(const Shape& shape, std::size_t count, std::uint32_t seed) {
  Numbers numbers(seed);
  std::vector<std::vector<float>> frames;
  std::vector<float> frame = numbers.many(shape.size(), 0, 255);
  for (float& v : frame) v = std::round(v);
  for (std::size_t t = 0; t < count; ++t) {
    frames.push_back(frame);
    for (std::size_t i = 0; i < frame.size(); ++i)
      if (numbers.between(0, 1) < 0.2) frame[i] = std::round(numbers.between(0, 255));
  }
  return frames;
}

}  // namespace deltasim::test
