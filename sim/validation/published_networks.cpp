#include "sim/validation/published_networks.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace deltasim::sim {
namespace {

constexpr const char* lava =
    "lava-dl @d825ac5, tutorials/lava/lib/dl/slayer/pilotnet, saved outputs of the notebook (PilotNet, sigma-delta "
    "against frame-wise ANN, mean of a step)";
constexpr const char* stvit =
    "Chang et al., Making Vision Transformers Efficient from a Token Sparsification View, CVPR 2023 (STViT on DeiT, 16 "
    "semantic tokens)";

/// A layer of the published PilotNet: what its input sends in a step, and what that costs.
struct PilotLayer {
  const char* name;
  double events, activations;           ///< of its input: sent by deltas, and all there are
  std::uint32_t channels, kernel_area;  ///< output channels; kernel height x width
  std::uint32_t stride_area;            ///< stride in y times stride in x
  double synops;                        ///< published
};

/// The formula ignores borders: every event reaches kernel_area / stride_area positions of every output channel.
double fan_out(const PilotLayer& l) { return double(l.channels) * l.kernel_area / l.stride_area; }

constexpr std::array pilot_layers{
    PilotLayer{"conv1", 2475.93, 9900, 24, 9, 4, 133700.12}, PilotLayer{"conv2", 239.46, 18816, 36, 9, 4, 19395.86},
    PilotLayer{"conv3", 422.39, 6048, 64, 9, 2, 121649.28},  PilotLayer{"conv4", 558.71, 5632, 64, 9, 1, 321818.47},
    PilotLayer{"dense 100", 29.9, 2560, 100, 1, 1, 2989.97}, PilotLayer{"dense 50", 4.8, 100, 50, 1, 1, 240.0},
    PilotLayer{"dense 10", 1.35, 50, 10, 1, 1, 13.46},       PilotLayer{"dense 1", 0.16, 10, 1, 1, 1, 0.16}};
constexpr double output_events = 0.44, output_activations = 1;

void add_pilotnet(std::vector<Comparison>& rows) {
  const auto row = [&](const char* what, double expected, double got, const char* unit = "") {
    rows.push_back({what, "PN-ops", lava, unit, expected, got, 1e-4});
  };
  double events = output_events, activations = output_activations, synops = 0, macs = 0;
  for (const PilotLayer& l : pilot_layers) {
    events += l.events;
    activations += l.activations;
    synops += l.events * fan_out(l);
    macs += l.activations * fan_out(l);
  }
  row("PilotNet, events of a step", 3733.14, events);
  row("PilotNet, synaptic operations of a step", 599807.33, synops);
  row("PilotNet, dense multiply-accumulates", 7306062, macs);
  row("PilotNet, fewer events than activations", 11.55, activations / events, "x");
  row("PilotNet, fewer synaptic operations than MACs", 12.18, macs / synops, "x");
}

/// Multiply-accumulates of a DeiT: 224 x 224 pixels in patches of 16 x 16, 12 blocks, MLP ratio 4.
class Deit {
 public:
  explicit Deit(double width) : d_(width) {}

  double dense() const { return embedding() + 12 * block(image_tokens + 1, image_tokens + 1) + head(); }

  /// Four blocks on all tokens; two that make `n` semantic tokens from them by attention, each token asking all image
  /// tokens; six on these alone.
  double with_semantic_tokens(double n) const {
    return embedding() + 4 * block(image_tokens + 1, image_tokens + 1) + 2 * block(n, image_tokens) + 6 * block(n, n) +
           head();
  }

 private:
  static constexpr double image_tokens = 196, classes = 1000;
  double embedding() const { return image_tokens * 16 * 16 * 3 * d_; }
  double head() const { return d_ * classes; }
  /// Query and output projection and the MLP of the tokens that ask; key and value projection of those that are asked;
  /// the products of attention.
  double block(double ask, double asked) const {
    return (2 * ask + 2 * asked + 8 * ask) * d_ * d_ + 2 * ask * asked * d_;
  }
  double d_;
};

void add_stvit(std::vector<Comparison>& rows) {
  struct Size {
    const char* name;
    double width, dense_g, semantic_g;
  };
  for (const Size& s : {Size{"T", 192, 1.254, 0.522}, Size{"S", 384, 4.599, 1.907}, Size{"B", 768, 17.564, 7.263}}) {
    const Deit deit(s.width);
    rows.push_back(
        {fmt::format("DeiT-{}, dense MACs", s.name), "STViT", stvit, "G", s.dense_g, deit.dense() * 1e-9, 0.005});
    rows.push_back({fmt::format("DeiT-{}, 16 semantic tokens, MACs", s.name), "STViT", stvit, "G", s.semantic_g,
                    deit.with_semantic_tokens(16) * 1e-9, 0.005});
  }
}

}  // namespace

std::vector<Comparison> published_operation_counts() {
  std::vector<Comparison> rows;
  add_pilotnet(rows);
  add_stvit(rows);
  return rows;
}

}  // namespace deltasim::sim
