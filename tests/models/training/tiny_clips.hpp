#pragma once

#include "models/clip_source.hpp"
#include "models/training/description.hpp"

/// Clips small enough to train on within a test: a bright bar, upright or lying, that moves over noise.
namespace deltasim::models::training {

class TinyClips final : public ClipSource {
 public:
  explicit TinyClips(std::size_t clips, std::uint32_t seed, std::uint32_t frames = 6, std::uint32_t side = 12)
      : seed_(seed), side_(side) {
    for (std::size_t i = 0; i < clips; ++i)
      infos_.push_back({"tiny " + std::to_string(i), static_cast<std::uint32_t>(i % 2), frames});
  }
  const std::vector<std::string>& classes() const override { return classes_; }
  Shape shape() const override { return {3, side_, side_}; }
  std::size_t size() const override { return infos_.size(); }
  const ClipInfo& info(std::size_t clip) const override { return infos_.at(clip); }
  void read(std::size_t clip, std::uint32_t first, std::uint32_t count, std::uint8_t* to) const override {
    const auto start = static_cast<std::uint32_t>(clip * 7 + seed_) % side_;
    for (std::uint32_t f = first; f < first + count; ++f)
      for (std::uint32_t i = 0; i < 3 * side_ * side_; ++i) {
        const std::uint32_t y = i / side_ % side_, x = i % side_;
        const bool bar = (infos_.at(clip).label == 0 ? x : y) == (start + f) % side_;
        const auto noise =
            static_cast<std::uint8_t>(((i + (flickers ? f * 977u : 0u)) * 2654435761u + clip * 40503u + seed_) >> 28);
        *to++ = static_cast<std::uint8_t>((bar ? 200 : 30) + noise);
      }
  }

  std::vector<ClipInfo>& infos() { return infos_; }
  void rename_classes(std::vector<std::string> classes) { classes_ = std::move(classes); }
  bool flickers = false;  ///< noise changes from frame to frame

 private:
  std::vector<std::string> classes_{"upright", "lying"};
  std::vector<ClipInfo> infos_;
  std::uint32_t seed_, side_;
};

/// Convolution, depthwise and pointwise convolution, global average, two logits; 8 x 8 pixels.
inline NetworkDescription tiny_network() {
  const auto convolution = [](const char* from, std::uint32_t kernel, std::uint32_t stride, std::uint32_t groups) {
    TermDescription term;
    term.from = from;
    term.kernel = kernel;
    term.stride = stride;
    term.groups = groups;
    return term;
  };
  NetworkDescription network;
  network.name = "tiny";
  network.input = {3, 8, 8};
  const auto add = [&](const char* name, std::uint32_t outputs, const TermDescription& term, Activation activation) {
    LayerDescription layer;
    layer.name = name;
    layer.outputs = outputs;
    layer.terms = {term};
    layer.activation = activation;
    network.layers.push_back(layer);
  };
  add("first", 8, convolution("input", 3, 1, 1), Activation::relu);
  add("depthwise", 0, convolution("first", 3, 2, 0), Activation::relu);
  add("pointwise", 12, convolution("depthwise", 1, 1, 1), Activation::relu);
  TermDescription pool = convolution("pointwise", 0, 1, 1), logits = convolution("pool", 1, 1, 1);
  pool.kind = TermKind::average_pool;
  logits.kind = TermKind::dense;
  logits.batch_norm = false;
  add("pool", 0, pool, Activation::none);
  add("logits", 2, logits, Activation::none);
  network.layers.back().delta = false;
  return network;
}

}  // namespace deltasim::models::training
