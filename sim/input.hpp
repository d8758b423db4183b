#pragma once

#include "sim/run_config.hpp"

#include <memory>
#include <optional>
#include <string>

namespace deltasim::sim {

/// The frames of a run and where they come from.
struct OpenInput {
  std::unique_ptr<models::FrameSource> frames;
  std::string source;
  bool frame_rate_assumed = false;
  std::optional<std::uint64_t> count;  ///< frames that will come; absent where nobody knows
};

/// Opens video, images, arrays or a rendered clip in the shape that the network takes, at most `limit` frames.
/// `coding`: what the network file says about pixels; the input's own mean and scale come first.
/// Errors: InputError of the readers; a rendered clip whose size is not the network's.
OpenInput open_input(const InputConfig& config, const models::Network* network, const models::Shape& shape,
                     const std::string& file, std::optional<std::uint64_t> limit);

}  // namespace deltasim::sim
