#pragma once

#include "hw/machine.hpp"
#include "models/event.hpp"
#include "models/network.hpp"

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

/// Workloads of which only the activity is published: layers without meaning, events by density.
namespace deltasim::sim {

/// A convolution with square kernel and stride 1 that keeps height and width; weights are all 1.
/// @param producers  layers and the channels of each, one after another in the branch's input
models::Branch made_up_convolution(const std::string& name, const std::vector<models::Source>& producers,
                                   models::Shape input, std::uint32_t channels_out, std::uint32_t kernel);

models::Layer made_up_layer(const std::string& name, models::Shape output, std::vector<models::Branch> branches);

/// Appends one output neuron that nothing reaches but the end of the last layer's frame, as the network's output.
void end_with_sum(models::Network& network);

/// All of a layer on one core.
hw::Slice on_core(const models::Network& network, models::LayerId layer, std::uint32_t core);

/// Integers below `bound`, at most 2^32, that are the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return ((random_() >> 32) * bound) >> 32; }

 private:
  std::mt19937_64 random_;
};

/// `events` neurons of a map, each anywhere (one may be drawn twice), in scan order.
std::vector<models::DeltaEvent> scattered(const models::Shape& shape, std::uint64_t events, Dice& dice);

/// A share of the pixels is active; all active pixels together have `events` different neurons that send, as evenly
/// shared out as integers allow. In scan order.
std::vector<models::DeltaEvent> in_pixels(const models::Shape& shape, double pixel_density, std::uint64_t events,
                                          Dice& dice);

/// What every layer sends in every frame is what `draw` says. Every frame but the first is a delta frame, or, where
/// events are `absolute`, starts from the bias. Only for runs without `check`: nobody computed these events.
class MadeUpStream final : public models::EventSource {
 public:
  using Draw = std::function<std::vector<models::DeltaEvent>(models::LayerId layer, std::uint64_t frame)>;

  MadeUpStream(const models::Network& network, std::uint64_t frames, Draw draw, bool absolute = false);
  bool next(models::FrameEvents& out) override;
  const models::StreamTraits& traits() const override { return traits_; }

 private:
  const models::Network& network_;
  std::uint64_t frames_, frame_ = 0;
  Draw draw_;
  models::StreamTraits traits_;
};

}  // namespace deltasim::sim
