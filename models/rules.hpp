#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace deltasim::models {

/// What a layer sends (docs/architecture.md has the definitions and the sources).
enum class Rule : std::uint8_t { dense, spatial, delta, send_on_delta, previous_frame, pixel, sigma_delta };
inline constexpr const char* names_of(Rule) {
  return "dense,spatial,delta,send_on_delta,previous_frame,pixel,sigma_delta";
}

/// Events of these rules carry values: consumers start every frame from their bias.
inline bool is_absolute(Rule rule) { return rule == Rule::dense || rule == Rule::spatial; }

enum class Comparison : std::uint8_t { greater, greater_equal };
inline constexpr const char* names_of(Comparison) { return "greater,greater_equal"; }

/// Per-layer choice. `normal` layers send their non-zero activations every frame and keep no reference.
enum class Mode : std::uint8_t { delta, normal };
inline constexpr const char* names_of(Mode) { return "delta,normal"; }

struct LayerRule {
  Mode mode = Mode::delta;
  /// Rule `delta`: quantisation step as a multiple of the layer's own (1 = exact); other rules: codes of the layer's
  /// step (0 = every change is sent). One value, or one per channel.
  std::vector<double> threshold;
};

struct RuleSet {
  Rule rule = Rule::delta;
  LayerRule every;                          ///< empty threshold = the rule's neutral one (delta: 1, others: 0)
  std::map<std::string, LayerRule> layers;  ///< by Layer::name of the *sending* layer; overrides `every`
  /// |d| against the threshold; absent = the rule's own (sigma_delta: greater_equal, others: greater)
  std::optional<Comparison> comparison;
  std::uint32_t payload_bits = 16;     ///< signed; a larger value is split into several events, never clipped
  std::uint32_t key_frame_period = 0;  ///< 0 = only the first frame is a key frame
  bool layer_delay = false;            ///< one step of delay per layer, as Loihi does
};

}  // namespace deltasim::models
