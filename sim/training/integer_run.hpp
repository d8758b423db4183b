#pragma once

#include "models/clip_source.hpp"
#include "models/network.hpp"
#include "models/rules.hpp"
#include "sim/training/recipe.hpp"

#include <functional>
#include <string>
#include <vector>

namespace deltasim::sim {

/// Rules of an execution on clips of so many frames: state starts anew with each clip.
models::RuleSet rules_on_clips(const models::Network& network, TrainedExecution execution, std::uint32_t frames);

struct LayerDensity {
  std::string name;
  double events = 0;  ///< share of the neurons, first frames left out
};

/// What the integer network makes of clips, without the machine.
struct IntegerRun {
  std::vector<std::uint8_t> right;                ///< per clip: the mean over frames of softmax decides
  std::vector<double> macs;                       ///< per clip: share of a dense frame's, first frame left out
  std::vector<std::vector<double>> logits;        ///< of the first clips, [clip][frame * classes + class]
  std::vector<LayerDensity> layers;               ///< what each layer sends; the input first, the logits left out
  double sparsity_mac = 0, sparsity_fan_out = 0;  ///< first frames left out
  double accuracy() const;
};

IntegerRun run_integers(const models::Network& network, TrainedExecution execution, const models::ClipSource& clips,
                        const std::vector<std::size_t>& chosen, std::uint32_t frames,
                        const std::function<void(std::uint64_t)>& progress, std::size_t clips_with_logits = 0);

}  // namespace deltasim::sim
