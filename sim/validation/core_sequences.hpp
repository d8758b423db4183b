#pragma once

#include "hw/params.hpp"
#include "models/event.hpp"
#include "models/network.hpp"
#include "models/rules.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Sequences of events on which the core's model and its RTL are compared.
namespace deltasim::sim {

/// A core as RTL is built: parameters that are fixed at compile time.
struct CoreBuild {
  std::string name;
  hw::CoreParams core;
};
/// The builds that are compared. tests/rtl builds the same.
const std::vector<CoreBuild>& core_builds();

enum class EventPattern : std::uint8_t { random, bursty, dense, single_pixel };

/// One convolution layer, what its input does, and how the core's neighbours behave.
struct CoreSequence {
  std::string name;
  std::size_t build = 0;
  models::Shape input;
  std::uint32_t outputs = 1;  ///< channels
  models::Window window;
  std::int32_t pad_after = 0;  ///< more padding below and on the right
  std::uint32_t groups = 1;
  EventPattern pattern = EventPattern::random;
  hw::Evaluate evaluate = hw::Evaluate::touched;
  std::uint32_t frames = 3;
  std::uint32_t key_frame_period = 0;
  double stalls = 0.0;  ///< probability that the output's head waits for another cycle
  std::uint32_t seed = 1;
};
/// Every kernel, stride, dilation and grouping of the networks that the project is tried on, on small maps.
std::vector<CoreSequence> core_sequences();

/// A sequence's network and what every layer sends, from the reference network.
struct CoreWorkload {
  models::Network network;  ///< the input, the layer, and one that reads it
  models::RuleSet rules;
  models::StreamTraits traits;
  std::vector<models::FrameEvents> frames;
  std::uint32_t weight_lead = 1;
  std::uint64_t events() const;  ///< into the layer
};
/// Cycles that the most conflicting step needs for its weights: RTL reads weights so much ahead of state, and its
/// pipeline is as much longer.
std::uint32_t weight_lead(const CoreSequence& sequence, const models::Shape& output);
CoreWorkload core_workload(const CoreSequence& sequence);

}  // namespace deltasim::sim
