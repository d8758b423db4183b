#pragma once

#include "models/frame.hpp"
#include "models/network.hpp"

#include <random>

/// An independent dense evaluation of integer networks, and networks and frames to try it on.
namespace deltasim::test {

/// Codes of every layer, row-major C, H, W (raw output layers: their sums), from the producers' codes: gathers at every
/// output, with int64 and no events, where the reference scatters.
using Codes = std::vector<std::vector<std::int64_t>>;
std::vector<std::int64_t> evaluate_layer(const models::Network& network, models::LayerId layer, const Codes& codes);
Codes evaluate(const models::Network& network, const std::vector<float>& frame);
std::vector<std::int64_t> outputs(const models::Network& network, const Codes& codes);

/// Convolutions with stride, padding, dilation and groups, depthwise, residual, concatenation (as a layer and inside a
/// convolution), max and average pools, flattening, raw outputs: all in one network with random shapes and weights.
models::Network random_network(std::uint32_t seed);

/// Frames held in memory.
class StoredFrames final : public models::FrameSource {
 public:
  StoredFrames(models::Shape shape, std::vector<std::vector<float>> frames)
      : shape_(shape), frames_(std::move(frames)) {}
  bool next(models::Frame& out) override {
    if (at_ == frames_.size()) return false;
    out.values = frames_[at_++];
    return true;
  }
  void rewind() override { at_ = 0; }
  models::Shape shape() const override { return shape_; }
  double frame_rate() const override { return 30.0; }
  const std::vector<std::vector<float>>& all() const { return frames_; }

 private:
  models::Shape shape_;
  std::vector<std::vector<float>> frames_;
  std::size_t at_ = 0;
};

/// A random first frame; of each later one, a share of the elements is drawn anew.
StoredFrames random_frames(models::Shape shape, std::size_t count, double share, std::uint32_t seed);

/// A layer with one branch that reads `producer` as it is.
models::Layer convolution_layer(const std::string& name, models::LayerId producer, models::Shape input,
                                models::Shape output, const models::Window& window, std::uint32_t groups = 1);
models::Layer input_layer(models::Shape shape);

}  // namespace deltasim::test
